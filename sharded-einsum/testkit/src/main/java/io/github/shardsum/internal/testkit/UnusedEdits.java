package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ProgramCase;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Removes statements and inputs that no output needs. */
final class UnusedEdits {
  private UnusedEdits() {}

  /** Removes statements that no output needs. */
  static Program removed(Program program) {
    return Passes.deadCode(program);
  }

  /**
   * Removes statements and inputs that no output needs.
   *
   * @param values the tensor of each input
   */
  static ProgramCase removed(Program program, Map<Value, Tensor> values) {
    Program live = Passes.deadCode(program);
    Set<Value> read = new HashSet<>(live.outputs());
    live.statements().forEach(statement -> read.addAll(statement.operation().operands()));
    List<Value> inputs = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (Value input : live.inputs()) {
      Tensor tensor = values.get(input);
      if (read.contains(input) && tensor != null) {
        inputs.add(input);
        tensors.add(tensor);
      }
    }
    return new ProgramCase(
        new Program(live.name(), inputs, live.statements(), live.outputs()), tensors);
  }
}
