package io.github.shardsum.backend;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Fused code for one composite, used by the local backend instead of its decomposition. Must be
 * thread-safe, give the decomposition's values (within the bounds of its operations), depend on no
 * number of threads, and keep nothing of its arguments.
 */
public interface CompositeKernel {
  /** Makes the kernel of a composite, if it has one for these attributes and types. */
  @FunctionalInterface
  interface Factory {
    /**
     * The kernel.
     *
     * @param composite the composite, of the name that the factory was registered for
     * @return the kernel; empty runs the decomposition
     */
    Optional<CompositeKernel> create(Composite composite);
  }

  /** A result in memory. */
  sealed interface Result {
    /**
     * All elements.
     *
     * @param tensor to be overwritten, in C order
     */
    record Dense(Tensor tensor) implements Result {}

    /**
     * At most k non-zeros for each leading index, see {@link
     * io.github.shardsum.tensor.RoutingTensor}: einsums gather and scatter by it.
     *
     * @param positions {@code [lead..., k]} of i32, to be overwritten: row-major positions in the
     *     tail, -1 for none
     * @param weights {@code [lead..., k]} of the result's dtype, to be overwritten if the form is
     *     weighted; otherwise ones
     */
    record Routed(Tensor positions, Tensor weights) implements Result {}
  }

  /**
   * The form of a sparse result.
   *
   * @param leadRank how many labels of the result lead
   * @param slots k, most non-zeros for one leading index
   * @param weighted whether it has weights; if not each non-zero is 1
   */
  record Routing(int leadRank, long slots, boolean weighted) {}

  /**
   * Runs it.
   *
   * @param operands one an operand, any strides, not to be written
   * @param results one a result, in the form that {@link #routing} says
   * @param workers the threads
   */
  void run(List<Tensor> operands, List<Result> results, Workers workers);

  /**
   * Whether a result is written as positions and weights.
   *
   * @param result which result
   * @return the form; empty for all elements
   */
  default Optional<Routing> routing(int result) {
    return Optional.empty();
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
   * Bytes that a run holds beside operands and results: {@link io.github.shardsum.exec.Scratch} of
   * all its threads. A kernel allocates nothing else that grows with the data.
   *
   * @param workers the threads
   * @return the bytes
   */
  default long scratchBytes(Workers workers) {
    return 0;
  }
}
