/** Emits StableHLO text, with one class for each family of operations. */
@NullMarked
package io.github.shardsum.internal.stablehlo;

import org.jspecify.annotations.NullMarked;
