package io.github.shardsum.path;

import io.github.shardsum.internal.path.PathFormats;
import io.github.shardsum.internal.path.PathParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The order in which operands are contracted, pair by pair; an immutable, thread-safe value.
 *
 * <p>The path is stored in SSA form (the {@code ssa_path} of opt_einsum): operands have ids 0 to
 * n-1, step k makes id n+k, and every id except the last is used once. {@link #toLinear()} converts
 * it to the linear form that NumPy and opt_einsum print, and {@link #ofLinear} reads that form. In
 * the linear form, each step names positions in the list of remaining operands. The operands at
 * these positions are removed, and the result of the step is appended.
 *
 * @param operandCount the number of operands n, at least 1
 * @param pairs the n-1 steps
 */
public record ContractionPath(int operandCount, List<Pair> pairs) {

  /**
   * One step: two ids that are contracted, the smaller one first.
   *
   * @param left the smaller id
   * @param right the larger id
   */
  public record Pair(int left, int right) {
    /** Puts the smaller id first. */
    public Pair {
      if (left > right) {
        int smaller = right;
        right = left;
        left = smaller;
      }
    }
  }

  /**
   * Copies and checks the steps.
   *
   * @throws PathException if a step uses an id that does not exist yet or that an earlier step
   *     used, or uses an id twice, or if there are not n-1 steps
   */
  public ContractionPath {
    if (operandCount < 1) {
      throw new PathException(
          String.format(Locale.ROOT, "path: at least one operand is needed, got %d", operandCount));
    }
    pairs = List.copyOf(pairs);
    checkPairs(operandCount, pairs);
  }

  /**
   * Makes a path from steps of positions, the linear form of NumPy and opt_einsum.
   *
   * @param operandCount the number of operands
   * @param steps the positions that each step takes; a single position moves its operand to the
   *     end; three or more are contracted pairwise from left to right
   * @return the path
   * @throws PathException if a position is out of range or repeated, or if not exactly one operand
   *     is left at the end
   */
  public static ContractionPath ofLinear(int operandCount, int[][] steps) {
    return PathFormats.ofLinear(operandCount, steps);
  }

  /**
   * Makes a path from steps of SSA ids. Each step makes one new id. A step with a single id only
   * renames it; three or more ids are contracted pairwise from left to right.
   *
   * @param operandCount the number of operands
   * @param steps the ids of each step
   * @return the path
   * @throws PathException if an id does not exist yet or is used twice, or if not exactly one
   *     operand is left at the end
   */
  public static ContractionPath ofSsa(int operandCount, int[][] steps) {
    return PathFormats.ofSsa(operandCount, steps);
  }

  /**
   * Contracts the operands from left to right.
   *
   * @param operandCount the number of operands
   * @return the path
   */
  public static ContractionPath leftToRight(int operandCount) {
    var pairs = new ArrayList<Pair>();
    for (int i = 1; i < operandCount; i++) {
      pairs.add(new Pair(i == 1 ? 0 : operandCount + i - 2, i));
    }
    return new ContractionPath(operandCount, pairs);
  }

  /**
   * Reads a path as {@link #toString()}, NumPy's {@code einsum_path} and opt_einsum's {@code
   * contract_path} print it.
   *
   * @param text for example {@code [(0, 2), (0, 1)]}; a first element {@code 'einsum_path'} is
   *     skipped
   * @return the path; its number of operands follows from the steps
   * @throws PathException if the text is no such list or the path is not valid
   */
  public static ContractionPath parse(String text) {
    return new PathParser(text).parse();
  }

  /**
   * Returns the steps as positions in the list of remaining operands.
   *
   * @return a new array of n-1 pairs of positions, the smaller one first
   */
  public int[][] toLinear() {
    return PathFormats.toLinear(this);
  }

  /**
   * Returns the steps as SSA ids.
   *
   * @return a new array of n-1 pairs of ids, the smaller one first
   */
  public int[][] toSsa() {
    return pairs.stream().map(pair -> new int[] {pair.left(), pair.right()}).toArray(int[][]::new);
  }

  /**
   * Prints the linear form.
   *
   * @return for example {@code [(0, 2), (0, 1)]}, and {@code []} for one operand
   */
  @Override
  public String toString() {
    return PathFormats.print(toLinear());
  }

  private static void checkPairs(int operandCount, List<Pair> pairs) {
    int[] usedBy = new int[operandCount + pairs.size()];
    for (int step = 0; step < pairs.size(); step++) {
      Pair pair = pairs.get(step);
      PathFormats.checkId(step, pair.left(), operandCount + step, usedBy);
      PathFormats.checkId(step, pair.right(), operandCount + step, usedBy);
    }
    if (pairs.size() != operandCount - 1) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "path: %d operands need %d pairs, got %d",
              operandCount,
              operandCount - 1,
              pairs.size()));
    }
  }
}
