package io.github.shardsum.collective;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * A program over all devices, compiled into supersteps: in each of them every device computes, or a
 * collective runs; a superstep ends before the next begins. Run any number of times, on as many
 * threads as there are workers: a device is an index, so thousands of them cost microseconds a
 * superstep. Run by one thread at a time.
 *
 * <p>A collective whose tensors are known when the plan is built is lowered then; one whose tensors
 * are supplied is checked and lowered each time its step runs.
 */
public interface Plan {
  /**
   * Runs all steps.
   *
   * @throws CollectiveException if processes disagree, or one failed or did not arrive
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
   *     which devices compute, and where operands are supplied
   * @param rounds how often it runs, 1 unless it is a repeat
   * @param body the steps of a repeat, empty for every other
   */
  record Step(
      String name,
      Optional<Collective> collective,
      long operandBytes,
      int rounds,
      List<Step> body) {}

  /** The task of one device in a step. */
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
     * Adds a collective whose tensors are bound when the step runs: inputs that differ from run to
     * run, or views of a sequence that differ from round to round.
     *
     * @param collective which
     * @param x asked for the operand of each of this process's devices each time the step runs
     * @param out asked for the result of each of them
     * @return this
     */
    Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Adds a ragged all-to-all whose counts too are bound when the step runs.
     *
     * @param collective its axes
     * @param counts asked for each device's counts each time the step runs
     * @param x asked for the operand of each of this process's devices
     * @param out asked for the result of each of them
     * @return this
     */
    Builder communicate(
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out);

    /**
     * Adds steps that run several times over. They are built once; what differs from round to round
     * asks for the round.
     *
     * @param name what it is, for the table
     * @param rounds how many times, at least 0
     * @param body adds the steps to the builder that it is given, which ends with it; the second
     *     argument is the number of the round that runs, from 0 on, and may be asked by tasks and
     *     suppliers of the body
     * @return this
     * @throws IllegalArgumentException if there are less than 0 rounds
     */
    Builder repeat(String name, int rounds, BiConsumer<Builder, IntSupplier> body);

    /**
     * The plan of the steps so far.
     *
     * @return the plan
     * @throws IllegalStateException if this is the builder of a repeat's body
     */
    Plan build();
  }
}
