package io.github.shardsum.internal.auto;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.partition.plan.StatementChoices;
import io.github.shardsum.internal.partition.plan.StatementChoices.Choice;
import io.github.shardsum.internal.partition.plan.StatementChoices.Choices;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The layouts of a program as a graph for {@link io.github.shardsum.assign.AssignmentSolver}: one
 * node for each statement and for each value. The strategies of a statement are the ways to split
 * it; the strategies of a value are its layouts. Edges are the prices of reshards between them.
 *
 * <p>With {@link Kind#ESTIMATE} prices are those of a plan in which every value is moved to its
 * layout and read from there. With {@link Kind#BOUND} no plan costs less than the graph's least
 * cost. For this, each reader of a value pays only its part of a reshard, since readers may share
 * it. Sums that may travel together pay for no start of a collective, only einsums count as work,
 * and only inputs hold memory.
 */
final class LayoutGraph {
  /** The largest number of layouts of a value. */
  private static final int MOST_LAYOUTS = 300;

  /** The largest sum of all costs, in units of the graph. */
  private static final double MOST_SUM = 5e16;

  /** The most units of the graph in an element or a second. */
  private static final double MOST_PARTS = 0x1p40;

  /** Meaning of a graph's cost. */
  enum Kind {
    ESTIMATE,
    BOUND
  }

  private final Mesh mesh;
  private final StatementChoices ways;
  private final Kind kind;
  private final EdgePrices prices;
  private final List<LayoutGraphNode> slots = new ArrayList<>();
  private final List<Site> sites = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();
  private int now;

  private LayoutGraph(Mesh mesh, StatementChoices ways, Kind kind) {
    this.mesh = mesh;
    this.ways = ways;
    this.kind = kind;
    this.prices = new EdgePrices(ways, kind == Kind.BOUND);
  }

  /** A statement with its ways. */
  record Site(
      Statement statement,
      long times,
      Choices choices,
      List<LayoutGraphNode> operands,
      List<LayoutGraphNode> results) {}

  /** A value that becomes another value; both are treated as one value. */
  private record Move(
      LayoutGraphNode from,
      LayoutGraphNode to,
      long times,
      Value value,
      UnaryOperator<Layout> before,
      UnaryOperator<Layout> after) {}

  /**
   * A graph that can be solved.
   *
   * @param problem the graph
   * @param scale the problem's units in an element or second
   * @param slots the values, each with the place of its node and its layouts
   * @param groups numbers of the values that are annotated together, by name; empty if each value
   *     is annotated separately
   */
  record Built(
      AssignmentProblem problem,
      double scale,
      List<LayoutGraphNode> slots,
      Map<String, Integer> groups) {
    /** The layout that a solution gives each value, by name. */
    Map<String, Layout> layouts(List<Integer> choice) {
      Map<String, Layout> layouts = new LinkedHashMap<>();
      for (LayoutGraphNode slot : slots) {
        layouts.put(slot.name, slot.layouts.get(choice.get(slot.node)));
      }
      return layouts;
    }
  }

  /**
   * Builds a graph.
   *
   * @param program the program, with the annotations that are kept
   * @param mesh the devices
   * @param kind the meaning of its cost
   * @param limit bytes a device, if there is a limit
   * @param split inputs that each mesh axis splits
   * @param isTied whether equal parts of the program get equal layouts
   */
  static Built of(
      Program program,
      Mesh mesh,
      StatementChoices ways,
      Kind kind,
      OptionalLong limit,
      Set<String> split,
      boolean isTied) {
    LayoutGraph graph = new LayoutGraph(mesh, ways, kind);
    Map<Value, LayoutGraphNode> scope = new HashMap<>();
    for (Value input : program.inputs()) {
      scope.put(input, graph.input(input, split.contains(input.name())));
    }
    graph.walk(program, "", 1, scope);
    for (Value output : program.outputs()) {
      graph.output(Objects.requireNonNull(scope.get(output), output.name()));
    }
    graph.gather();
    return graph.build(limit, isTied);
  }

  private LayoutGraphNode slot(String name, Value value, long times, boolean isInput) {
    LayoutGraphNode slot = new LayoutGraphNode(name, value, times, isInput, now);
    slots.add(slot);
    return slot;
  }

  private LayoutGraphNode input(Value input, boolean isSplit) {
    LayoutGraphNode slot = slot(input.name(), input, 1, true);
    if (input.type().labels().isAnnotated()) {
      Layout typed = new Layout(mesh, input.type().labels());
      slot.candidates.add(typed);
      slot.demand = Optional.of(typed::isEquivalent);
    } else if (isSplit) {
      slot.demand = Optional.of(LayoutGraph::isSplit);
      splits(input).forEach(slot.candidates::add);
    } else {
      slot.candidates.add(whole(input));
    }
    return slot;
  }

  /** Whether each mesh axis splits a label, so that no two devices hold the same. */
  static boolean isSplit(Layout layout) {
    List<String> used =
        layout.term().axes().stream().flatMap(axis -> axis.mesh().stream()).toList();
    return layout.mesh().axisNames().stream()
        .allMatch(axis -> layout.mesh().size(axis) == 1 || used.contains(axis));
  }

  /** The layouts in which all mesh axes split one label. */
  private List<Layout> splits(Value value) {
    List<String> wide = mesh.axisNames().stream().filter(axis -> mesh.size(axis) > 1).toList();
    List<Layout> splits = new ArrayList<>();
    for (String label : value.type().names()) {
      List<Axis> axes =
          value.type().names().stream()
              .map(name -> new Axis(name, name.equals(label) ? wide : List.of()))
              .toList();
      splits.add(new Layout(mesh, new Term(axes, List.of())));
    }
    return splits;
  }

  private Layout whole(Value value) {
    return new Layout(mesh, value.type().labels().withoutLayout());
  }

  private void output(LayoutGraphNode slot) {
    if (slot.readers > 0 && kind == Kind.BOUND) {
      LayoutGraphNode last = slot(slot.name + " (output)", slot.value, 1, false);
      last.isOutput = true;
      last.candidates.add(whole(slot.value));
      move(slot, last, 1);
    }
    slot.isOutput |= slot.readers == 0 || kind == Kind.ESTIMATE;
  }

  private void walk(Program program, String prefix, long times, Map<Value, LayoutGraphNode> scope) {
    for (Statement statement : program.statements()) {
      now++;
      if (statement.operation() instanceof Nested.Scan scan) {
        loop(statement, scan, prefix, times, scope);
        continue;
      }
      List<LayoutGraphNode> operands = new ArrayList<>();
      for (Value operand : statement.operation().operands()) {
        LayoutGraphNode read = Objects.requireNonNull(scope.get(operand), operand.name());
        read.lastRead = now;
        operands.add(read);
      }
      List<LayoutGraphNode> results = new ArrayList<>();
      for (Value result : statement.results()) {
        LayoutGraphNode made = slot(prefix + result.name(), result, times, false);
        scope.put(result, made);
        results.add(made);
      }
      if (statement.operation() instanceof Movement.Annotate annotate) {
        annotated(operands.getFirst(), results.getFirst(), annotate.annotation());
      } else {
        operands.forEach(read -> read.readers++);
        if (statement.operation() instanceof Reduce(var by, _, _)) {
          results.getFirst().by = by;
        }
        sites.add(new Site(statement, times, ways.of(statement), operands, results));
      }
    }
  }

  private void annotated(LayoutGraphNode from, LayoutGraphNode to, Annotation annotation) {
    List<Axis> axes = new ArrayList<>();
    for (Axis axis : to.value.type().labels().axes()) {
      axes.add(
          annotation.labels().stream()
              .filter(spec -> spec.label().equals(axis.label()))
              .findFirst()
              .map(spec -> new Axis(axis.label(), spec.axes()))
              .orElse(Axis.of(axis.label())));
    }
    to.candidates.add(new Layout(mesh, new Term(axes, List.of())));
    to.demand = Optional.of(layout -> isAllowed(annotation, layout));
    move(from, to, to.times);
  }

  private static boolean isAllowed(Annotation annotation, Layout layout) {
    return annotation.labels().stream()
        .allMatch(
            spec -> {
              List<String> axes = layout.axes(layout.dim(spec.label()));
              return spec.open()
                  ? axes.size() >= spec.axes().size()
                      && axes.subList(0, spec.axes().size()).equals(spec.axes())
                  : axes.equals(spec.axes());
            });
  }

  private void move(LayoutGraphNode from, LayoutGraphNode to, long times) {
    moves.add(
        new Move(from, to, times, from.value, UnaryOperator.identity(), UnaryOperator.identity()));
    from.readers++;
    from.lastRead = Math.max(from.lastRead, now);
  }

  private void loop(
      Statement statement,
      Nested.Scan scan,
      String prefix,
      long times,
      Map<Value, LayoutGraphNode> scope) {
    String inside = prefix + statement.result().name() + ".body.";
    Map<Value, LayoutGraphNode> inner = new HashMap<>();
    int carried = scan.carried().size();
    int sequences = scan.sequences().size();
    long rounds = times * Math.max(1, scan.count());
    List<Value> inputs = scan.body().inputs();
    for (int i = 0; i < inputs.size(); i++) {
      boolean isInvariant = i >= carried + sequences;
      LayoutGraphNode given =
          slot(inside + inputs.get(i).name(), inputs.get(i), isInvariant ? times : rounds, false);
      inner.put(inputs.get(i), given);
      given.candidates.add(whole(inputs.get(i)));
      LayoutGraphNode operand =
          Objects.requireNonNull(scope.get(scan.operands().get(i)), given.name);
      if (i >= carried && !isInvariant) {
        stack(operand, given, times, scan.label(), true);
      } else {
        move(operand, given, times);
      }
    }
    walk(scan.body(), inside, rounds, inner);
    for (int i = 0; i < statement.results().size(); i++) {
      Value result = statement.results().get(i);
      LayoutGraphNode output =
          Objects.requireNonNull(inner.get(scan.body().outputs().get(i)), inside);
      LayoutGraphNode made = slot(prefix + result.name(), result, times, false);
      scope.put(result, made);
      if (i < carried) {
        LayoutGraphNode first = Objects.requireNonNull(inner.get(inputs.get(i)), inside);
        move(output, first, rounds);
        move(first, made, times);
      } else {
        output.isOutput = true;
        stack(output, made, times, scan.label(), false);
      }
    }
    for (Value value : inputs) {
      LayoutGraphNode given = Objects.requireNonNull(inner.get(value), inside);
      given.lastRead = now;
    }
  }

  /** A move between a value and its slices along the label of a loop; that label is never split. */
  private void stack(
      LayoutGraphNode from, LayoutGraphNode to, long times, String label, boolean isRead) {
    UnaryOperator<Layout> stacked = layout -> stacked(layout, label);
    Value value = isRead ? from.value : to.value;
    moves.add(
        new Move(
            from,
            to,
            times,
            value,
            isRead ? UnaryOperator.identity() : stacked,
            isRead ? stacked : UnaryOperator.identity()));
    from.readers++;
    from.lastRead = Math.max(from.lastRead, now);
  }

  private Layout stacked(Layout one, String label) {
    List<Axis> axes = new ArrayList<>();
    axes.add(Axis.of(label));
    axes.addAll(one.term().axes());
    return new Layout(mesh, new Term(axes, List.of()));
  }

  /** Collects the candidate layouts of values. */
  private void gather() {
    for (Site site : sites) {
      for (Choice choice : site.choices.choices()) {
        for (int i = 0; i < site.operands.size(); i++) {
          candidate(site.operands.get(i), choice.operands().get(i));
        }
        for (int i = 0; i < site.results.size(); i++) {
          LayoutGraphNode result = site.results.get(i);
          candidate(result, StatementChoices.summed(choice.results().get(i)));
          if (kind == Kind.BOUND && result.readers > 1) {
            candidate(result, choice.results().get(i));
          }
        }
      }
    }
    for (int round = 0; round < 2; round++) {
      for (Move move : moves.reversed()) {
        exchange(move);
      }
    }
    for (LayoutGraphNode slot : slots) {
      slot.layouts.addAll(
          slot.candidates.stream()
              .filter(layout -> slot.demand.isEmpty() || slot.demand.get().allows(layout))
              .toList());
    }
  }

  private static void candidate(LayoutGraphNode slot, Layout layout) {
    boolean isSum = !layout.partial().isEmpty();
    if (slot.candidates.size() < MOST_LAYOUTS
        && !(isSum && (slot.isInput || slot.isOutput || slot.by != ReduceKind.SUM))) {
      slot.candidates.add(layout);
    }
  }

  /**
   * Adds to the value on each side of a move the candidates that correspond to those of the other
   * side.
   */
  private static void exchange(Move move) {
    for (Layout after : List.copyOf(move.to.candidates)) {
      Layout before = move.after.apply(after);
      if (before.rank() == move.from.value.type().rank() && before.partial().isEmpty()) {
        candidate(move.from, before);
      }
    }
    for (Layout before : List.copyOf(move.from.candidates)) {
      Layout after = StatementChoices.summed(move.before.apply(before));
      if (after.rank() == move.to.value.type().rank()) {
        candidate(move.to, after);
      }
    }
  }

  private Built build(OptionalLong limit, boolean isTied) {
    List<double[]> nodes = new ArrayList<>();
    List<EdgePrices.Edge> edges = new ArrayList<>();
    for (LayoutGraphNode slot : slots) {
      slot.node = nodes.size();
      nodes.add(new double[slot.layouts.size()]);
    }
    for (Site site : sites) {
      int node = nodes.size();
      nodes.add(costs(site));
      boolean isWild = isWild(site);
      for (int i = 0; i < site.operands.size(); i++) {
        int operand = i;
        edges.add(
            prices.read(
                site.operands.get(i),
                node,
                site.choices.choices().stream().map(c -> c.operands().get(operand)).toList(),
                isWild));
      }
      for (int i = 0; i < site.results.size(); i++) {
        int result = i;
        edges.add(
            prices.made(
                node,
                site.choices.choices().stream().map(c -> c.results().get(result)).toList(),
                site.results.get(i),
                isWild));
      }
    }
    for (Move move : moves) {
      edges.add(
          prices.move(
              move.from,
              move.from.layouts.stream().map(move.before).toList(),
              move.to,
              move.to.layouts.stream().map(move.after).toList(),
              move.value,
              move.times));
    }
    if (isTied) {
      edges.addAll(RepeatedLayers.ties(sites, slots.size(), prices));
    }
    return problem(nodes, edges, limit, isTied ? RepeatedLayers.groups(sites) : Map.of());
  }

  /** Whether an extra strategy stands for all ways that are not listed. */
  private boolean isWild(Site site) {
    return kind == Kind.BOUND && !site.choices.isComplete();
  }

  private double[] costs(Site site) {
    List<Choice> choices = site.choices.choices();
    double[] costs = new double[choices.size() + (isWild(site) ? 1 : 0)];
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      double cost =
          kind == Kind.BOUND
              ? choice.shown() + choice.neighbours()
              : choice.work() + choice.neighbours() + choice.chunked();
      costs[i] = cost * site.times;
    }
    if (isWild(site)) {
      double whole = choices.stream().mapToDouble(Choice::shown).max().orElse(0);
      costs[choices.size()] = whole / mesh.size() * site.times;
    }
    return costs;
  }

  private Built problem(
      List<double[]> nodes,
      List<EdgePrices.Edge> edges,
      OptionalLong limit,
      Map<String, Integer> groups) {
    double sum = 0;
    for (double[] costs : nodes) {
      sum += EdgePrices.largest(costs);
    }
    for (EdgePrices.Edge edge : edges) {
      sum += edge.largest();
    }
    double scale = scale(sum);
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    for (int node = 0; node < nodes.size(); node++) {
      boolean isSlot = node < slots.size();
      long[] usages = new long[nodes.get(node).length];
      long from = 0;
      long to = 0;
      if (isSlot && limit.isPresent() && isHeld(slots.get(node))) {
        LayoutGraphNode slot = slots.get(node);
        usages = usages(slot);
        from = slot.isInput ? 0 : slot.made;
        to = (slot.isInput || slot.isOutput ? now : slot.lastRead) + 1L;
      }
      builder.node(from, to, EdgePrices.units(nodes.get(node), scale), usages);
    }
    IdentityHashMap<double[], long[]> scaled = new IdentityHashMap<>();
    for (EdgePrices.Edge edge : edges) {
      builder.edge(
          edge.first(),
          edge.second(),
          scaled.computeIfAbsent(edge.costs(), costs -> EdgePrices.units(costs, scale)));
    }
    return new Built(
        builder.build(limit.orElse(Long.MAX_VALUE >> 2)), scale, List.copyOf(slots), groups);
  }

  /** A power of two, so that amounts of work stay exact. */
  private static double scale(double sum) {
    double scale = MOST_PARTS;
    while (scale * sum > MOST_SUM) {
      scale /= 2;
    }
    return scale;
  }

  private boolean isHeld(LayoutGraphNode slot) {
    return slot.times == 1 && (kind == Kind.ESTIMATE || slot.isInput);
  }

  private static long[] usages(LayoutGraphNode slot) {
    long[] usages = new long[slot.layouts.size()];
    for (int i = 0; i < usages.length; i++) {
      long bytes =
          slot.layouts.get(i).largestShape(slot.value.type().shape()).elementCount()
              * slot.value.type().dtype().byteSize();
      usages[i] = Math.min(bytes, AssignmentProblem.LARGEST_USAGE);
    }
    return usages;
  }
}
