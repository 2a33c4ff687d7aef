/** PJRT's C API as data and calls: functions, structs, events, callbacks. */
@NullMarked
package io.github.shardsum.internal.pjrt.abi;

import org.jspecify.annotations.NullMarked;
