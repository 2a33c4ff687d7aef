/**
 * Placed groups on the grid of chips, schedules of messages, and the loads of links and lines in
 * each phase.
 */
@NullMarked
package io.github.shardsum.internal.topology;

import org.jspecify.annotations.NullMarked;
