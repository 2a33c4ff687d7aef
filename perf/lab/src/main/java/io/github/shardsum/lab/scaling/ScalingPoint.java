package io.github.shardsum.lab.scaling;

/**
 * A program on a number of devices, each with the same share of the data.
 *
 * @param program one of {@link ScalingPrograms#ALL}
 * @param engine {@code in process} or {@code MPI}
 * @param seconds median of some runs
 * @param one seconds of one device's run on one thread, while each of the mesh's threads makes such
 *     a run
 * @param predicted predicted seconds: {@code one}, times the devices of a core, times the FLOPs of
 *     a device of the mesh over the FLOPs of that run, plus the collectives of the plan
 * @param collectives the seconds of the prediction that are collectives
 * @param bytes the bytes of the heap that inputs, several runs of the compiled program and the last
 *     run's outputs add in this process, without the bytes of compiling; NaN if they were not
 *     measured
 * @param predictedBytes the same by the plan, with the blocks that products pack
 */
public record ScalingPoint(
    String program,
    String engine,
    int devices,
    double seconds,
    double one,
    double predicted,
    double collectives,
    double bytes,
    double predictedBytes) {
  /** Error of the prediction, as a share of the measured time. */
  public double error() {
    return predicted / seconds - 1;
  }

  /** The same error for memory. */
  public double bytesError() {
    return predictedBytes / bytes - 1;
  }
}
