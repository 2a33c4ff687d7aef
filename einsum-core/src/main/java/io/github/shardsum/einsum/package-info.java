/**
 * Einsum: the equation language, the meaning of an equation for given shapes, and compiled einsums.
 *
 * <p>{@link io.github.shardsum.einsum.Equation} is the notation as a value, {@link
 * io.github.shardsum.einsum.BoundEquation} is an equation with the shapes of its operands.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.einsum;

import org.jspecify.annotations.NullMarked;
