package io.github.shardsum.internal.propagate;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Factor;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Flattens a program, with the bodies of its loops, into nodes over named values. */
final class PropagationNodes {
  private final List<PropagationNode> nodes = new ArrayList<>();
  private final Map<String, ValueType> types = new LinkedHashMap<>();
  private final Map<String, Movement.Annotate> annotations = new LinkedHashMap<>();
  private final Map<String, String> annotated = new LinkedHashMap<>();

  PropagationNodes(Program program) {
    add(program, "");
  }

  List<PropagationNode> nodes() {
    return nodes;
  }

  /** The type of every value, in the order of the program. */
  Map<String, ValueType> types() {
    return types;
  }

  /** The annotations, by the name of their result. */
  Map<String, Movement.Annotate> annotations() {
    return annotations;
  }

  /** The operand of each annotation, by the name of its result. */
  Map<String, String> annotated() {
    return annotated;
  }

  private void add(Program program, String prefix) {
    program.inputs().forEach(input -> types.put(prefix + input.name(), input.type()));
    for (Statement statement : program.statements()) {
      List<String> results = names(statement.results(), prefix);
      statement.results().forEach(result -> types.put(prefix + result.name(), result.type()));
      if (statement.operation() instanceof Movement.Annotate annotate) {
        annotations.put(results.getFirst(), annotate);
        annotated.put(results.getFirst(), prefix + annotate.x().name());
      }
      FactorRule rule = ShardingRules.of(statement);
      List<String> operands = names(statement.operation().operands(), prefix);
      Set<Integer> narrow = statement.operation() instanceof Pointwise ? narrow(rule) : Set.of();
      nodes.add(
          new PropagationNode(
              statement.toString().strip(),
              rule,
              operands,
              results,
              level(statement, rule),
              narrow));
      if (statement.operation() instanceof Nested.Scan scan) {
        String inside = results.getFirst() + ".body.";
        add(scan.body(), inside);
        edges(scan, operands, results, inside);
      } else if (statement.operation() instanceof Nested.Manual manual) {
        String inside = results.getFirst() + ".body.";
        add(manual.body(), inside);
        edges(manual, operands, results, inside);
      }
    }
  }

  private static List<String> names(List<Value> values, String prefix) {
    return values.stream().map(value -> prefix + value.name()).toList();
  }

  private static Set<Integer> narrow(FactorRule rule) {
    List<Integer> all = factors(rule.results().getFirst());
    return IntStream.range(0, rule.operands().size())
        .filter(operand -> !factors(rule.operands().get(operand)).containsAll(all))
        .boxed()
        .collect(Collectors.toUnmodifiableSet());
  }

  private static List<Integer> factors(List<Dim> dims) {
    return dims.stream().flatMap(dim -> dim.factors().stream()).toList();
  }

  /**
   * Rank of a statement in the order of propagation; statements that move or rename elements come
   * first.
   */
  private static int level(Statement statement, FactorRule rule) {
    return switch (statement.operation()) {
      case Pointwise _, Movement _, Nested _, Communication _ -> 0;
      case Contraction.Einsum einsum ->
          einsum.operands().size() == 1
                  && rule.factors().stream().allMatch(factor -> factor.kind() instanceof Kind.Pass)
              ? 0
              : 1;
      default -> 1;
    };
  }

  /**
   * Joins the values before, in and after a loop, which have the same labels except for the loop's
   * own.
   */
  private void edges(Nested.Scan scan, List<String> operands, List<String> results, String inside) {
    int carried = scan.carried().size();
    List<Value> inputs = scan.body().inputs();
    List<Value> outputs = scan.body().outputs();
    for (int i = 0; i < inputs.size(); i++) {
      edge(scan, operands.get(i), inside + inputs.get(i).name());
    }
    for (int i = 0; i < outputs.size(); i++) {
      edge(scan, inside + outputs.get(i).name(), results.get(i));
      if (i < carried) {
        edge(scan, inside + outputs.get(i).name(), inside + inputs.get(i).name());
      }
    }
  }

  /**
   * Adds the edges of a region. A value inside has its axes from outside, except those of the
   * region.
   */
  private void edges(
      Nested.Manual manual, List<String> operands, List<String> results, String inside) {
    for (int i = 0; i < operands.size(); i++) {
      String inner = inside + manual.body().inputs().get(i).name();
      edge(manual, operands.get(i), inner, operands.get(i), manual.in().get(i));
    }
    for (int i = 0; i < results.size(); i++) {
      String inner = inside + manual.body().outputs().get(i).name();
      edge(manual, inner, results.get(i), results.get(i), manual.out().get(i));
    }
  }

  private void edge(Nested.Manual manual, String from, String to, String outside, Term term) {
    ValueType type = Objects.requireNonNull(types.get(from), from);
    List<Factor> factors = new ArrayList<>();
    List<Dim> dims = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      factors.add(new Factor(type.names().get(dim), type.shape().size(dim), new Kind.Pass()));
      dims.add(Dim.of(dim));
    }
    Set<String> own = new TreeSet<>();
    manual.axes().forEach(axis -> own.add(axis.name()));
    PropagationNode.RegionEdge edge =
        new PropagationNode.RegionEdge(outside, term.axes().stream().map(Axis::mesh).toList(), own);
    nodes.add(
        new PropagationNode(
            "the region over " + String.join(".", own),
            new FactorRule(factors, List.of(dims), List.of(dims), Set.of()),
            List.of(from),
            List.of(to),
            0,
            Set.of(),
            Optional.of(edge)));
  }

  private void edge(Nested.Scan scan, String from, String to) {
    List<Factor> factors = new ArrayList<>();
    List<Dim> fromDims = dims(scan, from, factors);
    List<Dim> toDims = dims(scan, to, factors);
    nodes.add(
        new PropagationNode(
            "the loop over " + scan.label(),
            new FactorRule(factors, List.of(fromDims), List.of(toDims), Set.of()),
            List.of(from),
            List.of(to),
            0,
            Set.of()));
  }

  private List<Dim> dims(Nested.Scan scan, String value, List<Factor> factors) {
    ValueType type = Objects.requireNonNull(types.get(value), value);
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      String name = type.names().get(axis);
      Kind kind = name.equals(scan.label()) ? new Kind.Whole() : new Kind.Pass();
      Factor factor = new Factor(name, type.shape().size(axis), kind);
      int place = factors.indexOf(factor);
      if (place < 0) {
        place = factors.size();
        factors.add(factor);
      }
      dims.add(Dim.of(place));
    }
    return dims;
  }
}
