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
    Touched[] in = touched("input", program.inputs(), inputs);
    Touched[] out = touched("output", program.outputs(), outputs);
    for (int i = 0; i < out.length; i++) {
      out[i].writable();
      for (int j = 0; j < i; j++) {
        out[i].apart(out[j]);
      }
      for (Touched input : in) {
        out[i].apart(input);
      }
    }
  }

  private static Touched[] touched(String what, List<Value> values, List<Tensor> tensors) {
    Touched[] touched = new Touched[tensors.size()];
    for (int i = 0; i < touched.length; i++) {
      touched[i] = Touched.of(what, values.get(i), tensors.get(i));
      touched[i].reachable();
    }
    return touched;
  }

  static void fit(String what, List<Value> wanted, List<Tensor> given) {
    if (given == null) {
      throw new NullPointerException(what + "s are null");
    }
    if (wanted.size() != given.size()) {
      throw new IllegalArgumentException(
          wanted.size() + " " + what + "s are wanted, " + wanted + ", got " + given);
    }
    for (int i = 0; i < given.size(); i++) {
      Value value = wanted.get(i);
      Tensor tensor = given.get(i);
      if (tensor == null) {
        throw new NullPointerException(what + " " + value + " is null");
      }
      if (tensor.dtype() != value.type().dtype() || !tensor.shape().equals(value.type().shape())) {
        throw new IllegalArgumentException(
            what + " " + value + " is wanted, got " + tensor + "; convert or reshape it");
      }
      reachable(what + " " + value.name(), tensor.segment());
    }
  }

  private static void reachable(String name, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException(name + ": live memory is wanted, but its arena was closed");
    }
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          name + " lies in a confined arena of another thread; use Arena.ofShared()");
    }
  }

  static List<Tensor> fresh(Program program) {
    List<Tensor> outputs = new ArrayList<>();
    for (Value output : program.outputs()) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    return List.copyOf(outputs);
  }

  /** The bytes from the lowest to the highest element of a tensor, none of an empty one. */
  private record Touched(String what, Value value, Tensor tensor, long from, long to) {
    static Touched of(String what, Value value, Tensor tensor) {
      long low = tensor.offset();
      long high = tensor.offset();
      for (int axis = 0; axis < tensor.rank(); axis++) {
        long span = (tensor.size(axis) - 1) * tensor.stride(axis);
        low += Math.min(0, span);
        high += Math.max(0, span);
      }
      long end = tensor.shape().elementCount() == 0 ? low : high + 1;
      long base = tensor.segment().address();
      long size = tensor.dtype().byteSize();
      return new Touched(what, value, tensor, base + low * size, base + end * size);
    }

    String name() {
      return what + " " + value.name();
    }

    void reachable() {
      if (!tensor.segment().scope().isAlive()) {
        throw new IllegalStateException(
            name() + ": live memory is wanted, but its arena was closed");
      }
      if (!tensor.segment().isAccessibleBy(Thread.currentThread())) {
        throw new WrongThreadException(
            name() + " lies in a confined arena of another thread; use Arena.ofShared()");
      }
    }

    void writable() {
      if (tensor.segment().isReadOnly()) {
        throw new IllegalArgumentException(name() + ": writable memory is wanted, got " + tensor);
      }
      if (tensor.overlapsItself()) {
        throw new IllegalArgumentException(
            name()
                + ": an output whose elements are apart is wanted, got "
                + tensor
                + ", a broadcast or overlapping view; use a fresh tensor");
      }
    }

    /** Addresses in an array are relative to it, so that which one it is counts too. */
    void apart(Touched other) {
      boolean meets = from < other.to && other.from < to && from < to && other.from < other.to;
      MemorySegment mine = tensor.segment();
      MemorySegment others = other.tensor.segment();
      if (meets
          && mine.isNative() == others.isNative()
          && mine.asOverlappingSlice(others).isPresent()) {
        throw new IllegalArgumentException(
            name() + ": memory apart from " + other.name() + " is wanted; copy one of them");
      }
    }
  }
}
