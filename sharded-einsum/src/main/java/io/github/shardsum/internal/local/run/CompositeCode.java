package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.ToLongFunction;

/**
 * Fused code of one composite.
 *
 * @param body the code
 * @param flops arithmetic operations of a run
 * @param scratchBytes bytes that a run holds on given threads, without operands and results
 * @param packedBytes bytes into which one of the given threads packs blocks of operands
 * @param inPlaceOf the operand whose memory each result may reuse, or -1
 */
public record CompositeCode(
    Body body,
    double flops,
    ToLongFunction<Workers> scratchBytes,
    ToLongFunction<Workers> packedBytes,
    IntUnaryOperator inPlaceOf) {
  /** Code that packs nothing, and whose results reuse no operand's memory. */
  public CompositeCode(Body body, double flops, ToLongFunction<Workers> scratchBytes) {
    this(body, flops, scratchBytes, _ -> 0, _ -> -1);
  }

  /** Runs the code. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs the code on tensors.
     *
     * @param results one for each result; every element is written
     * @param workers the threads
     */
    void run(List<Tensor> operands, List<Tensor> results, Workers workers);
  }

  /** Finds the code of composites. */
  @FunctionalInterface
  public interface Finder {
    /**
     * The code of a composite.
     *
     * @return its code; empty if the decomposition runs instead
     */
    Optional<CompositeCode> find(Composite composite);
  }
}
