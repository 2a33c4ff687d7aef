/**
 * A graph of layouts with prices on its edges proposes annotations, and the prices of plans decide;
 * repeated layers, trials; one memory limit or a falling series of them ({@code Pareto}).
 */
@NullMarked
package io.github.shardsum.internal.auto;

import org.jspecify.annotations.NullMarked;
