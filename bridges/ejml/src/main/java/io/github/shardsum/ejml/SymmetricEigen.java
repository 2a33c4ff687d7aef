package io.github.shardsum.ejml;

import io.github.shardsum.tensor.Tensor;

/**
 * Symmetric matrices as {@code vectors diag(values) vectors^T}.
 *
 * @param values {@code [..., n]}, rising
 * @param vectors {@code [..., n, n]}, whose column i belongs to value i; orthonormal
 */
public record SymmetricEigen(Tensor values, Tensor vectors) {}
