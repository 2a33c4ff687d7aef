package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.Terms;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The values that a random program has so far, of which its next operation takes some. */
final class RandomValues {
  private final Random random;
  private final DType dtype;
  private final boolean exact;
  private final boolean smooth;
  private final ProgramBuilder builder = Program.builder("random");
  private final List<Value> values = new ArrayList<>();
  private final List<Value> indices = new ArrayList<>();
  private final List<Value> bools = new ArrayList<>();
  private int labels;
  private int operations;

  private RandomValues(Random random, DType dtype, boolean exact, boolean smooth) {
    this.random = random;
    this.dtype = dtype;
    this.exact = exact;
    this.smooth = smooth;
  }

  static RandomValues of(long seed, DType dtype, boolean exact, boolean smooth) {
    return new RandomValues(new Random(seed), dtype, exact, smooth);
  }

  Random random() {
    return random;
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
    Term term = Terms.of(value.type().names());
    return builder.einsum(new Equation(List.of(term), term), List.of(value), Map.of());
  }

  Value pick() {
    return values.get(random.nextInt(values.size()));
  }

  String label(Value value) {
    List<String> names = value.type().names();
    return names.isEmpty() ? "none" : names.get(random.nextInt(names.size()));
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
