package io.github.shardsum.internal.layout;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Factor;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects factors by name while the dimensions of operands and results are listed. */
final class RuleBuilder {
  private final List<Factor> factors = new ArrayList<>();
  private final Map<String, Integer> places = new HashMap<>();
  private final List<List<Dim>> operands = new ArrayList<>();
  private final List<List<Dim>> results = new ArrayList<>();
  private final Set<Set<Integer>> linear = new HashSet<>();

  /** The place of the factor of a name. If there is one already, it keeps its size and kind. */
  int factor(String name, long size, Kind kind) {
    return places.computeIfAbsent(
        name,
        _ -> {
          factors.add(new Factor(name, size, kind));
          return factors.size() - 1;
        });
  }

  /**
   * The dimensions of a type, a factor each: named factors keep their kind, the others get a given
   * kind.
   */
  List<Dim> dims(ValueType type, Kind others) {
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      dims.add(Dim.of(factor(type.names().get(axis), type.shape().size(axis), others)));
    }
    return dims;
  }

  RuleBuilder operand(Value value) {
    operands.add(dims(value.type(), new Kind.Pass()));
    return this;
  }

  RuleBuilder operand(List<Dim> dims) {
    operands.add(dims);
    return this;
  }

  RuleBuilder result(ValueType type) {
    return result(type, new Kind.Pass());
  }

  RuleBuilder result(ValueType type, Kind made) {
    results.add(dims(type, made));
    return this;
  }

  RuleBuilder result(List<Dim> dims) {
    results.add(dims);
    return this;
  }

  /** Operands that may be partial together. */
  RuleBuilder linear(Integer... together) {
    linear.add(Set.of(together));
    return this;
  }

  RuleBuilder linearIf(boolean condition, Integer... together) {
    return condition ? linear(together) : this;
  }

  FactorRule build() {
    return new FactorRule(factors, operands, results, linear);
  }
}
