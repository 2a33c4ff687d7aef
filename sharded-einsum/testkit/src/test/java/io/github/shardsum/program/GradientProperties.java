package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Programs;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class GradientProperties {
  private static final double STEP = 1e-5;

  @Property(tries = 150)
  void equalsFiniteDifferences(@ForAll long seed) {
    Program program = Programs.smooth(10).of(seed);
    List<String> names = program.inputs().stream().map(Value::name).toList();
    Program gradient = Gradients.gradient(program, List.of("result"), names);
    List<Tensor> inputs = Programs.inputs(program, false).of(seed);
    Backend reference = new ReferenceBackend();
    List<Tensor> found;
    try (Executable executable = reference.compile(gradient)) {
      found = executable.run(inputs);
    }
    try (Executable executable = reference.compile(program)) {
      for (int i = 0; i < inputs.size(); i++) {
        Tensor x = inputs.get(i);
        double[] values = x.toDoubleArray();
        for (int at = 0; at < values.length; at++) {
          double slope =
              (moved(executable, inputs, i, at, STEP) - moved(executable, inputs, i, at, -STEP))
                  / (2 * STEP);
          double wanted = found.get(i).toDoubleArray()[at];
          assertEquals(
              slope, wanted, 1e-5 * (1 + Math.abs(slope)), () -> program + "\n" + gradient);
        }
      }
    }
  }

  @Property(tries = 100)
  void everyOutputHasItsName(@ForAll long seed) {
    Program program = Programs.smooth(10).of(seed);
    List<String> names = program.inputs().stream().map(Value::name).toList();
    assertOutputs(program, List.of("result"), names);
  }

  @Example
  void equalOutputsHaveTheirOwnNames() {
    Program program =
        Program.parse(
            """
            program equal {
              input x: f64[i=2]
              input y: f64[i=2]
              sum = add(x, y)
              zero = subtract(x, x)
              nothing = subtract(x, x)
              output sum, zero, nothing
            }
            """);
    assertOutputs(program, List.of("sum", "zero", "nothing"), List.of("x", "y"));
  }

  private static void assertOutputs(Program program, List<String> outputs, List<String> inputs) {
    List<String> wanted = new ArrayList<>(outputs);
    inputs.forEach(input -> wanted.add("gradient." + input));
    Program gradient = Gradients.valueAndPullback(program, outputs, inputs);
    assertEquals(wanted, gradient.outputs().stream().map(Value::name).toList(), program::toString);
  }

  private static double moved(
      Executable executable, List<Tensor> inputs, int input, int at, double step) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    return executable.run(moved).getFirst().getDouble();
  }

  @Property(tries = 100)
  void localBackendGivesTheGradientOfTheReference(@ForAll long seed) {
    Program program = Programs.smooth(12).of(seed);
    List<String> names = program.inputs().stream().map(Value::name).toList();
    Program gradient = Gradients.gradient(program, List.of("result"), names);
    List<Tensor> inputs = Programs.inputs(program, false).of(seed);
    try (Executable wanted = new ReferenceBackend().compile(gradient);
        Executable given = LocalBackend.of(Workers.sequential()).compile(gradient)) {
      List<Tensor> a = wanted.run(inputs);
      List<Tensor> b = given.run(inputs);
      for (int i = 0; i < a.size(); i++) {
        org.junit.jupiter.api.Assertions.assertArrayEquals(
            a.get(i).toDoubleArray(), b.get(i).toDoubleArray(), 1e-9, () -> gradient.toString());
      }
    }
  }
}
