package io.github.shardsum.backend;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Fused code for one composite, which a backend runs instead of its decomposition. A kernel must be
 * thread-safe, give the decomposition's values (within the bounds of its operations), give the same
 * results for any number of threads, and keep no reference to its arguments. Backends find kernels
 * in {@link Kernels}.
 */
public interface CompositeKernel {
  /** Makes the kernel of a composite, if it has one for these attributes and types. */
  @FunctionalInterface
  interface Factory {
    /**
     * The kernel.
     *
     * @param composite the composite, of the name that the factory was registered for
     * @return the kernel; empty if the decomposition runs instead
     */
    Optional<CompositeKernel> create(Composite composite);
  }

  /**
   * Runs the kernel.
   *
   * @param operands one tensor for each operand, of any strides; must not be written
   * @param results one tensor for each result, of any strides; they share no memory with the
   *     operands, except by {@link #inPlaceOf}. Every element must be written
   * @param workers the threads
   */
  void run(List<Tensor> operands, List<Tensor> results, Workers workers);

  /**
   * The same kernel with floating-point sums in a given order. In a tree's order ({@link
   * SumOrder#isTree}) a result must have the same bits on every machine and number of threads. A
   * part of the composite, split as its rule allows, must have the bits of that part of the whole.
   *
   * @param sums the order
   * @return the kernel; empty if the decomposition runs instead, as by default for a tree
   */
  default Optional<CompositeKernel> in(SumOrder sums) {
    return sums.isTree() ? Optional.empty() : Optional.of(this);
  }

  /**
   * Whether devices of a mesh may compute parts of the composite in a tree's order. If not, a mesh
   * runs the decomposition, which can be split further, and a single device runs the kernel; both
   * must have the same bits.
   *
   * @return true by default
   */
  default boolean splitsInOrder() {
    return true;
  }

  /**
   * Arithmetic operations of a run.
   *
   * @return an estimate, a multiply-add being two
   */
  default double flops() {
    return 0;
  }

  /**
   * Bytes that a run holds, without operands and results: {@link io.github.shardsum.exec.Scratch}
   * of all its threads. A kernel allocates nothing else that grows with the data, except as {@link
   * CompileOptions#withReproducible} says.
   *
   * @param workers the threads
   * @return the bytes
   */
  default long scratchBytes(Workers workers) {
    return 0;
  }

  /**
   * Bytes of the arrays into which a thread packs blocks of operands of products, as {@link
   * io.github.shardsum.einsum.Einsum#packedBytes}. They are not part of {@link #scratchBytes}.
   *
   * @param workers the threads
   * @return about the bytes of one thread; if the size of a product follows from the data, as for
   *     an expert's rows, the bytes of an even share
   */
  default long packedBytes(Workers workers) {
    return 0;
  }

  /**
   * The operand whose memory a result may reuse, if nothing reads the operand later. The kernel
   * then writes an element of the result only after it has read all that it needs of that element
   * of the operand.
   *
   * @param result index of the result
   * @return index of an operand of the same type, or -1 if the result reuses no operand's memory
   */
  default int inPlaceOf(int result) {
    return -1;
  }
}
