/** PJRT from Java beside PJRT from C and from JAX, on one and the same plugin. */
@NullMarked
package io.github.shardsum.bench.pjrt;

import org.jspecify.annotations.NullMarked;
