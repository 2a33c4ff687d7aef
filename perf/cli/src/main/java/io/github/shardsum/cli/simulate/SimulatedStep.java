package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Prediction.Kind;
import java.util.List;

/**
 * A step of a plan with its time.
 *
 * @param name the name, as plans print it
 * @param term the term of the prediction that includes the step
 * @param kind the purpose of the time
 * @param queue the compute units, or the axes of a collective
 * @param seconds the seconds on the largest device
 * @param flopSeconds the seconds that a product's FLOPs take alone; 0 for all other steps
 * @param amount FLOPs of a product; bytes of all other steps
 * @param operands numbers of the steps whose results this step reads
 * @param weights whether this step moves a weight that exists before the step of training
 * @param gradient whether this step reduces the gradient of a weight
 */
record SimulatedStep(
    String name,
    String term,
    Kind kind,
    String queue,
    double seconds,
    double flopSeconds,
    double amount,
    List<Integer> operands,
    boolean weights,
    boolean gradient) {
  static final String COMPUTE = "compute";

  SimulatedStep {
    operands = List.copyOf(operands);
  }

  boolean collective() {
    return kind == Kind.COLLECTIVE;
  }
}
