/** Programs as StableHLO, the language of XLA and of every PJRT plugin; needs no plugin itself. */
@NullMarked
package io.github.shardsum.stablehlo;

import org.jspecify.annotations.NullMarked;
