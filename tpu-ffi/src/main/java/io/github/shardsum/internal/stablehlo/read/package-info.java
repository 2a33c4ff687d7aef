/**
 * Programs from StableHLO text: {@link io.github.shardsum.internal.stablehlo.read.MlirParser} reads
 * the syntax, {@link io.github.shardsum.internal.stablehlo.read.SsaFlattening} inlines calls,
 * {@link io.github.shardsum.internal.stablehlo.read.DimensionTies} finds the labels, and the {@code
 * *Reader}s add one operation each to a program.
 */
@NullMarked
package io.github.shardsum.internal.stablehlo.read;

import org.jspecify.annotations.NullMarked;
