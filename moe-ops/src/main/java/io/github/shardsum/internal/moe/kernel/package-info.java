/** Kernels of the composites. */
@NullMarked
package io.github.shardsum.internal.moe.kernel;

import org.jspecify.annotations.NullMarked;
