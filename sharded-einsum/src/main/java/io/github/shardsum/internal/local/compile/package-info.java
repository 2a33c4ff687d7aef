/**
 * The compiler of the local backend: lowers statements to steps ({@code ...Lowering}), fuses them,
 * rewrites them for speed ({@code ...Rewrite}), plans memory. The lowering to StableHLO is in
 * tpu-ffi's {@code stablehlo}.
 */
@NullMarked
package io.github.shardsum.internal.local.compile;

import org.jspecify.annotations.NullMarked;
