/** Emits StableHLO text: a class a family of operations. */
@NullMarked
package io.github.shardsum.internal.stablehlo;

import org.jspecify.annotations.NullMarked;
