package io.github.shardsum.internal.program.attention;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The labels of attention by their roles.
 *
 * @param query the labels of q
 * @param key the labels of k
 * @param value the labels of v
 * @param width the label that scores sum over, which q and k have
 * @param keys the label of keys, which k and v have
 * @param out the label that only v has
 */
public record AttentionLabels(
    List<String> query,
    List<String> key,
    List<String> value,
    String width,
    String keys,
    String out) {
  /** The roles of labels; empty if these are not the labels of attention. */
  static Optional<AttentionLabels> of(ValueType q, ValueType k, ValueType v) {
    List<String> width = both(q, k, v);
    List<String> keys = both(k, v, q);
    List<String> out = v.names().stream().filter(x -> q.axis(x) < 0 && k.axis(x) < 0).toList();
    boolean fits =
        width.size() == 1
            && keys.size() == 1
            && out.size() == 1
            && both(q, v, k).isEmpty()
            && k.names().stream().allMatch(x -> q.axis(x) >= 0 || v.axis(x) >= 0);
    return fits
        ? Optional.of(
            new AttentionLabels(
                q.names(), k.names(), v.names(), width.getFirst(), keys.getFirst(), out.getFirst()))
        : Optional.empty();
  }

  private static List<String> both(ValueType one, ValueType two, ValueType without) {
    return one.names().stream()
        .filter(label -> two.axis(label) >= 0 && without.axis(label) < 0)
        .toList();
  }

  /** The labels of q without the width: those of a row of scores. */
  public List<String> rows() {
    return query.stream().filter(label -> !label.equals(width)).toList();
  }

  /** The labels of scores: those of rows, then the label of keys. */
  List<String> scores() {
    List<String> all = new ArrayList<>(rows());
    all.add(keys);
    return all;
  }

  /** The labels of y: those of q, with the label that only v has for the width. */
  public List<String> result() {
    return query.stream().map(label -> label.equals(width) ? out : label).toList();
  }

  /** Labels that q, k and v have: products with different indices are independent of each other. */
  public List<String> batch() {
    return rows().stream().filter(key::contains).toList();
  }

  /** An equation of values with an output of given labels. */
  static Equation equation(List<String> output, Value... values) {
    List<Term> terms = Arrays.stream(values).map(value -> term(value.type().names())).toList();
    return new Equation(terms, term(output));
  }

  private static Term term(List<String> labels) {
    return Term.of(labels.toArray(String[]::new));
  }
}
