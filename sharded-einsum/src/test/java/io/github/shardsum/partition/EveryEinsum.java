package io.github.shardsum.partition;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An einsum of two operands and the least that it costs in any way: every mesh axis on every label,
 * kept as a partial sum or unused, in every order, with the cheapest of all reshards.
 */
final class EveryEinsum {
  static final List<String> MESHES = List.of("x=2,y=2", "x=2,y=4", "x=3,y=2", "x=8,y=2", "x=6");
  private static final List<String> LABELS = List.of("a", "b", "c", "d");

  private final Mesh mesh;
  private final Equation equation;
  private final Map<String, Long> sizes;
  private final List<String> labels;
  private final DType dtype;
  private double least = Double.POSITIVE_INFINITY;

  private EveryEinsum(Mesh mesh, Equation equation, Map<String, Long> sizes, DType dtype) {
    this.dtype = dtype;
    this.mesh = mesh;
    this.equation = equation;
    this.sizes = sizes;
    this.labels = List.copyOf(new LinkedHashSet<>(equation.labels()));
  }

  /** An equation on a mesh, with the sizes of its labels as they first occur. */
  static EveryEinsum of(String equation, Mesh mesh, long... sizes) {
    Equation parsed = Equation.parse(equation);
    Map<String, Long> of = new HashMap<>();
    for (Term term : parsed.operands()) {
      for (Axis axis : term.axes()) {
        if (!of.containsKey(axis.label())) {
          of.put(axis.label(), sizes[of.size()]);
        }
      }
    }
    return new EveryEinsum(mesh, parsed, of, DType.F32);
  }

  /** From a seed: layouts of every kind, uneven and partial. */
  static EveryEinsum drawn(long seed) {
    RandomSharding random = new RandomSharding(seed);
    Mesh mesh = Mesh.parse(MESHES.get(random.below(MESHES.size())));
    Map<String, Long> sizes = new HashMap<>();
    LABELS.forEach(label -> sizes.put(label, 1L + random.below(40)));
    List<Term> operands = new ArrayList<>();
    Set<String> had = new LinkedHashSet<>();
    int count = random.oneIn(5) ? 1 : 2;
    for (int i = 0; i < count; i++) {
      operands.add(term(random, mesh, labels(random, LABELS), mesh.axisNames()));
      operands.getLast().axes().forEach(axis -> had.add(axis.label()));
    }
    Term output = term(random, mesh, labels(random, List.copyOf(had)), List.of());
    return new EveryEinsum(
        mesh, new Equation(operands, output), sizes, random.oneIn(2) ? DType.I32 : DType.F32);
  }

  private static List<String> labels(RandomSharding random, List<String> of) {
    List<String> labels = new ArrayList<>(of);
    while (labels.size() > 2 || (!labels.isEmpty() && random.oneIn(5))) {
      labels.remove(random.below(labels.size()));
    }
    return labels;
  }

  private static Term term(
      RandomSharding random, Mesh mesh, List<String> labels, List<String> mayBePartial) {
    return random.layout(mesh, labels, mayBePartial).term();
  }

  private long size(String label) {
    return sizes.getOrDefault(label, 1L);
  }

  private static List<String> names(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  private Shape shape(Term term) {
    return Shape.of(names(term).stream().mapToLong(this::size).toArray());
  }

  ShardedEinsumPlan plan() {
    return ShardedEinsumPlan.of(
        equation,
        mesh,
        equation.operands().stream().map(this::shape).toList(),
        Map.of(),
        dtype,
        PlanOptions.defaults());
  }

  /** Elements received and multiply-adds of a plan, without what collectives count beside. */
  static double amount(ShardedEinsumPlan plan) {
    long collectives =
        plan.plan().steps().stream()
            .filter(
                step ->
                    !(step.action() instanceof Action.Slice)
                        && !(step.action() instanceof Action.Apply))
            .count();
    return plan.cost() - 1_000.0 * collectives;
  }

  /** The least of all ways. */
  double least() {
    Set<String> all = new HashSet<>(mesh.axisNames());
    List<EveryReshard> values = new ArrayList<>();
    List<double[][]> ways = new ArrayList<>();
    for (Term operand : equation.operands()) {
      EveryReshard value = new EveryReshard(mesh, names(operand), shape(operand), all);
      double[][] from = new double[value.layouts().size()][];
      for (int to = 0; to < from.length; to++) {
        from[to] = value.to(to);
      }
      values.add(value);
      ways.add(from);
    }
    Term output = equation.output();
    EveryReshard result = new EveryReshard(mesh, names(output), shape(output), all);
    double[] home = result.to(result.place(new Layout(mesh, output)));
    Map<String, List<String>> on = new HashMap<>();
    labels.forEach(label -> on.put(label, new ArrayList<>()));
    split(0, on, new HashMap<>(), values, ways, result, home);
    return least;
  }

  private void split(
      int axis,
      Map<String, List<String>> on,
      Map<String, Integer> kept,
      List<EveryReshard> values,
      List<double[][]> ways,
      EveryReshard result,
      double[] home) {
    if (axis == mesh.axisNames().size()) {
      least = Math.min(least, cost(on, kept, values, ways, result, home));
      return;
    }
    String name = mesh.axisNames().get(axis);
    split(axis + 1, on, kept, values, ways, result, home);
    for (int operand = 0; mayKeepSums() && operand < values.size(); operand++) {
      kept.put(name, operand);
      split(axis + 1, on, kept, values, ways, result, home);
      kept.remove(name);
    }
    for (String label : labels) {
      List<String> axes = on.getOrDefault(label, List.of());
      for (int place = 0; place <= axes.size(); place++) {
        axes.add(place, name);
        split(axis + 1, on, kept, values, ways, result, home);
        axes.remove(place);
      }
    }
  }

  /** Integers wrap, and what only moves elements keeps sums; products of floats do not. */
  private boolean mayKeepSums() {
    return dtype == DType.I32
        || (equation.operandCount() == 1
            && names(equation.output()).containsAll(names(equation.operand(0))));
  }

  private double cost(
      Map<String, List<String>> on,
      Map<String, Integer> kept,
      List<EveryReshard> values,
      List<double[][]> ways,
      EveryReshard result,
      double[] home) {
    double work = 1;
    for (String label : labels) {
      int parts =
          on.getOrDefault(label, List.of()).stream()
              .mapToInt(mesh::size)
              .reduce(1, (a, b) -> a * b);
      work *= Math.ceilDiv(size(label), parts);
    }
    double cost = work / 200;
    for (int i = 0; i < values.size(); i++) {
      int operand = i;
      Term term = equation.operand(i);
      List<String> partial =
          kept.keySet().stream().filter(axis -> kept.get(axis) == operand).toList();
      Layout from = new Layout(mesh, term);
      int to = values.get(i).place(layout(term, on, partial));
      cost += ways.get(i)[to][values.get(i).place(from)];
    }
    List<String> partial = new ArrayList<>(kept.keySet());
    labels.stream()
        .filter(label -> !names(equation.output()).contains(label))
        .forEach(label -> partial.addAll(on.getOrDefault(label, List.of())));
    return cost + home[result.place(layout(equation.output(), on, partial))];
  }

  private Layout layout(Term term, Map<String, List<String>> on, List<String> partial) {
    List<Axis> axes =
        names(term).stream()
            .map(label -> new Axis(label, List.copyOf(on.getOrDefault(label, List.of()))))
            .toList();
    return new Layout(mesh, new Term(axes, partial));
  }

  @Override
  public String toString() {
    return equation + " of " + dtype + sizes + " on " + mesh.notation();
  }
}
