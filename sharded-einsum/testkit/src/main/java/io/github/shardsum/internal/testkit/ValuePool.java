package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Choices;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The values that a drawn program has so far; the next operation reads some of these. */
public final class ValuePool {
  private final Choices choices;
  private final DType dtype;
  private final boolean exact;
  private final boolean smooth;
  private final boolean wraps;
  private final ProgramBuilder builder = Program.builder("random");
  private final List<Value> values = new ArrayList<>();
  private final List<Value> indices = new ArrayList<>();
  private final List<Value> bools = new ArrayList<>();
  private int labels;
  private int operations;

  public ValuePool(Choices choices, DType dtype, boolean exact, boolean smooth) {
    this(choices, dtype, exact, smooth, false);
  }

  private ValuePool(Choices choices, DType dtype, boolean exact, boolean smooth, boolean wraps) {
    this.choices = choices;
    this.dtype = dtype;
    this.exact = exact;
    this.smooth = smooth;
    this.wraps = wraps;
  }

  /** A pool of integers of any size, which wrap, so that sums are exact in any order. */
  public static ValuePool wrapping(Choices choices, DType dtype) {
    return new ValuePool(choices, dtype, true, false, true);
  }

  public Choices choices() {
    return choices;
  }

  public DType dtype() {
    return dtype;
  }

  public boolean exact() {
    return exact;
  }

  public boolean smooth() {
    return smooth;
  }

  public ProgramBuilder builder() {
    return builder;
  }

  public List<Value> values() {
    return values;
  }

  public List<Value> indices() {
    return indices;
  }

  public List<Value> bools() {
    return bools;
  }

  public int operations() {
    return operations;
  }

  public void count() {
    operations++;
  }

  public Value copy(Value value) {
    Term term = Term.of(value.type().names().toArray(String[]::new));
    return builder.einsum(new Equation(List.of(term), term), List.of(value), Map.of());
  }

  public Value pick() {
    return choices.of(values);
  }

  public String label(Value value) {
    List<String> names = value.type().names();
    return names.isEmpty() ? "none" : choices.of(names);
  }

  public String fresh() {
    return "n" + labels++;
  }

  public boolean tooLarge(Value value) {
    return value.type().shape().elementCount() > 400 || value.type().rank() > 5;
  }

  public Value bounded(Value value) {
    if (wraps) {
      return value;
    }
    if (exact) {
      Value small =
          builder.binary(Pointwise.BinaryKind.REMAINDER, value, builder.constant(dtype, 5));
      count();
      return small;
    }
    return smooth ? builder.unary(Pointwise.UnaryKind.TANH, value) : value;
  }

  public void keep(Value value, boolean grows) {
    count();
    if (!tooLarge(value)) {
      values.add(grows ? bounded(value) : value);
    }
  }
}
