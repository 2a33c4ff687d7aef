package io.github.shardsum.backend;

import io.github.shardsum.internal.backend.ExecutableBindings;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A compiled program. Thread-safe: runs may overlap; each has its own memory.
 *
 * <p>Inputs and outputs are matched by position or by name. They have the program's dtypes and
 * shapes, with any strides, in any memory. All are checked before anything is computed. No run
 * changes an input; an output that shares memory with an input or another output is an error. A
 * tensor of a closed arena causes an {@link IllegalStateException}. A tensor of another thread's
 * confined arena causes a {@link WrongThreadException}; a started run has its own thread. Closing
 * twice does nothing. A run after closing causes an {@link IllegalStateException}; runs that were
 * started before continue.
 *
 * <p>An interrupt does not end a run, since results would be half written. The run goes on to its
 * end, and the thread stays interrupted. Work that must stop in time belongs in a separate process.
 */
public interface Executable extends AutoCloseable {
  /**
   * The compiled program.
   *
   * @return the program as it was given
   */
  Program program();

  /**
   * Runs into fresh tensors.
   *
   * @param inputs one for each input of the program
   * @return one for each output, in C order
   * @throws IllegalArgumentException if a number, dtype or shape is not the program's
   */
  List<Tensor> run(List<Tensor> inputs);

  /**
   * Runs into fresh tensors.
   *
   * @param inputs one for each input of the program
   * @return one for each output, in C order
   * @throws IllegalArgumentException if a number, dtype or shape is not the program's
   */
  default List<Tensor> run(Tensor... inputs) {
    return run(Arrays.asList(inputs));
  }

  /**
   * Runs into fresh tensors, all of them by name.
   *
   * @param inputs the tensor of each input of the program
   * @return the tensor of each output of the program, in C order; the map has the order of the
   *     outputs and must not be changed
   * @throws IllegalArgumentException if a name is missing or unknown (the message lists the names),
   *     or a dtype or shape is not the program's
   */
  default Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return ExecutableBindings.outputs(program(), run(ExecutableBindings.inputs(program(), inputs)));
  }

  /**
   * Runs into given tensors.
   *
   * @param outputs one for each output of the program, overwritten
   * @param inputs one for each input of the program
   * @throws IllegalArgumentException if a number, dtype or shape is not the program's, an output is
   *     read-only or overlaps another tensor; nothing is then written
   */
  void runInto(List<Tensor> outputs, List<Tensor> inputs);

  /**
   * Starts a run and returns at once. The tensors must neither change nor be freed until the run
   * ends.
   *
   * @param outputs the outputs, as in {@link #runInto}
   * @param inputs the inputs, as in {@link #runInto}
   * @return a future of the outputs; it fails with the exception of {@link #runInto}
   */
  CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs);

  /**
   * Starts a run into fresh tensors and returns at once.
   *
   * @param inputs the inputs, as in {@link #run(List)}
   * @return a future of the outputs; it fails with the exception of {@link #run(List)}
   */
  CompletableFuture<List<Tensor>> start(List<Tensor> inputs);

  /**
   * The most bytes that a run holds, without inputs and outputs, except as {@link
   * CompileOptions#withReproducible} says; known before any run.
   *
   * @return the bytes
   */
  long peakBytes();

  /**
   * The most bytes that the largest device holds at any time of a run, including its part of inputs
   * and outputs; known before any run. Backends are compared by this measure.
   *
   * @return the bytes; on one device, all bytes of a run with its inputs and outputs
   */
  default long heldBytes() {
    long bytes = peakBytes();
    for (Value input : program().inputs()) {
      bytes += input.type().bytes();
    }
    for (Value output : program().outputs()) {
      bytes += output.type().bytes();
    }
    return bytes;
  }

  /**
   * Describes the steps that a run makes.
   *
   * @return a table; its first line names the backend
   */
  String explain();

  /**
   * The steps that a run makes, as data.
   *
   * @return a record for each step in the order of the plan, those of loops' bodies last; empty on
   *     a backend that has no steps
   */
  default List<PlannedStep> steps() {
    return List.of();
  }

  /**
   * Returns the time that each step took in all runs so far, if compiled with {@link
   * CompileOptions#withProfile}. Runs on other threads may be counted in part.
   *
   * @return a record for each step in the order of the plan, those of loops' bodies last; empty if
   *     nothing is measured, and on a backend that has no steps
   */
  default List<StepTime> profile() {
    return List.of();
  }

  @Override
  void close();
}
