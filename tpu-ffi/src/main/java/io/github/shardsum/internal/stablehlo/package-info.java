/**
 * An emitter for each family of operations ({@code ...Emitter}), types and operations of StableHLO,
 * SSA values, literals, the module's text, layouts and mesh, shardings in the dialects GSPMD and
 * Shardy.
 */
@NullMarked
package io.github.shardsum.internal.stablehlo;

import org.jspecify.annotations.NullMarked;
