package io.github.shardsum.testkit;

import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * A program and tensors to run it on.
 *
 * @param program the program
 * @param inputs one tensor for each input
 */
public record ProgramCase(Program program, List<Tensor> inputs) {
  /** Copies the list. */
  public ProgramCase {
    inputs = List.copyOf(inputs);
  }
}
