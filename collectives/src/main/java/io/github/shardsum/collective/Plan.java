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
 * collective runs; a superstep ends before the next begins. A plan may run any number of times, on
 * all threads of its workers. A device is an index, so thousands of them cost microseconds a
 * superstep. Run by one thread at a time.
 *
 * <p>A collective may also be started and awaited: it runs while the steps in between compute. All
 * processes must build the same plans in the same order. An exception between a start and its await
 * ends the collectives of this mesh, first in this process and then, as they notice, in the others.
 *
 * <p>A collective is lowered when the plan is built if its tensors are known then. If its tensors
 * are supplied later, it is checked and lowered each time its step runs.
 */
public interface Plan {
  /**
   * Runs all steps.
   *
   * @throws IllegalArgumentException if the check is on, and a collective writes memory that
   *     another collective in flight uses, or reads memory that the other one writes
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

  /** The most collectives that may be in flight at the same time. */
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
   * @param operandBytes bytes of all operands of this process's devices together; 0 for a step in
   *     which devices compute, and where operands are supplied
   * @param rounds how often it runs, 1 unless it is a repeat
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
     * Runs the task. Devices run at the same time on several threads; each runs on one.
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
     * @param name its name, for the table
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
     * @throws IllegalArgumentException if operands or results do not suit the collective
     * @throws CollectiveMismatchException if the operands of this process's devices do not fit
     *     together
     */
    Builder communicate(Collective collective, List<Tensor> x, List<Tensor> out);

    /**
     * Adds a collective whose tensors are bound when the step runs: inputs that differ from run to
     * run, or views of a sequence that differ from round to round.
     *
     * @param collective the collective
     * @param x supplies the operand of each of this process's devices each time the step runs
     * @param out supplies the result of each of them
     * @return this
     */
    Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Adds a ragged all-to-all whose counts too are bound when the step runs.
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
     * Begins a collective that goes on while the steps behind it run, until its {@link #await}. Its
     * operands may not be written and its results not be touched before. In one process its tasks
     * run in the supersteps of the computation that follows; between processes its bytes travel
     * during that computation. Its results are those of {@link #communicate}, to the bit; a
     * reduction in {@link Order#ANY} is made along the tree.
     *
     * <p>With {@link CollectiveOptions#checked} on, the step first compares the processes as a
     * blocking collective does: each time it runs it waits until all of them have reached it.
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
     * Begins a collective whose tensors are bound when the step runs. With the check on it waits
     * for the other processes, as the other {@code start} does.
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
     * Begins a further round of an exchange whose first round a {@code start} of these steps
     * compared: the processes are not compared again, so that the step waits for none of them.
     * Messages are still held to the expected lengths.
     *
     * @param name of what is in flight
     * @param collective the collective, not a barrier
     * @param x asked for the operand of each of this process's devices each time the step runs
     * @param out asked for the result of each of them
     * @return this
     * @throws IllegalArgumentException if the name is in flight, or if {@link #MOST_IN_FLIGHT} are
     */
    Builder startRound(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out);

    /**
     * Begins a ragged all-to-all whose counts too are bound when the step runs. Rows of operands
     * and results that are in no range of the counts may be read and written meanwhile.
     *
     * @param name of what is in flight
     * @param collective its axes
     * @param counts asked for each device's counts each time the step runs
     * @param x asked for the operand of each of this process's devices
     * @param out asked for the result of each of them
     * @return this
     * @throws IllegalArgumentException if the name is in flight, or if {@link #MOST_IN_FLIGHT} are
     */
    Builder start(
        String name,
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out);

    /**
     * Waits for a started collective, whose results are complete after this step. The deadline
     * counts from here, so that a process which computes for long in between is not late; the last
     * exchange of an all-reduce between processes begins one superstep after the start, or here.
     *
     * @param name the name of the collective in flight, started in the same body of steps
     * @return this
     * @throws IllegalArgumentException if nothing of the name is in flight
     */
    Builder await(String name);

    /**
     * Adds steps that run several times over. They are built once; tasks and suppliers ask for the
     * number of the round if they depend on it.
     *
     * @param name its name, for the table
     * @param rounds how many times, at least 0
     * @param body adds the steps to its builder, which may not be used afterwards; its second
     *     argument returns the number of the running round, from 0, and is meant for tasks and
     *     suppliers of the body
     * @return this
     * @throws IllegalArgumentException if there are less than 0 rounds
     * @throws IllegalStateException if the body leaves something in flight
     */
    Builder repeat(String name, int rounds, BiConsumer<Builder, IntSupplier> body);

    /**
     * The plan of the steps so far.
     *
     * @return the plan
     * @throws IllegalStateException if this is the builder of a repeat's body, or something is in
     *     flight
     */
    Plan build();
  }
}
