package io.github.shardsum.ejml;

import io.github.shardsum.tensor.Tensor;

/**
 * Matrices factored as {@code q r}, with k = min(m, n).
 *
 * @param q {@code [..., m, k]}, of orthonormal columns
 * @param r {@code [..., k, n]}, zero below the diagonal
 */
public record Qr(Tensor q, Tensor r) {}
