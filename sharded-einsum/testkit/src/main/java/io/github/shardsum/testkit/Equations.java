package io.github.shardsum.testkit;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Generators of einsum equations with shapes. */
public final class Equations {
  private static final List<String> LABELS = List.of("i", "j", "k", "l", "m");

  private Equations() {}

  /**
   * Equations with every kind of label: contracted, kept, in one or several operands, repeated in
   * an operand (a diagonal), of size 0 and 1, broadcast from size 1.
   *
   * @param operands the most operands, at least 1
   * @param size largest size of a label
   * @return the generator; the simplest equation is {@code ->} of a scalar
   */
  public static Generator<EinsumCase> of(int operands, int size) {
    return choices -> {
      long[] sizes = new long[LABELS.size()];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = Shapes.size(choices, size);
      }
      List<Term> terms = new ArrayList<>();
      List<Shape> shapes = new ArrayList<>();
      Set<String> used = new LinkedHashSet<>();
      for (long left = choices.between(1, operands); left > 0; left--) {
        List<String> labels = labels(choices);
        terms.add(Term.of(labels.toArray(String[]::new)));
        shapes.add(shape(choices, labels, sizes));
        used.addAll(labels);
      }
      List<String> output = choices.shuffled(List.copyOf(used));
      List<String> kept = output.subList(0, choices.nextInt(output.size() + 1));
      return new EinsumCase(new Equation(terms, Term.of(kept.toArray(String[]::new))), shapes);
    };
  }

  private static List<String> labels(Choices choices) {
    List<String> labels = choices.shuffled(LABELS).subList(0, choices.nextInt(4));
    if (labels.size() > 1 && choices.nextInt(6) == 5) {
      labels.set(0, labels.get(1));
    }
    return labels;
  }

  /** One axis in twenty has size 1, whatever the size of its label. */
  private static Shape shape(Choices choices, List<String> labels, long[] sizes) {
    boolean distinct = new LinkedHashSet<>(labels).size() == labels.size();
    long[] shape = new long[labels.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      boolean one = distinct && choices.nextInt(20) == 19;
      shape[axis] = one ? 1 : sizes[LABELS.indexOf(labels.get(axis))];
    }
    return Shape.of(shape);
  }
}
