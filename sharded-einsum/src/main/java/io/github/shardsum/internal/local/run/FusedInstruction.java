package io.github.shardsum.internal.local.run;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.tensor.DType;

/**
 * One operation of a fused kernel. The kernel's blocks are numbered: first those of the inputs,
 * then one for each instruction.
 */
public sealed interface FusedInstruction {
  /** Dtype of its block. */
  DType dtype();

  /** A function of one block. */
  record Unary(DType dtype, UnaryKind kind, int x) implements FusedInstruction {}

  /** A function of two blocks. */
  record Binary(DType dtype, BinaryKind kind, int x, int y) implements FusedInstruction {}

  /** A relation of two blocks. */
  record Compare(DType dtype, Comparison relation, int x, int y) implements FusedInstruction {}

  /** A choice between two blocks. */
  record Select(DType dtype, int condition, int x, int y) implements FusedInstruction {}

  /** A block in another dtype. */
  record Convert(DType dtype, int x) implements FusedInstruction {}

  /** One number everywhere. */
  record Fill(DType dtype, Scalar value) implements FusedInstruction {}

  /** Uniform numbers of a block of seeds and one of indices. */
  record Uniform(DType dtype, int seed, int index, long stream) implements FusedInstruction {}

  /** The index along an axis whose elements stand some distance apart. */
  record Index(DType dtype, long inner, long size) implements FusedInstruction {}
}
