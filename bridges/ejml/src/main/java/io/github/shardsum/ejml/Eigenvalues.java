package io.github.shardsum.ejml;

import io.github.shardsum.tensor.Tensor;

/**
 * Eigenvalues of any square matrices; complex ones come in conjugate pairs.
 *
 * @param real real parts, {@code [..., n]}
 * @param imaginary imaginary parts, {@code [..., n]}
 */
public record Eigenvalues(Tensor real, Tensor imaginary) {}
