/**
 * The threads behind {@code Workers}: teams, helpers, parallel regions, the cost of handing work
 * over, and whether sharing work pays.
 */
@NullMarked
package io.github.shardsum.internal.exec;

import org.jspecify.annotations.NullMarked;
