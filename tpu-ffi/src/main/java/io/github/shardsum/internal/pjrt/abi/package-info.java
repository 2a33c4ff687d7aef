/**
 * The C API as data and calls: {@code Api}, functions, structs and their fields, calls and arenas,
 * handles and leaks, callbacks, the C library; signatures of programs, the wire formats of options
 * and of HLO.
 */
@NullMarked
package io.github.shardsum.internal.pjrt.abi;

import org.jspecify.annotations.NullMarked;
