package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Random valid programs of one dtype and small sizes, empty labels among them, with inputs. In
 * exact ones every value is a small integer, so that arithmetic is exact in any order.
 */
public final class RandomPrograms {
  private static final int TRIES = 200;

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

  private RandomPrograms(long seed, DType dtype, boolean exact, boolean smooth) {
    this.random = new Random(seed);
    this.dtype = dtype;
    this.exact = exact;
    this.smooth = smooth;
  }

  /** A program of some operations whose values stay small integers. */
  public static Program exact(long seed, DType dtype, int operations) {
    return new RandomPrograms(seed, dtype, true, false).make(operations);
  }

  /** A program of some operations on real numbers. */
  public static Program real(long seed, DType dtype, int operations) {
    return new RandomPrograms(seed, dtype, false, false).make(operations);
  }

  /** A program that has a derivative everywhere; its one output is a scalar. */
  public static Program smooth(long seed, int operations) {
    return new RandomPrograms(seed, DType.F64, false, true).make(operations);
  }

  /** Inputs of a program. */
  public static List<Tensor> inputs(Program program, long seed, boolean exact) {
    Random random = new Random(seed);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      ValueType type = input.type();
      int count = (int) type.shape().elementCount();
      double[] data = new double[count];
      Arrays.setAll(
          data,
          _ ->
              exact || !type.dtype().isFloating()
                  ? random.nextInt(7) - 3
                  : random.nextDouble() + 0.5);
      inputs.add(Tensor.of(data, type.shape().toArray()).convert(type.dtype()));
    }
    return inputs;
  }

  private Program make(int count) {
    int inputs = 1 + random.nextInt(3);
    List<String> names = List.of("a", "b", "c", "d");
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      sizes.add(random.nextInt(12) == 0 && !smooth ? 0L : 1L + random.nextInt(4));
    }
    for (int i = 0; i < inputs; i++) {
      List<Integer> chosen = new ArrayList<>(List.of(0, 1, 2, 3));
      Collections.shuffle(chosen, random);
      chosen = chosen.subList(0, 1 + random.nextInt(3));
      ValueType type =
          ValueType.of(
              dtype,
              chosen.stream().map(names::get).toList(),
              chosen.stream().map(sizes::get).toList());
      values.add(builder.input("x" + i, type));
    }
    for (int tries = 0; operations < count && tries < TRIES; tries++) {
      try {
        operation();
      } catch (IllegalArgumentException impossible) {
        // The draw did not fit; another will.
      }
    }
    output();
    return builder.build();
  }

  private void output() {
    if (!smooth) {
      builder.output("result", bounded(copy(values.getLast())));
      builder.output("other", copy(values.get(random.nextInt(values.size()))));
      if (!bools.isEmpty()) {
        builder.output("relation", copy(bools.getLast()));
      }
      if (!indices.isEmpty()) {
        builder.output("index", copy(indices.getLast()));
      }
      return;
    }
    Value sum = builder.constant(dtype, 0);
    for (Value value : values) {
      Value bounded = builder.unary(Pointwise.UnaryKind.SINE, value);
      sum = builder.add(sum, builder.sum(bounded, value.type().names().toArray(String[]::new)));
    }
    builder.output("result", sum);
  }

  private Value copy(Value value) {
    Term term = Terms.of(value.type().names());
    return builder.einsum(new Equation(List.of(term), term), List.of(value), Map.of());
  }

  private Value pick() {
    return values.get(random.nextInt(values.size()));
  }

  private String label(Value value) {
    List<String> names = value.type().names();
    return names.isEmpty() ? "none" : names.get(random.nextInt(names.size()));
  }

  private String fresh() {
    return "n" + labels++;
  }

  private boolean tooLarge(Value value) {
    return value.type().shape().elementCount() > 400 || value.type().rank() > 5;
  }

  private Value bounded(Value value) {
    if (exact) {
      Value small =
          builder.binary(Pointwise.BinaryKind.REMAINDER, value, builder.constant(dtype, 5));
      operations++;
      return small;
    }
    return smooth ? builder.unary(Pointwise.UnaryKind.TANH, value) : value;
  }

  private void keep(Value value, boolean grows) {
    operations++;
    if (!tooLarge(value)) {
      values.add(grows ? bounded(value) : value);
    }
  }

  private void operation() {
    switch (random.nextInt(19)) {
      case 0, 1, 2 -> einsum();
      case 3, 4 -> binary();
      case 5 -> unary();
      case 6 -> choice();
      case 7 -> reduce();
      case 8 -> {
        Value x = pick();
        keep(
            builder
                .add(
                    new Contraction.CumulativeSum(
                        x, label(x), random.nextBoolean(), random.nextBoolean()))
                .getFirst(),
            true);
      }
      case 9 -> select();
      case 10 -> move();
      case 11 -> window();
      case 12 -> reshape();
      case 13 -> top();
      case 14 -> oneHot();
      case 15 -> iota();
      case 16 -> ragged();
      case 17 -> loop();
      default -> composite();
    }
  }

  private void einsum() {
    int count = 1 + random.nextInt(3);
    List<Term> terms = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    Set<String> all = new HashSet<>();
    for (int i = 0; i < count; i++) {
      Value x = pick();
      operands.add(x);
      List<String> names = new ArrayList<>(x.type().names());
      if (names.size() > 1 && random.nextInt(6) == 0) {
        names.set(0, names.get(1));
      }
      terms.add(Terms.of(names));
      all.addAll(names);
    }
    List<String> output = new ArrayList<>(all);
    Collections.sort(output);
    Collections.shuffle(output, random);
    output = new ArrayList<>(output.subList(0, random.nextInt(output.size() + 1)));
    Map<String, Long> sizes = Map.of();
    if (random.nextInt(5) == 0) {
      String more = fresh();
      output.add(random.nextInt(output.size() + 1), more);
      sizes = Map.of(more, 2L);
    }
    keep(builder.einsum(new Equation(terms, Terms.of(output)), operands, sizes), true);
  }

  private void binary() {
    List<Pointwise.BinaryKind> kinds =
        new ArrayList<>(
            List.of(
                Pointwise.BinaryKind.ADD,
                Pointwise.BinaryKind.SUBTRACT,
                Pointwise.BinaryKind.MULTIPLY,
                Pointwise.BinaryKind.MAXIMUM,
                Pointwise.BinaryKind.MINIMUM));
    if (!dtype.isFloating()) {
      kinds.add(Pointwise.BinaryKind.DIVIDE);
      kinds.add(Pointwise.BinaryKind.REMAINDER);
    }
    Value x = pick();
    Value y = random.nextInt(4) == 0 ? builder.constant(dtype, random.nextInt(5) - 2) : pick();
    keep(builder.binary(kinds.get(random.nextInt(kinds.size())), x, y), true);
  }

  private void unary() {
    List<Pointwise.UnaryKind> kinds =
        new ArrayList<>(
            List.of(Pointwise.UnaryKind.NEGATE, Pointwise.UnaryKind.ABS, Pointwise.UnaryKind.RELU));
    if (!smooth) {
      kinds.add(Pointwise.UnaryKind.SIGN);
    }
    if (!exact) {
      kinds.addAll(
          List.of(
              Pointwise.UnaryKind.TANH,
              Pointwise.UnaryKind.LOGISTIC,
              Pointwise.UnaryKind.SINE,
              Pointwise.UnaryKind.COSINE));
    }
    keep(builder.unary(kinds.get(random.nextInt(kinds.size())), pick()), false);
  }

  private void choice() {
    if (smooth) {
      Value x = pick();
      keep(builder.softmax(x, label(x)), false);
      return;
    }
    Pointwise.Comparison[] relations = Pointwise.Comparison.values();
    Value made = builder.compare(relations[random.nextInt(relations.length)], pick(), pick());
    operations++;
    if (!tooLarge(made)) {
      bools.add(made);
    }
  }

  private void reduce() {
    Value x = pick();
    Contraction.ReduceKind[] kinds = Contraction.ReduceKind.values();
    Contraction.ReduceKind kind = kinds[random.nextInt(kinds.length)];
    String first = label(x);
    boolean two = x.type().rank() > 1 && random.nextBoolean();
    String second = label(x);
    boolean extreme = kind != Contraction.ReduceKind.SUM;
    if (extreme && x.type().shape().elementCount() == 0) {
      return;
    }
    keep(
        two && !first.equals(second)
            ? builder.reduce(kind, x, first, second)
            : builder.reduce(kind, x, first),
        true);
  }

  private void select() {
    if (!bools.isEmpty()) {
      keep(builder.select(bools.get(random.nextInt(bools.size())), pick(), pick()), false);
    }
  }

  private void move() {
    Value x = pick();
    String label = label(x);
    long size = x.type().size(label);
    switch (random.nextInt(4)) {
      case 0 -> {
        long from = size == 0 ? 0 : random.nextInt((int) size);
        keep(
            builder.add(new Movement.Slice(x, label, from, size, 1 + random.nextInt(2))).getFirst(),
            false);
      }
      case 1 ->
          keep(
              builder
                  .add(
                      new Movement.Pad(
                          x,
                          label,
                          random.nextInt(2),
                          random.nextInt(3),
                          random.nextInt(2),
                          Scalar.of(dtype, 2)))
                  .getFirst(),
              false);
      case 2 -> keep(builder.shift(x, label, random.nextInt(5) - 2, 1), false);
      default -> keep(builder.concatenate(label, x, pick()), false);
    }
  }

  private void window() {
    Value x = pick();
    keep(
        builder
            .add(
                new Movement.Window(
                    x,
                    label(x),
                    fresh(),
                    1 + random.nextInt(3),
                    1 + random.nextInt(2),
                    1 + random.nextInt(2)))
            .getFirst(),
        false);
  }

  private void reshape() {
    Value x = pick();
    List<String> names = x.type().names();
    if (random.nextBoolean() && names.size() > 1) {
      int from = random.nextInt(names.size() - 1);
      keep(builder.merge(x, fresh(), names.subList(from, from + 2).toArray(String[]::new)), false);
      return;
    }
    String label = label(x);
    long size = x.type().size(label);
    long outer = size % 2 == 0 && size > 0 ? 2 : 1;
    keep(builder.split(x, label, fresh(), outer, fresh()), false);
  }

  private void top() {
    Value x = pick();
    String label = label(x);
    long k = Math.min(2, x.type().size(label));
    List<Value> both = builder.topK(x, label, k, fresh());
    keep(both.getFirst(), false);
    if (!tooLarge(both.getLast())) {
      indices.add(both.getLast());
    }
    if (x.type().size(label) > 0) {
      indices.add(builder.argMax(x, label));
      operations++;
    }
  }

  private void oneHot() {
    if (!indices.isEmpty()) {
      Value index = indices.get(random.nextInt(indices.size()));
      keep(builder.oneHot(index, fresh(), 2 + random.nextInt(2), dtype), false);
    }
  }

  private void iota() {
    Value x = pick();
    if (x.type().rank() > 0) {
      keep(builder.add(new Source.Iota(x.type(), label(x))).getFirst(), true);
    }
  }

  private void ragged() {
    Value x = pick();
    ValueType lengths = ValueType.scalar(DType.I32);
    keep(builder.ragged(x, builder.constant(lengths, random.nextInt(4)), label(x), 1), false);
  }

  private void loop() {
    Value x = pick();
    Value y = pick();
    ProgramBuilder body = Program.builder("round");
    Value carried = body.input("carried", x.type());
    Value invariant = body.input("invariant", y.type());
    List<String> sum = new ArrayList<>(y.type().names());
    sum.removeAll(x.type().names());
    Value added = body.add(carried, body.sum(invariant, sum.toArray(String[]::new)));
    Value small =
        exact
            ? body.binary(Pointwise.BinaryKind.REMAINDER, added, body.constant(dtype, 5))
            : body.unary(Pointwise.UnaryKind.TANH, added);
    body.output("next", small);
    body.output("each", body.negate(small));
    List<Value> results =
        builder.add(
            new Nested.Loop(
                random.nextInt(4),
                fresh(),
                random.nextBoolean(),
                body.build(),
                List.of(x),
                List.of(),
                List.of(y)));
    keep(results.getFirst(), false);
    keep(results.getLast(), false);
  }

  private void composite() {
    Value x = pick();
    ProgramBuilder inner = Program.builder("twice");
    Value in = inner.input("x", x.type());
    inner.output("doubled", inner.add(in, in));
    keep(
        builder
            .add(
                Nested.Composite.of(
                    "test.twice", Map.of("times", "2"), List.of(x), inner.build(), List.of()))
            .getFirst(),
        true);
  }
}
