package io.github.shardsum.backend;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Checks of a run's tensors, before anything is written. */
final class Arguments {
  private Arguments() {}

  static void check(Program program, List<Tensor> outputs, List<Tensor> inputs) {
    fit("input", program.inputs(), inputs);
    fit("output", program.outputs(), outputs);
    for (int i = 0; i < outputs.size(); i++) {
      Tensor out = outputs.get(i);
      String name = "output " + program.outputs().get(i).name();
      if (out.segment().isReadOnly()) {
        throw new IllegalArgumentException(name + ": writable memory is wanted, got " + out);
      }
      for (int axis = 0; axis < out.rank(); axis++) {
        if (out.stride(axis) == 0 && out.size(axis) > 1) {
          throw new IllegalArgumentException(
              name + ": elements that are apart are wanted, got " + out);
        }
      }
      for (int j = 0; j < i; j++) {
        apart(name, out, "output " + program.outputs().get(j).name(), outputs.get(j));
      }
      for (int j = 0; j < inputs.size(); j++) {
        apart(name, out, "input " + program.inputs().get(j).name(), inputs.get(j));
      }
    }
  }

  static void fit(String what, List<Value> wanted, List<Tensor> given) {
    if (wanted.size() != given.size()) {
      throw new IllegalArgumentException(
          wanted.size() + " " + what + "s are wanted, " + wanted + ", got " + given);
    }
    for (int i = 0; i < given.size(); i++) {
      Tensor tensor = given.get(i);
      Value value = wanted.get(i);
      if (tensor.dtype() != value.type().dtype() || !tensor.shape().equals(value.type().shape())) {
        throw new IllegalArgumentException(
            what + " " + value + " is wanted, got " + tensor + "; convert or reshape it");
      }
    }
  }

  private static void apart(String name, Tensor out, String otherName, Tensor other) {
    boolean empty = out.shape().elementCount() == 0 || other.shape().elementCount() == 0;
    if (!empty && touched(out).asOverlappingSlice(touched(other)).isPresent()) {
      throw new IllegalArgumentException(
          name + ": memory apart from " + otherName + " is wanted; copy one of them");
    }
  }

  /** From the lowest to the highest element. */
  private static MemorySegment touched(Tensor tensor) {
    long low = tensor.offset();
    long high = tensor.offset();
    for (int axis = 0; axis < tensor.rank(); axis++) {
      long span = (tensor.size(axis) - 1) * tensor.stride(axis);
      low += Math.min(0, span);
      high += Math.max(0, span);
    }
    long size = tensor.dtype().byteSize();
    return tensor.segment().asSlice(low * size, (high - low + 1) * size);
  }

  static List<Tensor> fresh(Program program) {
    List<Tensor> outputs = new ArrayList<>();
    for (Value output : program.outputs()) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    return List.copyOf(outputs);
  }
}
