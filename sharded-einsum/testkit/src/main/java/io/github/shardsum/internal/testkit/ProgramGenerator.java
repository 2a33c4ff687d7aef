package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Choices;
import io.github.shardsum.testkit.Shapes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Draws a program operation by operation; used once. */
public final class ProgramGenerator {
  private static final int TRIES = 200;
  private static final int MOVES = 5;
  private static final int COMMON_KINDS = 23;

  /** Each way to move elements is a kind of its own for a swarm. */
  private static final int KINDS = COMMON_KINDS + MOVES;

  /**
   * Kinds that partitioners err in and that programs seldom have: running sums, merges and splits,
   * arg-max, and moves but for annotations.
   */
  private static final List<Integer> RARE = List.of(8, 12, 13, 23, 24, 25, 26);

  private final ValuePool pool;
  private final PointwiseGenerator pointwise;
  private final Choices choices;
  private final DType dtype;
  private final boolean exact;
  private final boolean smooth;
  private final ProgramBuilder builder;
  private final List<Value> values;
  private final List<Value> indices;
  private final List<Integer> favourites = new ArrayList<>();

  public ProgramGenerator(ValuePool pool) {
    this.pool = pool;
    this.pointwise = new PointwiseGenerator(pool);
    this.choices = pool.choices();
    this.dtype = pool.dtype();
    this.exact = pool.exact();
    this.smooth = pool.smooth();
    this.builder = pool.builder();
    this.values = pool.values();
    this.indices = pool.indices();
  }

  /**
   * Draws a program.
   *
   * @param count approximate number of operations
   * @param size the largest size of an input's label
   * @param multiple if above 1, an input's labels have this size or twice this size
   */
  public Program make(int count, int size, int multiple) {
    int inputs = 1 + choices.nextInt(3);
    List<String> names = List.of("a", "b", "c", "d");
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      sizes.add(size(size, multiple));
    }
    for (int i = 0; i < inputs; i++) {
      List<Integer> chosen =
          choices.shuffled(List.of(0, 1, 2, 3)).subList(0, 1 + choices.nextInt(3));
      ValueType type =
          ValueType.of(
              dtype,
              chosen.stream().map(names::get).toList(),
              chosen.stream().map(sizes::get).toList());
      values.add(builder.input("x" + i, type));
    }
    // The program ends when a replay has no choices left, so that fewer choices give a shorter
    // example.
    for (int tries = 0; isGoing(count) && tries < TRIES; tries++) {
      try {
        operation();
      } catch (IllegalArgumentException impossible) {
        // The draw did not fit; the next draw may.
      }
    }
    output();
    return builder.build();
  }

  private long size(int most, int multiple) {
    if (multiple > 1) {
      return multiple * choices.between(1, 2);
    }
    return smooth ? choices.between(1, most) : Shapes.size(choices, most);
  }

  private boolean isGoing(int count) {
    return pool.operations() < count && !choices.isExhausted();
  }

  private void output() {
    if (!smooth) {
      builder.output("result", pool.bounded(pool.copy(values.getLast())));
      builder.output("other", pool.copy(choices.of(values)));
      if (!pool.bools().isEmpty()) {
        builder.output("relation", pool.copy(pool.bools().getLast()));
      }
      if (!indices.isEmpty()) {
        builder.output("index", pool.copy(indices.getLast()));
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

  /** The same generator, with most operations of one to three kinds. */
  public ProgramGenerator swarm() {
    int kinds = 1 + choices.nextInt(3);
    for (int i = 0; i < kinds; i++) {
      favourites.add(choices.nextInt(3) == 0 ? choices.nextInt(KINDS) : choices.of(RARE));
    }
    return this;
  }

  private void operation() {
    boolean any = favourites.isEmpty() || choices.nextInt(4) == 0;
    int kind = any ? choices.nextInt(COMMON_KINDS) : choices.of(favourites);
    switch (kind) {
      case 0, 1, 2 -> einsum();
      case 3, 4 -> pointwise.binary();
      case 5 -> pointwise.unary();
      case 6 -> pointwise.choice();
      case 7 -> reduce();
      case 8 -> {
        Value x = pool.pick();
        pool.keep(
            builder
                .add(
                    new Contraction.CumulativeSum(
                        x, pool.label(x), choices.nextBoolean(), choices.nextBoolean()))
                .getFirst(),
            true);
      }
      case 9 -> pointwise.select();
      case 10 -> move(choices.nextInt(MOVES));
      case 11 -> window();
      case 12 -> reshape();
      case 13 -> top();
      case 14 -> oneHot();
      case 15 -> iota();
      case 16 -> ragged();
      case 17 -> scan();
      case 18 -> pointwise.convert();
      case 19 -> random();
      case 20 -> pointwise.logic();
      case 21 -> pointwise.curved();
      case 22 -> composite();
      default -> move(kind - COMMON_KINDS);
    }
  }

  private void einsum() {
    int count = 1 + choices.nextInt(3);
    List<Term> terms = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    Set<String> all = new HashSet<>();
    for (int i = 0; i < count; i++) {
      Value x = pool.pick();
      operands.add(x);
      List<String> names = new ArrayList<>(x.type().names());
      if (names.size() > 1 && choices.nextInt(6) == 0) {
        names.set(0, names.get(1));
      }
      terms.add(Term.of(names.toArray(String[]::new)));
      all.addAll(names);
    }
    List<String> output = new ArrayList<>(all);
    Collections.sort(output);
    output = choices.shuffled(output).subList(0, choices.nextInt(output.size() + 1));
    Map<String, Long> sizes = Map.of();
    if (choices.nextInt(5) == 0) {
      String more = pool.fresh();
      output.add(choices.nextInt(output.size() + 1), more);
      sizes = Map.of(more, 2L);
    }
    DType wide = dtype == DType.BF16 && choices.nextBoolean() ? DType.F32 : dtype;
    Equation equation = new Equation(terms, Term.of(output.toArray(String[]::new)));
    pool.keep(builder.convert(builder.einsum(equation, operands, wide, sizes), dtype), true);
  }

  /** A random value: in exact programs of the integers from 0 to 3. */
  private void random() {
    Value like = pool.pick();
    DType drawn = dtype.isFloating() ? dtype : DType.F64;
    Value seed = builder.constant(DType.I64, choices.nextInt(1000));
    ValueType type = like.type().withDtype(drawn);
    long stream = choices.nextInt(3);
    Value uniform = builder.random(seed, stream, type);
    if (choices.nextBoolean() && type.rank() > 0) {
      Value index = builder.iota(type.withDtype(DType.I64), pool.label(like));
      uniform = builder.uniform(seed, builder.scale(index, 3), stream, drawn);
    }
    if (!exact) {
      pool.keep(uniform, false);
      return;
    }
    Value whole = builder.unary(Pointwise.UnaryKind.FLOOR, builder.scale(uniform, 4));
    pool.keep(builder.convert(whole, dtype), false);
  }

  private void reduce() {
    Value x = pool.pick();
    Contraction.ReduceKind[] kinds = Contraction.ReduceKind.values();
    Contraction.ReduceKind kind = kinds[choices.nextInt(kinds.length)];
    String first = pool.label(x);
    boolean two = x.type().rank() > 1 && choices.nextBoolean();
    String second = pool.label(x);
    boolean extreme = kind != Contraction.ReduceKind.SUM;
    if (extreme && x.type().shape().elementCount() == 0) {
      return;
    }
    pool.keep(
        two && !first.equals(second)
            ? builder.reduce(kind, x, first, second)
            : builder.reduce(kind, x, first),
        true);
  }

  private void move(int kind) {
    Value x = pool.pick();
    String label = pool.label(x);
    long size = x.type().size(label);
    switch (kind) {
      case 4 -> pool.keep(annotated(x, label), false);
      case 0 -> {
        long from = size == 0 ? 0 : choices.nextInt((int) size);
        pool.keep(
            builder
                .add(new Movement.Slice(x, label, from, size, 1 + choices.nextInt(2)))
                .getFirst(),
            false);
      }
      case 1 ->
          pool.keep(
              builder
                  .add(
                      new Movement.Pad(
                          x,
                          label,
                          choices.nextInt(2),
                          choices.nextInt(3),
                          choices.nextInt(2),
                          Scalar.of(dtype, 2)))
                  .getFirst(),
              false);
      case 2 -> pool.keep(builder.shift(x, label, choices.nextInt(5) - 2, 1), false);
      default -> pool.keep(builder.concatenate(label, x, choices.of(joining(x, label))), false);
    }
  }

  /** The values that can be concatenated with a value, which is the first one. */
  private List<Value> joining(Value x, String label) {
    List<Value> joining = new ArrayList<>(List.of(x));
    for (Value value : values) {
      boolean fits = value.type().names().equals(x.type().names());
      for (String name : x.type().names()) {
        fits = fits && (name.equals(label) || value.type().size(name) == x.type().size(name));
      }
      if (fits) {
        joining.add(value);
      }
    }
    return joining;
  }

  /** Uses {@code add} and not {@code annotate}, since later draws may leave the value unused. */
  private Value annotated(Value x, String label) {
    LabelSpec spec = new LabelSpec(label, List.of("x"), choices.nextBoolean());
    Annotation annotation = new Annotation(List.of(spec), Set.of(), choices.nextInt(2));
    return builder.add(new Movement.Annotate(x, annotation)).getFirst();
  }

  private void window() {
    Value x = pool.pick();
    pool.keep(
        builder
            .add(
                new Movement.Window(
                    x,
                    pool.label(x),
                    pool.fresh(),
                    1 + choices.nextInt(3),
                    1 + choices.nextInt(2),
                    1 + choices.nextInt(2)))
            .getFirst(),
        false);
  }

  private void reshape() {
    Value x = pool.pick();
    List<String> names = x.type().names();
    if (choices.nextBoolean() && names.size() > 1) {
      int from = choices.nextInt(names.size() - 1);
      pool.keep(
          builder.merge(x, pool.fresh(), names.subList(from, from + 2).toArray(String[]::new)),
          false);
      return;
    }
    String label = pool.label(x);
    long size = x.type().size(label);
    long outer = size % 2 == 0 && size > 0 ? 2 : 1;
    pool.keep(builder.split(x, label, pool.fresh(), outer, pool.fresh()), false);
  }

  private void top() {
    Value x = pool.pick();
    String label = pool.label(x);
    long k = Math.min(2, x.type().size(label));
    List<Value> both = builder.topK(x, label, k, pool.fresh());
    pool.keep(both.getFirst(), false);
    if (!pool.tooLarge(both.getLast())) {
      indices.add(both.getLast());
    }
    if (x.type().size(label) > 0) {
      indices.add(builder.argMax(x, label));
      pool.count();
    }
  }

  private void oneHot() {
    if (!indices.isEmpty()) {
      Value index = choices.of(indices);
      pool.keep(builder.oneHot(index, pool.fresh(), 2 + choices.nextInt(2), dtype), false);
    }
  }

  private void iota() {
    Value x = pool.pick();
    if (x.type().rank() > 0) {
      pool.keep(builder.add(new Source.Iota(x.type(), pool.label(x))).getFirst(), true);
    }
  }

  private void ragged() {
    Value x = pool.pick();
    ValueType lengths = ValueType.scalar(DType.I32);
    pool.keep(
        builder.ragged(x, builder.constant(lengths, choices.nextInt(4)), pool.label(x), 1), false);
  }

  private void scan() {
    Value x = pool.pick();
    Value y = pool.pick();
    Value z = pool.pick();
    boolean reads = z.type().rank() > 0 && x.type().axis(z.type().names().getFirst()) < 0;
    List<String> names = z.type().names();
    ProgramBuilder body = Program.builder("round");
    Value carried = body.input("carried", x.type());
    Value sum = carried;
    if (reads) {
      List<Long> sizes = z.type().sizes();
      ValueType one =
          ValueType.of(dtype, names.subList(1, names.size()), sizes.subList(1, sizes.size()));
      sum = body.add(sum, summed(body, body.input("each", one), x));
    }
    sum = body.add(sum, summed(body, body.input("invariant", y.type()), x));
    Value small =
        exact
            ? body.binary(Pointwise.BinaryKind.REMAINDER, sum, body.constant(dtype, 5))
            : body.unary(Pointwise.UnaryKind.TANH, sum);
    body.output("next", small);
    body.output("negative", body.negate(small));
    List<Value> results =
        builder.add(
            new Nested.Scan(
                reads ? z.type().sizes().getFirst() : choices.nextInt(4),
                reads ? names.getFirst() : pool.fresh(),
                choices.nextBoolean(),
                body.build(),
                List.of(x),
                reads ? List.of(z) : List.of(),
                List.of(y)));
    pool.keep(results.getFirst(), false);
    pool.keep(results.getLast(), false);
  }

  /** A value, summed over the labels that another value does not have. */
  private static Value summed(ProgramBuilder body, Value value, Value like) {
    List<String> labels = new ArrayList<>(value.type().names());
    labels.removeAll(like.type().names());
    return body.sum(value, labels.toArray(String[]::new));
  }

  private void composite() {
    Value x = pool.pick();
    ProgramBuilder inner = Program.builder("twice");
    Value in = inner.input("x", x.type());
    inner.output("doubled", inner.add(in, in));
    pool.keep(
        builder
            .add(
                Nested.Composite.of(
                    "test.twice", Map.of("times", "2"), List.of(x), inner.build(), List.of()))
            .getFirst(),
        true);
  }
}
