/**
 * {@code shardsum simulate}: step time, memory and cost of a training job, and how far to trust
 * them.
 */
@NullMarked
package io.github.shardsum.cli.simulate;

import org.jspecify.annotations.NullMarked;
