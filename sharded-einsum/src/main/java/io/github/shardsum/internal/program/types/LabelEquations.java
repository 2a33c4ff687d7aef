package io.github.shardsum.internal.program.types;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Value;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Equations made of labels. */
public final class LabelEquations {
  private LabelEquations() {}

  /**
   * The term of labels.
   *
   * @param labels names, in order
   */
  public static Term of(List<String> labels) {
    return Term.of(labels.toArray(String[]::new));
  }

  /** The term of a value's labels. */
  public static Term of(Value value) {
    return of(value.type().names());
  }

  /**
   * Names of a term's labels.
   *
   * @return in order
   */
  public static List<String> names(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /**
   * An equation of terms.
   *
   * @param output the result's term
   */
  public static Equation equation(List<Term> operands, Term output) {
    return new Equation(operands, output);
  }

  /**
   * A label that differs from all given labels.
   *
   * @param like the preferred label
   * @param used labels in use
   * @return the preferred label, with a number after it if it is in use
   */
  public static String fresh(String like, Collection<String> used) {
    String label = like;
    for (int i = 1; used.contains(label); i++) {
      label = like + i;
    }
    return label;
  }

  /**
   * The labels of a value, without the given ones.
   *
   * @param labels the labels to leave out
   * @return the other labels, in order
   */
  public static List<String> without(Value value, Set<String> labels) {
    return value.type().names().stream().filter(name -> !labels.contains(name)).toList();
  }
}
