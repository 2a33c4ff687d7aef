package io.github.shardsum.internal.kernel;

import io.github.shardsum.internal.scalar.ScalarKernels;

/**
 * One implementation of the kernels; immutable and thread-safe. Kernels that nobody asks for are
 * not loaded: the vectors of a type take several milliseconds.
 */
public interface Kernels {
  /** The fastest implementation that this JVM can run; chosen once. */
  static Kernels best() {
    return KernelSelection.MADE.kernels();
  }

  /** The plain loops: the reference for the others. */
  static Kernels scalar() {
    return ScalarKernels.ALL;
  }

  /** Why {@link #best()} is what it is. */
  static KernelSelection choice() {
    return KernelSelection.MADE;
  }

  /** One of vector-512, vector-256, vector-128 and scalar. */
  String name();

  /** Width of a vector, 0 for scalar. */
  int bits();

  /** Operations on rows of f32. */
  FloatRows floats();

  /** Operations on rows of f64. */
  DoubleRows doubles();

  /** Operations on rows of integers. */
  LongRows longs();

  /** Conversions of rows of bf16. */
  Bf16Rows bf16();

  /** Register tiles of the matrix product. */
  GemmKernels gemm();
}
