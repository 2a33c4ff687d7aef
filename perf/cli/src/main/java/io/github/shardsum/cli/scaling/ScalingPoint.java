package io.github.shardsum.cli.scaling;

/**
 * A program on a number of devices, each with the same share of the data.
 *
 * @param program {@code layer} or {@code step}
 * @param engine {@code in process} or {@code MPI}
 * @param seconds best of some runs
 * @param predicted seconds: the work of one device's run, times the devices, which share this
 *     machine, and the collectives of the plan
 * @param collectives their part of the prediction
 */
public record ScalingPoint(
    String program,
    String engine,
    int devices,
    double seconds,
    double predicted,
    double collectives) {
  /** Error of the prediction, as a share of the measured time. */
  public double error() {
    return predicted / seconds - 1;
  }
}
