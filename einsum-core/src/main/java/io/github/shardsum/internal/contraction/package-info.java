/**
 * The compiled steps of a contraction ({@code Contraction...}, {@code Step...}): lowering, the
 * choice and the cost of each step's kernel, exponents and powers of two, temporary arrays and
 * references to arrays, types of computing; the outer loops around micro-kernels: packed, unpacked,
 * skinny and permuted products, loop nests, products of groups, their grid of tasks, steps with a
 * routing operand ({@code RoutedContraction...}), sums along a tree in one tensor ({@code Tree...},
 * {@code Leaves}), scaling and epilogues of results.
 */
@NullMarked
package io.github.shardsum.internal.contraction;

import org.jspecify.annotations.NullMarked;
