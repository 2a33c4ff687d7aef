package io.github.shardsum.internal.layout;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rule of a composite, derived from its decomposition, not taken from the kernel: each label in
 * turn is split over an abstract axis in all operands that have it, and followed through the
 * statements. If a statement would then need communication, the label cannot be split.
 */
public final class CompositeRules {
  /**
   * The state of a value along the abstract axis if the axis does not split it: whole everywhere,
   * or addends.
   */
  private enum Whole {
    EVERYWHERE,
    ADDEND
  }

  private final Program body;
  private final String label;

  /** Whether the kernel accepts a part of the label. */
  private final boolean isPromised;

  /** The dimension that is split, by value. */
  private final Map<Value, Integer> split = new HashMap<>();

  private final Map<Value, Whole> unsplit = new HashMap<>();

  /**
   * Values that depend on global indices, so that the code for a part of them must know where the
   * part begins.
   */
  private final Set<Value> positional = new HashSet<>();

  private boolean indexed;

  /**
   * A derived rule.
   *
   * @param rule the rule; a label that needs communication is {@link Kind.Whole}
   * @param indexed labels whose parts must know where they begin: the local composite takes an
   *     operand {@code start.LABEL} of each
   */
  public record Derived(FactorRule rule, Set<String> indexed) {}

  private CompositeRules(Program body, String label, boolean isPromised) {
    this.body = body;
    this.label = label;
    this.isPromised = isPromised;
  }

  /** Derives the rule of a composite. */
  public static Derived derive(Nested.Composite composite) {
    Program body = composite.decomposition();
    Set<String> labels = new LinkedHashSet<>();
    body.inputs().forEach(input -> labels.addAll(input.type().names()));
    body.outputs().forEach(output -> labels.addAll(output.type().names()));
    RuleBuilder rule = new RuleBuilder();
    Set<String> indexed = new HashSet<>();
    Map<String, CompositeRules> followed = new HashMap<>();
    for (String label : labels) {
      CompositeRules rules =
          new CompositeRules(body, label, composite.splittable().contains(label));
      Optional<Kind> kind = rules.follow();
      kind.ifPresent(_ -> followed.put(label, rules));
      if (kind.isPresent() && rules.indexed) {
        indexed.add(label);
      }
      rule.factor(label, size(body, label), kind.orElse(new Kind.Whole()));
    }
    body.inputs().forEach(rule::operand);
    for (Value output : body.outputs()) {
      rule.result(dims(rule, output, followed));
    }
    return new Derived(rule.build(), indexed);
  }

  private static long size(Program body, String label) {
    List<Value> edge = new ArrayList<>(body.inputs());
    edge.addAll(body.outputs());
    return edge.stream()
        .map(Value::type)
        .filter(type -> type.axis(label) >= 0)
        .findFirst()
        .orElseThrow()
        .size(label);
  }

  /**
   * The dimensions of an output; one that a split label reaches has the label's factor, even under
   * another name.
   */
  private static List<Dim> dims(
      RuleBuilder rule, Value output, Map<String, CompositeRules> followed) {
    ValueType type = output.type();
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      String name = type.names().get(axis);
      for (Map.Entry<String, CompositeRules> one : followed.entrySet()) {
        Integer at = one.getValue().split.get(output);
        if (at != null && at == axis) {
          name = one.getKey();
        }
      }
      dims.add(Dim.of(rule.factor(name, type.shape().size(axis), new Kind.Whole())));
    }
    return dims;
  }

  /** The kind of the label's factor; empty if a split of it would need communication. */
  private Optional<Kind> follow() {
    boolean given = false;
    for (Value input : body.inputs()) {
      int dim = input.type().axis(label);
      if (dim >= 0) {
        split.put(input, dim);
        given = true;
      } else {
        unsplit.put(input, Whole.EVERYWHERE);
      }
    }
    for (Statement statement : body.statements()) {
      if (!isFollowed(statement)) {
        return Optional.empty();
      }
    }
    boolean addends = false;
    boolean everywhere = false;
    for (Value output : body.outputs()) {
      takeSlice(output);
      addends |= unsplit.get(output) == Whole.ADDEND;
      everywhere |= unsplit.get(output) == Whole.EVERYWHERE;
    }
    if (!given || (addends && everywhere)) {
      return Optional.empty();
    }
    return Optional.of(addends ? new Kind.Reduce(ReduceKind.SUM) : new Kind.Pass());
  }

  /** A result that has the label and is made only of whole values is sliced, which is free. */
  private void takeSlice(Value output) {
    int dim = output.type().axis(label);
    if (dim >= 0 && unsplit.get(output) == Whole.EVERYWHERE) {
      unsplit.remove(output);
      split.put(output, dim);
      indexed |= positional.contains(output);
    }
  }

  private boolean isFollowed(Statement statement) {
    List<Value> operands = statement.operation().operands();
    boolean touched =
        operands.stream().anyMatch(x -> split.containsKey(x) || unsplit.get(x) == Whole.ADDEND);
    note(statement, operands);
    if (!touched) {
      statement.results().forEach(result -> unsplit.put(result, Whole.EVERYWHERE));
      return true;
    }
    if (statement.operation() instanceof Nested.Scan) {
      return false;
    }
    FactorRule rule = ShardingRules.of(statement);
    Set<Integer> factors = new HashSet<>();
    Set<Integer> addends = new HashSet<>();
    for (int i = 0; i < operands.size(); i++) {
      Integer dim = split.get(operands.get(i));
      if (dim != null) {
        factors.addAll(rule.operands().get(i).get(dim).factors());
      } else if (unsplit.get(operands.get(i)) == Whole.ADDEND) {
        addends.add(i);
      }
    }
    if (factors.isEmpty()) {
      statement.results().forEach(result -> unsplit.put(result, Whole.ADDEND));
      return rule.linear().contains(addends)
          || (isPromised && isSumOfNumbers(statement.operation(), addends));
    }
    return addends.isEmpty() && factors.size() == 1 && isPassed(statement, rule, factors);
  }

  /**
   * Whether the operation of a sum is the sum of the operations, for finite floating numbers and up
   * to rounding. For infinities this does not suffice, since 2 - 1 times infinity is infinity; a
   * kernel that accepts a part of a label must also give correct addends.
   */
  private static boolean isSumOfNumbers(Operation operation, Set<Integer> addends) {
    if (!operation.operands().stream().allMatch(x -> x.type().dtype().isFloating())) {
      return false;
    }
    return switch (operation) {
      case Pointwise.Unary unary -> unary.kind() == Pointwise.UnaryKind.NEGATE;
      case Pointwise.Binary binary ->
          switch (binary.kind()) {
            case ADD, SUBTRACT -> addends.size() == 2;
            case MULTIPLY -> addends.size() == 1;
            case DIVIDE -> addends.equals(Set.of(0));
            case REMAINDER, POWER, MAXIMUM, MINIMUM, AND, OR, XOR -> false;
          };
      case Pointwise.Convert convert -> convert.dtype().isFloating();
      case Contraction.Einsum _ -> addends.size() == 1;
      case Contraction.Reduce reduce -> reduce.kind() == ReduceKind.SUM;
      case Contraction.CumulativeSum _ -> true;
      default -> false;
    };
  }

  /**
   * Values that are whole and have the factor are sliced, which is free. Chunks of a merge's major
   * label are chunks of the merged label; chunks of another label are strips.
   */
  private boolean isPassed(Statement statement, FactorRule rule, Set<Integer> factors) {
    int factor = factors.iterator().next();
    Kind kind = rule.factors().get(factor).kind();
    boolean isSum = kind.equals(new Kind.Reduce(ReduceKind.SUM));
    if (!(kind instanceof Kind.Pass) && !isSum) {
      return false;
    }
    List<Value> operands = statement.operation().operands();
    for (int i = 0; i < operands.size(); i++) {
      boolean has = FactorRule.dimOf(rule.operands().get(i), factor) >= 0;
      indexed |= has && !split.containsKey(operands.get(i)) && positional.contains(operands.get(i));
    }
    for (int i = 0; i < statement.results().size(); i++) {
      int dim = FactorRule.dimOf(rule.results().get(i), factor);
      Value result = statement.results().get(i);
      if (dim >= 0 && rule.results().get(i).get(dim).factors().getFirst() == factor) {
        split.put(result, dim);
      } else if (dim < 0 && isSum) {
        unsplit.put(result, Whole.ADDEND);
      } else {
        return false;
      }
    }
    return true;
  }

  private void note(Statement statement, List<Value> operands) {
    boolean source =
        switch (statement.operation()) {
          case Source.Iota _, Source.Random _, Selection.OneHot _ -> true;
          default -> false;
        };
    if (source || operands.stream().anyMatch(positional::contains)) {
      positional.addAll(statement.results());
    }
  }
}
