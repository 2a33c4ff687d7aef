/**
 * Programs as StableHLO, the language of XLA and of every PJRT plugin. The lowering needs no
 * plugin.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.stablehlo;

import org.jspecify.annotations.NullMarked;
