package io.github.shardsum.propagation;

import java.util.List;
import java.util.Locale;

/** The reason for the split of a value's label. */
public sealed interface Reason {
  /**
   * An annotation of the program, or the layout in an input's type.
   *
   * @param what the annotation and its value
   */
  record Annotated(String what) implements Reason {}

  /**
   * A statement that keeps the label.
   *
   * @param statement the statement, as text
   * @param factor the factor along which the axes came
   * @param value the value from which the axes came
   * @param label the label of that value
   * @param level the level of propagation, 0 to 3
   */
  record Through(String statement, String factor, String value, String label, int level)
      implements Reason {}

  /**
   * A choice between layouts that values requested: different layouts of one label, or the same
   * mesh axis for several labels.
   *
   * @param taken the reason of the layout that was taken
   * @param others the other layouts, the cheapest first
   */
  record Chosen(Through taken, List<Alternative> others) implements Reason {
    /** Copies the list. */
    public Chosen {
      others = List.copyOf(others);
    }
  }

  /**
   * A layout that a value requested.
   *
   * @param label the label
   * @param axes mesh axes of the label, joined by dots
   * @param value the value that requests it
   * @param price the price of the layout
   */
  record Alternative(String label, String axes, String value, Pricing.Price price) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s@%s, asked for by %s: %s", label, axes, value, price);
    }
  }

  /** No annotation reaches the label, so it is whole. */
  record Unasked() implements Reason {}
}
