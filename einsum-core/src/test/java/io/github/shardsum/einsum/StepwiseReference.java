package io.github.shardsum.einsum;

import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The scalar reference, pair by pair where one loop nest over all labels would never end. */
final class StepwiseReference {
  private static final double LARGEST_NEST = 1e5;

  private final BoundEquation equation;
  private final List<Factor> factors = new ArrayList<>();

  private record Factor(List<Integer> labels, Tensor value) {}

  private StepwiseReference(BoundEquation equation, List<Tensor> operands) {
    this.equation = equation;
    for (int i = 0; i < operands.size(); i++) {
      factors.add(new Factor(boxed(equation.operandLabels(i)), operands.get(i)));
    }
  }

  static Tensor evaluate(BoundEquation equation, List<Tensor> operands) {
    double nest = 1;
    for (int label = 0; label < equation.labelCount(); label++) {
      nest *= equation.labelSize(label);
    }
    if (nest <= LARGEST_NEST) {
      return ReferenceEinsum.evaluate(equation, operands.toArray(Tensor[]::new));
    }
    return new StepwiseReference(equation, operands).run();
  }

  private Tensor run() {
    while (factors.size() > 2) {
      int[] pair = cheapestPair();
      Factor right = factors.remove(pair[1]);
      Factor left = factors.remove(pair[0]);
      List<Integer> kept = kept(left, right);
      factors.add(new Factor(kept, contract(List.of(left, right), kept)));
    }
    return contract(factors, boxed(equation.outputLabels()));
  }

  private int[] cheapestPair() {
    int[] best = {0, 1};
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < factors.size(); i++) {
      for (int j = i + 1; j < factors.size(); j++) {
        double cost = size(union(factors.get(i), factors.get(j)));
        if (cost < least) {
          least = cost;
          best = new int[] {i, j};
        }
      }
    }
    return best;
  }

  private double size(Set<Integer> labels) {
    return labels.stream().mapToDouble(equation::labelSize).reduce(1, (x, y) -> x * y);
  }

  private static Set<Integer> union(Factor left, Factor right) {
    Set<Integer> labels = new HashSet<>(left.labels);
    labels.addAll(right.labels);
    return labels;
  }

  /** The labels of a pair, already removed, that the output or another factor has. */
  private List<Integer> kept(Factor left, Factor right) {
    Set<Integer> wanted = new HashSet<>(boxed(equation.outputLabels()));
    factors.forEach(factor -> wanted.addAll(factor.labels));
    return union(left, right).stream().filter(wanted::contains).sorted().toList();
  }

  private Tensor contract(List<Factor> operands, List<Integer> output) {
    Equation step = new Equation(operands.stream().map(f -> term(f.labels)).toList(), term(output));
    List<Shape> shapes = operands.stream().map(factor -> factor.value.shape()).toList();
    Map<String, Long> sizes = new HashMap<>();
    for (int label : output) {
      if (operands.stream().noneMatch(factor -> factor.labels.contains(label))) {
        sizes.put("l" + label, equation.labelSize(label));
      }
    }
    return ReferenceEinsum.evaluate(
        step.bind(shapes, sizes, Strictness.LENIENT),
        operands.stream().map(Factor::value).toArray(Tensor[]::new));
  }

  private static Term term(List<Integer> labels) {
    return Term.of(labels.stream().map(label -> "l" + label).toArray(String[]::new));
  }

  private static List<Integer> boxed(int[] labels) {
    return Arrays.stream(labels).boxed().toList();
  }
}
