package io.github.shardsum.collective;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.collective.Engines;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The collectives of one mesh in one process, which holds the values of its own devices.
 *
 * <p>{@link #spmd} runs code that is written for one device, as MPI programs are:
 *
 * <pre>{@code
 * try (Collectives collectives = Collectives.open(Mesh.parse("x=2 y=4"))) {
 *   List<Tensor> sums = collectives.spmd(d -> d.allReduce(values.get(d.id()), Reduction.SUM, "y"));
 * }
 * }</pre>
 *
 * <p>{@link #run} takes the operands of all devices of this process in one call, and {@link #plan}
 * builds steps that run many times.
 *
 * <p>Of P processes and D devices, process p holds devices p L to p L + L - 1, where L = D / P.
 * With the local engine P is 1. A list of tensors has one for each of this process's devices, in
 * the order of {@link #devices()}. {@link Device} describes the results and says which of them are
 * read-only. The system property {@code shardsum.engine} or the environment variable {@code
 * SHARDSUM_ENGINE} names the engine: {@code local} (the default) or {@code mpi}. With {@code
 * SHARDSUM_MPI_THREAD=own} the engine starts a thread that makes all calls of MPI. Otherwise
 * platform threads that wait for their collective make these calls, one thread at a time, which is
 * up to four times as fast.
 *
 * <p><b>Threads.</b> One call at a time; a started collective may run meanwhile.
 *
 * <p><b>Memory.</b> With every engine, several threads touch operands and results. Memory of a
 * confined arena throws a {@link WrongThreadException}, closed memory an {@link
 * IllegalStateException}, and a result that overlaps itself or is read-only an {@link
 * IllegalArgumentException}; each is thrown before any work.
 *
 * <p><b>Determinism.</b> Results have the same bits for every number of threads, every P, and every
 * engine, except those of {@link Order#ANY}.
 */
public interface Collectives extends AutoCloseable {
  /**
   * Opens the configured engine with the check on and one thread for each processor. If several
   * processes share the processors, each uses its share.
   *
   * @param mesh the mesh; the same on every process
   * @return the collectives, to be closed
   * @throws IllegalArgumentException if the processes do not divide the devices, or the configured
   *     engine is unknown
   */
  static Collectives open(Mesh mesh) {
    return open(mesh, CollectiveOptions.defaults());
  }

  /**
   * As {@link #open(Mesh)}, with options of the engine.
   *
   * @param mesh the mesh
   * @param options the options; the same on every process
   * @return the collectives, to be closed
   */
  static Collectives open(Mesh mesh, CollectiveOptions options) {
    return Engines.open(mesh, Optional.empty(), options);
  }

  /**
   * As {@link #open(Mesh, CollectiveOptions)}, with the caller's threads.
   *
   * @param mesh the mesh
   * @param workers threads to use, not closed by {@link #close()}
   * @param options the options
   * @return the collectives, to be closed
   */
  static Collectives open(Mesh mesh, Workers workers, CollectiveOptions options) {
    return Engines.open(mesh, Optional.of(Objects.requireNonNull(workers, "workers")), options);
  }

  /**
   * The mesh.
   *
   * @return the mesh
   */
  Mesh mesh();

  /**
   * Number of processes.
   *
   * @return at least 1
   */
  int processes();

  /**
   * This process.
   *
   * @return its number, in [0, processes())
   */
  int process();

  /**
   * The devices whose values this process holds.
   *
   * @return their numbers, ascending
   */
  List<Integer> devices();

  /**
   * Runs code written for one device on each of this process's devices, each on a virtual thread.
   * Waits for all of them and for the collectives that they started.
   *
   * @param <T> the type of the result for one device
   * @param body the code
   * @return the result for each of this process's devices
   * @throws CollectiveException if the devices disagree, or one failed or did not arrive; the
   *     exception that a device's code threw is its cause
   */
  <T> List<T> spmd(DeviceBody<T> body);

  /**
   * Runs a collective over all devices.
   *
   * @param collective the collective
   * @param x the operand of each of this process's devices
   * @return the result of each of them
   * @throws IllegalArgumentException if the operands do not fit the collective
   * @throws CollectiveException if processes disagree, or one failed or did not arrive
   */
  List<Tensor> run(Collective collective, List<Tensor> x);

  /**
   * Runs a collective over all devices, into the caller's tensors.
   *
   * @param collective the collective
   * @param x the operand of each of this process's devices
   * @param out the result of each of them; {@link Collective} says which may share memory
   */
  void runInto(Collective collective, List<Tensor> x, List<Tensor> out);

  /**
   * Starts a collective over all devices and returns at once. Collectives run in the order in which
   * they were started.
   *
   * @param collective the collective
   * @param x the operand of each of this process's devices
   * @return the pending results
   */
  Pending<List<Tensor>> start(Collective collective, List<Tensor> x);

  /**
   * Starts a collective over all devices, into the caller's tensors, and returns at once.
   *
   * @param collective the collective
   * @param x the operand of each of this process's devices
   * @param out the result of each of them
   * @return the pending results: out
   */
  Pending<List<Tensor>> startInto(Collective collective, List<Tensor> x, List<Tensor> out);

  /**
   * Begins a plan of supersteps.
   *
   * @param name its name, for its table
   * @return a builder without steps
   */
  CollectivePlan.Builder plan(String name);

  /**
   * Briefly advances the collectives that plans have in flight, without waiting. Bytes travel
   * between processes only while a thread is inside the transport's library. A plan calls this
   * after each task of its steps; a long task may call it in between, from any thread. Does nothing
   * in one process, on a virtual thread, or while another thread does the same.
   */
  void progress();

  /**
   * Closes this process's part after all started collectives have ended; their results may still be
   * awaited. Closing again does nothing. Call it after {@link #spmd} has returned: code that still
   * runs fails in the next collective that all of its devices have entered.
   */
  @Override
  void close();

  /**
   * Code for one device.
   *
   * @param <T> the type of the result
   */
  @FunctionalInterface
  interface DeviceBody<T> {
    /**
     * Runs on one device.
     *
     * @param device the device
     * @return the device's result
     * @throws Exception any exception; it ends the bodies of all devices
     */
    T run(Device device) throws Exception;
  }
}
