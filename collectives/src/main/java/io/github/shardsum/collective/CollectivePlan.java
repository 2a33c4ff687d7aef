package io.github.shardsum.collective;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * A program over all devices, compiled into supersteps. In a superstep either every device computes
 * or a collective runs; it ends before the next begins. A plan may run any number of times, on all
 * threads of its workers. Devices are mere indices, so thousands of them cost microseconds in each
 * superstep. One thread at a time may run a plan.
 *
 * <p>A collective may also be started and awaited; it runs while the steps in between compute. All
 * processes must build the same plans in the same order. An exception between a start and its await
 * ends the collectives of this mesh in this process. The other processes notice and end theirs.
 *
 * <p>A collective is lowered when the plan is built if its tensors are known then. If its tensors
 * are supplied later, it is checked and lowered each time its step runs.
 */
public interface CollectivePlan {
  /**
   * Runs all steps.
   *
   * @throws IllegalArgumentException if the check is on, and one of two collectives in flight
   *     writes memory that the other one uses
   * @throws CollectiveException if processes disagree, or one failed or did not arrive
   * @throws RuntimeException the exception of a device's task; later steps are then not run
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

  /** The largest number of collectives that may be in flight at the same time. */
  int MOST_IN_FLIGHT = 2;

  /** Kinds of steps. */
  enum Kind {
    /** Every device computes. */
    COMPUTE,
    /** A collective runs. */
    COLLECTIVE,
    /** Starts a collective, which runs while the next steps run. */
    START,
    /** Waits for a started collective. */
    AWAIT,
    /** Steps run several times over. */
    REPEAT
  }

  /**
   * One step.
   *
   * @param kind the kind of step
   * @param name its name
   * @param collective the collective that runs or begins; empty for every other step
   * @param operandBytes bytes of all operands of this process's devices together; 0 if devices
   *     compute in the step, or if its operands are supplied at run time
   * @param rounds number of times that the step runs, 1 except for a repeat
   * @param body the steps of a repeat, empty for every other
   */
  record Step(
      Kind kind,
      String name,
      Optional<Collective> collective,
      long operandBytes,
      int rounds,
      List<Step> body) {}

  /** The task of one device in a step. */
  @FunctionalInterface
  interface DeviceTask {
    /**
     * Runs the task. Devices run at the same time on several threads, each device on one.
     *
     * @param index the device's index in {@link Collectives#devices()}
     * @param scratch arrays that are this thread's own until the task ends
     */
    void run(int index, Scratch scratch);
  }

  /** Collects steps. Not thread-safe. */
  interface Builder {
    /**
     * Adds a step in which every device computes.
     *
     * @param name the step's name, for the table
     * @param task the work of a device
     * @return this
     */
    Builder compute(String name, DeviceTask task);

    /**
     * Adds a collective.
     *
     * @param collective the collective
     * @param x the operand of each of this process's devices, read when the step runs
     * @param out the result of each of them; as in {@link Collectives#runInto} members of one group
     *     may share one
     * @return this
     * @throws IllegalArgumentException if operands or results do not fit the collective
     * @throws CollectiveMismatchException if the operands of this process's devices do not fit
     *     together
     */
    Builder communicate(Collective collective, List<Tensor> x, List<Tensor> out);

    /**
     * Adds a collective whose tensors are bound when the step runs, such as inputs that differ
     * between runs or views that differ between rounds.
     *
     * @param collective the collective
     * @param x supplies the operand of each of this process's devices each time the step runs
     * @param out supplies the result of each of them
     * @return this
     */
    Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Adds a ragged all-to-all whose tensors and counts are bound when the step runs.
     *
     * @param collective its axes
     * @param counts supplies each device's counts each time the step runs
     * @param x supplies the operand of each of this process's devices
     * @param out supplies the result of each of them
     * @return this
     */
    Builder communicate(
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out);

    /**
     * Begins a collective that runs during the following steps, until its {@link #await}. Until
     * then its operands must not be written and its results must not be touched. Within one process
     * its tasks run in the supersteps of the following computation; between processes its bytes
     * travel during that computation. Its results are those of {@link #communicate}, to the bit; a
     * reduction in {@link Order#ANY} follows the tree.
     *
     * <p>With {@link CollectiveOptions#checked} on, each run of the step first compares the
     * processes, as a blocking collective does: it waits until all of them have reached the step.
     *
     * @param name the name of the collective in flight
     * @param collective the collective, not a barrier
     * @param x the operand of each of this process's devices, read when the step runs and later
     * @param out the result of each of them
     * @return this
     * @throws IllegalArgumentException if operands or results do not fit the collective, if the
     *     name is in flight, or if {@link #MOST_IN_FLIGHT} collectives are in flight
     * @throws CollectiveMismatchException if the operands of this process's devices do not fit
     *     together
     */
    Builder start(String name, Collective collective, List<Tensor> x, List<Tensor> out);

    /**
     * Begins a collective whose tensors are bound when the step runs. With the check on, the step
     * waits for the other processes, as the other {@code start} does.
     *
     * @param name the name of the collective in flight
     * @param collective the collective, not a barrier
     * @param x supplies the operand of each of this process's devices each time the step runs
     * @param out supplies the result of each of them
     * @return this
     * @throws IllegalArgumentException if the name is in flight, or if {@link #MOST_IN_FLIGHT}
     *     collectives are in flight
     */
    Builder start(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Begins a further round of an exchange after a {@code start} of these steps compared the
     * processes in its first round. They are not compared again, so the step waits for no process.
     * Messages must still have the expected lengths.
     *
     * @param name the name of the collective in flight
     * @param collective the collective, not a barrier
     * @param x supplies the operand of each of this process's devices each time the step runs
     * @param out supplies the result of each of them
     * @return this
     * @throws IllegalArgumentException if the name is in flight, or if {@link #MOST_IN_FLIGHT}
     *     collectives are in flight
     */
    Builder startRound(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Begins a ragged all-to-all whose tensors and counts are bound when the step runs. Rows of
     * operands and results outside all ranges of the counts may be read and written meanwhile.
     *
     * @param name the name of the collective in flight
     * @param collective its axes
     * @param counts supplies each device's counts each time the step runs
     * @param x supplies the operand of each of this process's devices
     * @param out supplies the result of each of them
     * @return this
     * @throws IllegalArgumentException if the name is in flight, or if {@link #MOST_IN_FLIGHT}
     *     collectives are in flight
     */
    Builder start(
        String name,
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out);

    /**
     * Waits for a started collective, whose results are complete after this step. The deadline
     * counts from this step, so that a process may compute for long before it. The last exchange of
     * an all-reduce between processes begins one superstep after the start, or in this step.
     *
     * @param name the name of the collective in flight, started in the same body of steps
     * @return this
     * @throws IllegalArgumentException if no collective of this name is in flight
     */
    Builder await(String name);

    /**
     * Adds steps that run several times. They are built once; tasks and suppliers may ask for the
     * number of the round.
     *
     * @param name the repeat's name, for the table
     * @param rounds number of rounds, at least 0
     * @param body adds the steps to its first argument, a builder that may not be used afterwards;
     *     its second argument returns the number of the running round, from 0, to tasks and
     *     suppliers
     * @return this
     * @throws IllegalArgumentException if rounds is negative
     * @throws IllegalStateException if the body leaves a collective in flight
     */
    Builder repeat(String name, int rounds, BiConsumer<Builder, IntSupplier> body);

    /**
     * The plan of the steps so far.
     *
     * @return the plan
     * @throws IllegalStateException if this is the builder of a repeat's body, or a collective is
     *     in flight
     */
    CollectivePlan build();
  }
}
