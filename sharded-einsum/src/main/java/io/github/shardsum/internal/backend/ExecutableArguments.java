package io.github.shardsum.internal.backend;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Checks of a run's tensors, before anything is written. */
public final class ExecutableArguments {
  private ExecutableArguments() {}

  public static void check(Program program, List<Tensor> outputs, List<Tensor> inputs) {
    fit("input", program.inputs(), inputs);
    fit("output", program.outputs(), outputs);
    for (int i = 0; i < outputs.size(); i++) {
      String name = name("output", program.outputs().get(i));
      writable(name, outputs.get(i));
      for (int j = 0; j < i; j++) {
        apart(name, outputs.get(i), "output", program.outputs().get(j), outputs.get(j));
      }
      for (int j = 0; j < inputs.size(); j++) {
        apart(name, outputs.get(i), "input", program.inputs().get(j), inputs.get(j));
      }
    }
  }

  private static String name(String what, Value value) {
    return what + " " + value.name();
  }

  public static void fit(String what, List<Value> values, List<Tensor> given) {
    if (given == null) {
      throw new NullPointerException(what + "s are null");
    }
    if (values.size() != given.size()) {
      throw new IllegalArgumentException(
          "expected "
              + values.size()
              + " "
              + what
              + "s, "
              + values
              + ", got "
              + given.size()
              + ", "
              + given.stream().map(ExecutableArguments::description).toList());
    }
    for (int i = 0; i < given.size(); i++) {
      Value value = values.get(i);
      Tensor tensor = given.get(i);
      if (tensor == null) {
        throw new NullPointerException(what + " " + value + " is null");
      }
      if (tensor.dtype() != value.type().dtype() || !tensor.shape().equals(value.type().shape())) {
        throw new IllegalArgumentException(
            "expected "
                + what
                + " "
                + value
                + ", got "
                + tensor.description()
                + "; convert or reshape it");
      }
      tensor.checkAccessible(name(what, value));
    }
  }

  private static String description(Tensor tensor) {
    return tensor == null ? "null" : tensor.description();
  }

  public static List<Tensor> fresh(Program program) {
    List<Tensor> outputs = new ArrayList<>();
    for (Value output : program.outputs()) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    return List.copyOf(outputs);
  }

  private static void writable(String name, Tensor output) {
    if (output.isReadOnly()) {
      throw new IllegalArgumentException(
          name + ": memory must be writable, got " + output.description());
    }
    if (output.overlapsItself()) {
      throw new IllegalArgumentException(
          name
              + ": indices must not share elements, got "
              + output.description()
              + ", a broadcast or overlapping view; use a fresh tensor");
    }
  }

  private static void apart(String name, Tensor output, String what, Value value, Tensor other) {
    if (output.overlaps(other)) {
      throw new IllegalArgumentException(
          name + ": memory must be apart from " + name(what, value) + "; copy one of them");
    }
  }
}
