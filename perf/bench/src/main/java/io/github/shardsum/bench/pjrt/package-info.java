/** Comparison of PJRT from Java with PJRT from C and from JAX, on the same plugin. */
@NullMarked
package io.github.shardsum.bench.pjrt;

import org.jspecify.annotations.NullMarked;
