package io.github.shardsum.cli.simulate;

import java.util.List;

/**
 * One training job.
 *
 * @param batch sequences of a step, of all devices
 * @param rematerialise share of the forward pass that the backward pass repeats
 * @param overlap the expert axis is overlapped with computation
 * @param imbalance the longest expert over the mean
 * @param compiled whole steps are compiled, so that the host launches no single operation
 * @param momentBytes of the optimizer for a weight: 8 for Adam, 0 for factored moments
 * @param assumptions what was not said, one sentence each
 */
record Job(
    Architecture model,
    Machine machine,
    Layout layout,
    long sequence,
    long batch,
    Precision precision,
    double rematerialise,
    boolean overlap,
    double imbalance,
    boolean compiled,
    double momentBytes,
    List<String> assumptions) {

  Job with(Machine other) {
    return new Job(
        model,
        other,
        layout,
        sequence,
        batch,
        precision,
        rematerialise,
        overlap,
        imbalance,
        compiled,
        momentBytes,
        assumptions);
  }

  double tokens() {
    return (double) sequence * batch;
  }

  double tokensPerDevice() {
    return tokens() / machine.devices();
  }
}
