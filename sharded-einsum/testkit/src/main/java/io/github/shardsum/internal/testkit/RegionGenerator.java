package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Choices;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Draws programs with manual regions; not thread-safe. */
public final class RegionGenerator {
  private static final List<String> LABELS = List.of("i", "j", "k");
  private static final int TRIES = 60;

  private final Choices choices;
  private final DType dtype;
  private final List<MeshAxis> axes;
  private final boolean smooth;
  private final boolean ofProducts;

  /**
   * A generator that draws all operations equally often.
   *
   * @param choices the source of random decisions
   * @param dtype dtype of inputs, not bool
   * @param axes axes of the mesh; a region has some of these
   * @param smooth whether every operation has a derivative everywhere
   */
  public RegionGenerator(Choices choices, DType dtype, List<MeshAxis> axes, boolean smooth) {
    this(choices, dtype, axes, smooth, false);
  }

  /**
   * A generator.
   *
   * @param choices the source of random decisions
   * @param dtype dtype of inputs, not bool
   * @param axes axes of the mesh; a region has some of these
   * @param smooth whether every operation has a derivative everywhere
   * @param ofProducts whether every second operation is an einsum
   */
  public RegionGenerator(
      Choices choices, DType dtype, List<MeshAxis> axes, boolean smooth, boolean ofProducts) {
    this.ofProducts = ofProducts;
    this.choices = choices;
    this.dtype = dtype;
    this.axes = List.copyOf(axes);
    this.smooth = smooth;
  }

  /**
   * Draws a program.
   *
   * @param operations approximate number of operations in all bodies of the program's regions
   */
  public Program make(int operations) {
    ProgramBuilder p = Program.builder("regions");
    List<Value> known = new ArrayList<>();
    long all = axes.stream().mapToLong(MeshAxis::size).reduce(1, (a, b) -> a * b);
    for (int i = 0; i < 2 + choices.nextInt(2); i++) {
      List<String> labels = choices.shuffled(LABELS).subList(0, 1 + choices.nextInt(2));
      List<Long> sizes = labels.stream().map(label -> all * (label.equals("k") ? 2 : 1)).toList();
      known.add(p.input("x" + i, ValueType.of(dtype, labels, sizes)));
    }
    int regions = 1 + choices.nextInt(2);
    List<Value> last = List.of();
    for (int i = 0; i < regions; i++) {
      few(p, known, 1 + choices.nextInt(2), List.of(), axes);
      last = region(p, known, axes, List.of(), Math.max(2, operations / regions));
      known.addAll(last);
    }
    few(p, known, 1, List.of(), axes);
    last.forEach(p::output);
    p.output("result", scalar(p, known.getLast()));
    return p.build();
  }

  /** The sum of all elements. */
  private Value scalar(ProgramBuilder p, Value x) {
    Value like = p.convert(x, dtype);
    return p.sum(p.multiply(like, like), x.type().names().toArray(String[]::new));
  }

  /** A region over some axes, whose results may be any of the body's values. */
  private List<Value> region(
      ProgramBuilder p,
      List<Value> known,
      List<MeshAxis> free,
      List<MeshAxis> around,
      int operations) {
    List<MeshAxis> own = choices.shuffled(free).subList(0, 1 + choices.nextInt(free.size()));
    List<MeshAxis> left = free.stream().filter(axis -> !own.contains(axis)).toList();
    List<MeshAxis> inside = new ArrayList<>(around);
    inside.addAll(own);
    List<Value> operands = new ArrayList<>();
    List<Term> in = new ArrayList<>();
    for (int i = 0; i < 1 + choices.nextInt(3); i++) {
      Value operand = choices.of(known);
      operands.add(operand);
      in.add(split(operand.type(), own));
    }
    ProgramBuilder body = Program.builder("region");
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      values.add(body.input("in" + i, part(operands.get(i).type(), in.get(i), own)));
    }
    for (int i = 0; i < operations; i++) {
      if (!left.isEmpty() && operations > 2 && choices.nextInt(8) == 0) {
        values.addAll(region(body, values, left, inside, operations / 2));
      } else {
        few(body, values, 1, inside, left);
      }
    }
    List<Term> out = new ArrayList<>();
    for (int i = 0; i < 1 + choices.nextInt(2); i++) {
      Value output = values.get(values.size() - 1 - choices.nextInt(Math.min(3, values.size())));
      body.output(output);
      out.add(covered(output, own));
    }
    Program program = body.build();
    return p.add(new Nested.Manual(own, program, operands, in, out));
  }

  /** A term in which each axis splits a label whose size it divides, or no label. */
  private Term split(ValueType type, List<MeshAxis> own) {
    List<List<String>> of = new ArrayList<>();
    List<Long> sizes = new ArrayList<>(type.sizes());
    type.names().forEach(_ -> of.add(new ArrayList<>()));
    for (MeshAxis axis : own) {
      int dim = choices.nextInt(type.rank() + 1);
      if (dim < type.rank() && sizes.get(dim) % axis.size() == 0) {
        of.get(dim).add(axis.name());
        sizes.set(dim, sizes.get(dim) / axis.size());
      }
    }
    return term(type, of, List.of());
  }

  private static Term term(ValueType type, List<List<String>> of, List<String> partial) {
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      dims.add(new Axis(type.names().get(dim), of.get(dim)));
    }
    return new Term(dims, partial);
  }

  private static ValueType part(ValueType type, Term term, List<MeshAxis> own) {
    List<Long> sizes = new ArrayList<>(type.sizes());
    for (MeshAxis axis : own) {
      for (int dim = 0; dim < type.rank(); dim++) {
        if (term.axis(dim).mesh().contains(axis.name())) {
          sizes.set(dim, sizes.get(dim) / axis.size());
        }
      }
    }
    return ValueType.of(type.dtype(), type.names(), sizes);
  }

  /**
   * A term in which each axis splits a label or is summed over, so that the output may differ along
   * every axis.
   */
  private Term covered(Value output, List<MeshAxis> own) {
    ValueType type = output.type();
    List<List<String>> of = new ArrayList<>();
    List<String> partial = new ArrayList<>();
    type.names().forEach(_ -> of.add(new ArrayList<>()));
    for (MeshAxis axis : own) {
      int dim = choices.nextInt(type.rank() + (type.dtype() == DType.BOOL ? 0 : 1));
      (dim < type.rank() ? of.get(dim) : partial).add(axis.name());
    }
    return term(type, of, partial);
  }

  /**
   * Adds operations on known values.
   *
   * @param inside axes of the surrounding regions
   * @param left the other axes of the mesh
   */
  private void few(
      ProgramBuilder p, List<Value> known, int count, List<MeshAxis> inside, List<MeshAxis> left) {
    for (int tries = 0, made = 0; made < count && tries < TRIES; tries++) {
      Optional<Operation> operation = draw(p, known, inside, left);
      if (operation.isPresent()) {
        try {
          Value result = p.add(operation.get()).getLast();
          if (result.type().shape().elementCount() <= 4096) {
            known.add(result);
            made++;
          }
        } catch (ProgramException misfit) {
          // Sizes did not divide; another operation is drawn.
        }
      }
    }
  }

  private Optional<Operation> draw(
      ProgramBuilder p, List<Value> known, List<MeshAxis> inside, List<MeshAxis> left) {
    Value x = choices.nextInt(3) == 0 ? choices.of(known) : known.getLast();
    String label = x.type().rank() == 0 ? "" : choices.of(x.type().names());
    if (x.type().rank() > 0 && !left.isEmpty() && choices.nextInt(12) == 0) {
      List<String> axis = List.of(choices.of(left).name());
      LabelSpec split = new LabelSpec(label, axis, choices.nextBoolean());
      return Optional.of(new Movement.Annotate(x, new Annotation(List.of(split), Set.of(), 0)));
    }
    if (ofProducts && choices.nextBoolean()) {
      return einsum(x, choices.of(known));
    }
    int kind = choices.nextInt(inside.isEmpty() ? 6 : 16);
    if (kind >= 6) {
      return communication(p, x, label, kind - 6, inside);
    }
    boolean ragged = x.type().rank() > 0;
    return switch (kind) {
      case 0, 1 -> binary(x, choices.of(known));
      case 2 -> einsum(x, choices.of(known));
      case 3 ->
          Optional.of(
              smooth
                  ? new Pointwise.Unary(Pointwise.UnaryKind.TANH, x)
                  : new Pointwise.Unary(Pointwise.UnaryKind.NEGATE, x));
      case 4 ->
          ragged && x.type().rank() > 1
              ? Optional.of(new Contraction.Reduce(ReduceKind.SUM, x, List.of(label)))
              : Optional.empty();
      default ->
          ragged
              ? Optional.of(
                  new Movement.Shift(x, label, choices.between(-1, 1), zero(x.type().dtype())))
              : Optional.empty();
    };
  }

  private static Scalar zero(DType dtype) {
    return dtype.isFloating() ? new Scalar.Real(0) : new Scalar.Whole(0);
  }

  private Optional<Operation> binary(Value x, Value y) {
    Pointwise.BinaryKind kind =
        choices.of(
            List.of(
                Pointwise.BinaryKind.ADD,
                Pointwise.BinaryKind.SUBTRACT,
                Pointwise.BinaryKind.MULTIPLY));
    return Optional.of(new Pointwise.Binary(kind, x, y));
  }

  /** Draws a product that is summed over a label of both operands. */
  private Optional<Operation> einsum(Value x, Value y) {
    List<String> both = x.type().names().stream().filter(y.type().names()::contains).toList();
    if (both.isEmpty()) {
      return Optional.empty();
    }
    String summed = choices.of(both);
    List<String> out = new ArrayList<>(x.type().names());
    y.type().names().stream().filter(name -> !out.contains(name)).forEach(out::add);
    out.remove(summed);
    Equation equation =
        new Equation(List.of(term(x), term(y)), Term.of(out.toArray(String[]::new)));
    return Optional.of(new Contraction.Einsum(equation, List.of(x, y), x.type().dtype(), Map.of()));
  }

  private static Term term(Value value) {
    return Term.of(value.type().names().toArray(String[]::new));
  }

  private Optional<Operation> communication(
      ProgramBuilder p, Value x, String label, int kind, List<MeshAxis> inside) {
    List<MeshAxis> over = choices.shuffled(inside).subList(0, 1 + choices.nextInt(inside.size()));
    boolean scalar = x.type().rank() == 0;
    boolean flat = x.type().rank() < 2;
    return switch (kind) {
      case 0 -> Optional.of(new Communication.AllReduce(x, ReduceKind.SUM, over));
      case 1 ->
          Optional.of(
              new Communication.AllReduce(
                  x,
                  smooth ? ReduceKind.SUM : choices.of(List.of(ReduceKind.MAX, ReduceKind.MIN)),
                  over));
      case 2 ->
          scalar ? Optional.empty() : Optional.of(new Communication.AllGather(x, label, over));
      case 3 ->
          scalar ? Optional.empty() : Optional.of(new Communication.ReduceScatter(x, label, over));
      case 4 -> {
        if (flat) {
          yield Optional.empty();
        }
        List<String> two = choices.shuffled(x.type().names());
        yield Optional.of(new Communication.AllToAll(x, two.get(0), two.get(1), over));
      }
      case 5 -> Optional.of(new Communication.Permute(x, over, routes(over)));
      case 6 -> scalar ? Optional.empty() : Optional.of(new Communication.OwnChunk(x, label, over));
      case 7 -> {
        MeshAxis axis = choices.of(over);
        Value index = p.add(new Communication.AxisIndex(axis)).getFirst();
        yield Optional.of(
            new Pointwise.Binary(
                Pointwise.BinaryKind.MULTIPLY, x, p.convert(index, x.type().dtype())));
      }
      default -> scan(x, over);
    };
  }

  private Routes routes(List<MeshAxis> over) {
    int members = over.stream().mapToInt(MeshAxis::size).reduce(1, (a, b) -> a * b);
    if (choices.nextBoolean()) {
      return new Routes.Shift(choices.between(-2, 2), choices.nextBoolean());
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      all.add(i);
    }
    List<Integer> from = choices.shuffled(all);
    List<Integer> to = choices.shuffled(all);
    List<Routes.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < choices.nextInt(members + 1); i++) {
      pairs.add(new Routes.Pair(from.get(i), to.get(i)));
    }
    return new Routes.Pairs(pairs);
  }

  /** Draws a scan in which members pass on their carried values in each round. */
  private Optional<Operation> scan(Value x, List<MeshAxis> over) {
    ProgramBuilder round = Program.builder("round");
    Value carried = round.input("carried", x.type().withoutLayout());
    Value sum = round.input("sum", x.type().withoutLayout());
    Value same = round.input("same", x.type().withoutLayout());
    Value next =
        round.add(new Communication.Permute(carried, over, new Routes.Shift(1, true))).getFirst();
    round.output(next);
    round.output("total", round.add(sum, round.multiply(next, same)));
    round.output("stacked", round.allReduce(carried, ReduceKind.SUM, text(over)));
    return Optional.of(
        new Nested.Scan(
            2 + choices.nextInt(2),
            "rounds",
            choices.nextBoolean(),
            round.build(),
            List.of(x, x),
            List.of(),
            List.of(x)));
  }

  private static String text(List<MeshAxis> over) {
    return over.stream().map(MeshAxis::toString).collect(Collectors.joining(" "));
  }
}
