package io.github.shardsum.internal.reference;

import io.github.shardsum.einsum.SumOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * Einsums of one or two operands in the order of {@link SumOrder}, written from its definition as
 * plain loops over single numbers. Labels are characters.
 */
public final class ReferenceTreeSum {
  private static final int LANES = 16;

  private final String left;
  private final String right;
  private final String out;
  private final Map<Character, Integer> sizes;
  private final boolean single;
  private final int leaf;

  /**
   * An einsum.
   *
   * @param right labels of the second operand, or none if there is only one operand
   * @param single whether sums are of f32
   */
  public ReferenceTreeSum(
      String left,
      String right,
      String out,
      Map<Character, Integer> sizes,
      boolean single,
      int leaf) {
    this.left = left;
    this.right = right;
    this.out = out;
    this.sizes = Map.copyOf(sizes);
    this.single = single;
    this.leaf = leaf;
  }

  /** An operand's elements by their index along each of its labels. */
  @FunctionalInterface
  public interface Elements {
    /** The element at the indices of its labels. */
    double at(int[] index);
  }

  /** The result in C order. */
  public double[] run(Elements x, Elements y) {
    int all = 1;
    for (int axis = 0; axis < out.length(); axis++) {
      char label = out.charAt(axis);
      all *= sizes.get(label);
    }
    double[] result = new double[all];
    for (int i = 0; i < all; i++) {
      Map<Character, Integer> index = new HashMap<>();
      int rest = i;
      for (int axis = out.length() - 1; axis >= 0; axis--) {
        index.put(out.charAt(axis), rest % sizes.get(out.charAt(axis)));
        rest /= sizes.get(out.charAt(axis));
      }
      result[i] = element(index, x, y);
    }
    return result;
  }

  private double element(Map<Character, Integer> index, Elements x, Elements y) {
    List<Character> contracted = new ArrayList<>();
    for (char label : (left + right).toCharArray()) {
      if (out.indexOf(label) < 0 && !contracted.contains(label)) {
        contracted.add(label);
      }
    }
    if (contracted.isEmpty()) {
      double a = x.at(indices(left, index));
      return right.isEmpty() ? a : rounded(a * y.at(indices(right, index)));
    }
    List<Character> longer = new ArrayList<>(contracted);
    longer.removeIf(label -> sizes.get(label) == 1);
    contracted.forEach(label -> index.put(label, 0));
    return nested(longer.isEmpty() ? contracted.subList(0, 1) : longer, 0, index, x, y);
  }

  private double nested(
      List<Character> labels, int level, Map<Character, Integer> index, Elements x, Elements y) {
    char label = labels.get(level);
    int size = sizes.get(label);
    if (level < labels.size() - 1) {
      return tree(
          0,
          size,
          i -> {
            index.put(label, i);
            return nested(labels, level + 1, index, x, y);
          });
    }
    int leaves = (size + leaf - 1) / leaf;
    return tree(
        0,
        leaves,
        i -> {
          int from = i * leaf;
          int to = Math.min(size, from + leaf);
          return isProduct()
              ? chain(label, from, to, index, x, y)
              : lanes(label, from, to, index, x, y);
        });
  }

  /** The left part is the largest power of two below the number of leaves. */
  private double tree(int from, int to, IntToDoubleFunction leafAt) {
    if (to - from == 1) {
      return leafAt.applyAsDouble(from);
    }
    int power = 1;
    while (2 * power < to - from) {
      power *= 2;
    }
    double before = tree(from, from + power, leafAt);
    return rounded(before + tree(from + power, to, leafAt));
  }

  private boolean isProduct() {
    boolean leftAlone = false;
    boolean rightAlone = false;
    for (int axis = 0; axis < out.length(); axis++) {
      char label = out.charAt(axis);
      leftAlone |= left.indexOf(label) >= 0 && right.indexOf(label) < 0;
      rightAlone |= right.indexOf(label) >= 0 && left.indexOf(label) < 0;
    }
    return leftAlone && rightAlone;
  }

  private double chain(
      char label, int from, int to, Map<Character, Integer> index, Elements x, Elements y) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      index.put(label, i);
      sum = added(sum, index, x, y);
    }
    return sum;
  }

  private double lanes(
      char label, int from, int to, Map<Character, Integer> index, Elements x, Elements y) {
    double[] lanes = new double[LANES];
    for (int i = from; i < to; i++) {
      index.put(label, i);
      lanes[(i - from) % LANES] = added(lanes[(i - from) % LANES], index, x, y);
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] = rounded(lanes[lane] + lanes[lane + half]);
      }
    }
    return lanes[0];
  }

  private double added(double sum, Map<Character, Integer> index, Elements x, Elements y) {
    double a = x.at(indices(left, index));
    if (right.isEmpty()) {
      return rounded(sum + a);
    }
    double b = y.at(indices(right, index));
    return single ? Math.fma((float) a, (float) b, (float) sum) : Math.fma(a, b, sum);
  }

  private double rounded(double value) {
    return single ? (float) value : value;
  }

  private static int[] indices(String labels, Map<Character, Integer> index) {
    return labels.chars().map(label -> index.get((char) label)).toArray();
  }
}
