package io.github.shardsum.internal.kernel;

/**
 * One implementation of the kernels; immutable and thread-safe. Kernels are loaded on first use,
 * since loading the Vector API's classes for one element type takes several milliseconds.
 */
public interface KernelSet {
  /** The name: vector-512, vector-256, vector-128 or scalar. */
  String name();

  /** Width of a vector, 0 for scalar. */
  int bits();

  /** Operations on rows of f32. */
  FloatRows floats();

  /** Operations on rows of f64. */
  DoubleRows doubles();

  /** Operations on rows of integers. */
  LongRows longs();

  /** Functions of elements of f32. */
  FloatArithmetic floatArithmetic();

  /** Functions of elements of f64. */
  DoubleArithmetic doubleArithmetic();

  /** Functions of integers. */
  LongArithmetic longArithmetic();

  /** Conversions of rows of bf16. */
  Bf16Rows bf16();

  /** Decoders of rows of blocks. */
  BlockRows blocks();

  /** Products of rows of bytes. */
  ByteRows bytes();

  /** Register tiles of the matrix product. */
  GemmKernels gemm();
}
