package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;

/** The kernel of a step with a routing operand: immutable, thread-safe. */
public interface RoutedContractionKernel {
  /** Array number of the result, as in {@link StepKernel}. */
  int OUT = StepKernel.OUT;

  /** Array number of the bias. */
  int BIAS = StepKernel.BIAS;

  /** The kernel's name in a plan. */
  String name();

  /**
   * Runs the step.
   *
   * @param dense the other operand; a single 1 in a step of one operand
   */
  void run(
      ArrayRef out,
      RoutedContractionRef routing,
      ArrayRef dense,
      ResultScaling finish,
      Workers workers);
}
