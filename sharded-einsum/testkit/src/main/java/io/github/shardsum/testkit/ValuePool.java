package io.github.shardsum.testkit;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The values that a drawn program has so far, of which its next operation takes some. */
final class ValuePool {
  private final Choices choices;
  private final DType dtype;
  private final boolean exact;
  private final boolean smooth;
  private final ProgramBuilder builder = Program.builder("random");
  private final List<Value> values = new ArrayList<>();
  private final List<Value> indices = new ArrayList<>();
  private final List<Value> bools = new ArrayList<>();
  private int labels;
  private int operations;

  ValuePool(Choices choices, DType dtype, boolean exact, boolean smooth) {
    this.choices = choices;
    this.dtype = dtype;
    this.exact = exact;
    this.smooth = smooth;
  }

  Choices choices() {
    return choices;
  }

  DType dtype() {
    return dtype;
  }

  boolean exact() {
    return exact;
  }

  boolean smooth() {
    return smooth;
  }

  ProgramBuilder builder() {
    return builder;
  }

  List<Value> values() {
    return values;
  }

  List<Value> indices() {
    return indices;
  }

  List<Value> bools() {
    return bools;
  }

  int operations() {
    return operations;
  }

  void count() {
    operations++;
  }

  Value copy(Value value) {
    Term term = Term.of(value.type().names().toArray(String[]::new));
    return builder.einsum(new Equation(List.of(term), term), List.of(value), Map.of());
  }

  Value pick() {
    return choices.of(values);
  }

  String label(Value value) {
    List<String> names = value.type().names();
    return names.isEmpty() ? "none" : choices.of(names);
  }

  String fresh() {
    return "n" + labels++;
  }

  boolean tooLarge(Value value) {
    return value.type().shape().elementCount() > 400 || value.type().rank() > 5;
  }

  Value bounded(Value value) {
    if (exact) {
      Value small =
          builder.binary(Pointwise.BinaryKind.REMAINDER, value, builder.constant(dtype, 5));
      count();
      return small;
    }
    return smooth ? builder.unary(Pointwise.UnaryKind.TANH, value) : value;
  }

  void keep(Value value, boolean grows) {
    count();
    if (!tooLarge(value)) {
      values.add(grows ? bounded(value) : value);
    }
  }
}
