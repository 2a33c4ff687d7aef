package io.github.shardsum.program;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Equations made of labels. */
final class Terms {
  private Terms() {}

  static Term of(List<String> labels) {
    return Term.of(labels.toArray(String[]::new));
  }

  static Term of(Value value) {
    return of(value.type().names());
  }

  static List<String> names(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  static Equation equation(List<Term> operands, Term output) {
    return new Equation(operands, output);
  }

  /** A label that none of some has. */
  static String fresh(String like, Collection<String> used) {
    String label = like;
    for (int i = 1; used.contains(label); i++) {
      label = like + i;
    }
    return label;
  }

  /** The labels of a value without one. */
  static List<String> without(Value value, Set<String> labels) {
    return value.type().names().stream().filter(name -> !labels.contains(name)).toList();
  }
}
