/**
 * Training as programs: optimizers, gradient clipping, a step, and checkpoints of its state.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.moe.train;

import org.jspecify.annotations.NullMarked;
