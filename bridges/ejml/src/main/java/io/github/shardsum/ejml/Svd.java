package io.github.shardsum.ejml;

import io.github.shardsum.tensor.Tensor;

/**
 * Matrices factored as {@code u diag(s) vt}, with k = min(m, n).
 *
 * @param u {@code [..., m, k]}, of orthonormal columns
 * @param s {@code [..., k]}, in falling order, none below 0
 * @param vt {@code [..., k, n]}, of orthonormal rows
 */
public record Svd(Tensor u, Tensor s, Tensor vt) {}
