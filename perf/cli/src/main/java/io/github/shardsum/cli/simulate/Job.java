package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.util.List;

/**
 * One training job.
 *
 * @param batch sequences of a step, of all devices
 * @param rematerialise share of the forward pass that the backward pass repeats
 * @param overlap whether communication over the expert axis overlaps with computation
 * @param imbalance load of the busiest expert over the mean load
 * @param compiled whether whole steps are compiled, so that the host launches no single operations
 * @param momentBytes bytes of the optimizer's moments for a weight: 8 for Adam, 0 for factored
 *     moments
 * @param assumptions defaults that were assumed, one sentence each
 */
public record Job(
    Architecture model,
    Machine machine,
    AxisSizes layout,
    long sequence,
    long batch,
    Precision precision,
    double rematerialise,
    boolean overlap,
    double imbalance,
    boolean compiled,
    double momentBytes,
    List<String> assumptions) {

  private Job with(
      Architecture otherModel,
      Machine otherMachine,
      AxisSizes otherLayout,
      long otherBatch,
      double repeated) {
    return new Job(
        otherModel,
        otherMachine,
        otherLayout,
        sequence,
        otherBatch,
        precision,
        repeated,
        overlap,
        imbalance,
        compiled,
        momentBytes,
        assumptions);
  }

  Job with(Machine other) {
    return with(model, other, layout, batch, rematerialise);
  }

  /** The job with another model, which repeats this share of the forward pass. */
  public Job with(Architecture other, double repeated) {
    return with(other, machine, layout, batch, repeated);
  }

  /**
   * The part of one slice: its copies of the model and its share of the sequences.
   *
   * @throws IllegalArgumentException if copies or sequences are not divided by the slices
   */
  Job ofSlice() {
    int slices = machine.slices();
    if (layout.data() % slices != 0 || batch % slices != 0) {
      throw wrongArgument(
          "layout: data and sequences must be multiples of the %d slices, got %d and %d",
          slices, layout.data(), batch);
    }
    Machine one =
        new Machine(
            machine.family(), machine.sides(), 1, machine.sliceDevices(), machine.perChip());
    return with(model, one, layout.withData(layout.data() / slices), batch / slices, rematerialise);
  }

  public double tokens() {
    return (double) sequence * batch;
  }

  public double tokensPerDevice() {
    return tokens() / machine.devices();
  }
}
