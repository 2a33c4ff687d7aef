package io.github.shardsum.backend;

import io.github.shardsum.internal.backend.ExecutableArguments;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * Checks that every executable makes of a run's tensors before it computes anything; for authors of
 * a backend.
 */
public final class TensorChecks {
  private TensorChecks() {}

  /**
   * Checks a run's inputs.
   *
   * @param program the program
   * @param inputs one for each input
   * @throws IllegalArgumentException if a number, dtype or shape is not the program's
   * @throws IllegalStateException if the memory of one is closed
   * @throws WrongThreadException if the memory of one is another thread's
   */
  public static void checkInputs(Program program, List<Tensor> inputs) {
    ExecutableArguments.fit("input", program.inputs(), inputs);
  }

  /**
   * Checks a run's outputs and inputs.
   *
   * @param program the program
   * @param outputs one for each output
   * @param inputs one for each input
   * @throws IllegalArgumentException if a number, dtype or shape is not the program's, or an output
   *     is read-only or overlaps itself or another tensor
   * @throws IllegalStateException if the memory of one is closed
   * @throws WrongThreadException if the memory of one is another thread's
   */
  public static void check(Program program, List<Tensor> outputs, List<Tensor> inputs) {
    ExecutableArguments.check(program, outputs, inputs);
  }
}
