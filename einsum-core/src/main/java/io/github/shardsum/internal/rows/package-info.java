/**
 * Loops of operations row by row: pointwise, along an axis, statistics, selection, copies and
 * gathers of rows; threads that share rows.
 */
@NullMarked
package io.github.shardsum.internal.rows;

import org.jspecify.annotations.NullMarked;
