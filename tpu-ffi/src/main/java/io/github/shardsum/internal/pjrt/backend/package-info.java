/** Compiled programs of the PJRT backend and their runs. */
@NullMarked
package io.github.shardsum.internal.pjrt.backend;

import org.jspecify.annotations.NullMarked;
