package io.github.shardsum.collective;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A program over all devices, compiled into supersteps: in each of them every device computes, or a
 * collective runs; a superstep ends before the next begins. Run as often as wanted, on as many
 * threads as there are workers: a device is an index, so thousands of them cost microseconds a
 * superstep. Its tensors are fixed when it is built; run by one thread at a time.
 */
public interface Plan {
  /**
   * Runs all steps.
   *
   * @throws CollectiveException if processes disagree, or one failed or did not come
   * @throws RuntimeException what a device's task threw; what follows is then not run
   */
  void run();

  /**
   * The steps, in order.
   *
   * @return an immutable list
   */
  List<Step> steps();

  /** A table of the steps. */
  @Override
  String toString();

  /**
   * One step.
   *
   * @param name what it is
   * @param collective what runs; empty for a step in which devices compute
   * @param operandBytes bytes of all operands of this process's devices together; 0 for a step in
   *     which devices compute
   */
  record Step(String name, Optional<Collective> collective, long operandBytes) {}

  /** What one device does in a step. */
  @FunctionalInterface
  interface DeviceTask {
    /**
     * Does it. Devices run at the same time on several threads; each runs on one.
     *
     * @param index the device's place in {@link Collectives#devices()}
     * @param scratch arrays that are this thread's own until the task ends
     */
    void run(int index, Scratch scratch);
  }

  /** Collects steps. Not thread-safe. */
  interface Builder {
    /**
     * Adds a step in which every device computes.
     *
     * @param name what it is, for the table
     * @param task what a device does
     * @return this
     */
    Builder compute(String name, DeviceTask task);

    /**
     * Adds a collective.
     *
     * @param collective which
     * @param x the operand of each of this process's devices, read when the step runs
     * @param out the result of each of them; as in {@link Collectives#runInto} members of one group
     *     may share one
     * @return this
     * @throws IllegalArgumentException if operands or results do not suit the collective
     * @throws CollectiveMismatchException if those of this process's devices do not fit together
     */
    Builder communicate(Collective collective, List<Tensor> x, List<Tensor> out);

    /**
     * Adds a ragged all-to-all, whose counts may differ from run to run.
     *
     * @param collective which
     * @param x the operand of each of this process's devices
     * @param counts asked for each device's counts when the step runs
     * @param out the result of each of them
     * @return this
     */
    Builder communicate(
        Collective.RaggedAllToAll collective,
        List<Tensor> x,
        Supplier<List<RaggedCounts>> counts,
        List<Tensor> out);

    /**
     * The plan of the steps so far.
     *
     * @return the plan
     */
    Plan build();
  }
}
