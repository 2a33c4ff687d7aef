/**
 * The compiler of einsums: parsers and printers of equations, terms and labels ({@code
 * Equation...}), their gradients, the call of the path search, the cache of plans; trials and
 * warm-up of kernels on the user's operands; checks of a run; routing diagonals and normalized
 * operands.
 */
@NullMarked
package io.github.shardsum.internal.einsum;

import org.jspecify.annotations.NullMarked;
