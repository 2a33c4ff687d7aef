package io.github.shardsum.ejml;

import io.github.shardsum.tensor.Tensor;

/**
 * Symmetric matrices factored as {@code vectors diag(values) vectors^T}.
 *
 * @param values {@code [..., n]}, rising
 * @param vectors {@code [..., n, n]}, with orthonormal columns; column i belongs to value i
 */
public record SymmetricEigen(Tensor values, Tensor vectors) {}
