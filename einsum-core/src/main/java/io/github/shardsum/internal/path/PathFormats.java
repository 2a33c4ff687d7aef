package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.ContractionPath.Pair;
import io.github.shardsum.path.PathException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;

/** Conversions between canonical pairs of SSA ids and the forms that NumPy and opt_einsum use. */
public final class PathFormats {
  private PathFormats() {}

  public static ContractionPath ofLinear(int operandCount, int[][] steps) {
    int[] left = firstIds(operandCount);
    int count = left.length;
    var pairs = new ArrayList<Pair>();
    for (int step = 0; step < steps.length; step++) {
      int[] positions = steps[step];
      checkPositions(step, positions, count);
      int result = left[positions[0]];
      for (int k = 1; k < positions.length; k++) {
        pairs.add(new Pair(result, left[positions[k]]));
        result = operandCount + pairs.size() - 1;
      }
      count = removeAll(left, count, positions);
      left[count++] = result;
    }
    checkAllContracted(count);
    return new ContractionPath(operandCount, pairs);
  }

  public static ContractionPath ofSsa(int operandCount, int[][] steps) {
    int[] idOf = Arrays.copyOf(firstIds(operandCount), operandCount + steps.length);
    int[] usedBy = new int[idOf.length];
    int left = operandCount;
    var pairs = new ArrayList<Pair>();
    for (int step = 0; step < steps.length; step++) {
      checkIds(step, steps[step], operandCount + step, usedBy);
      int result = idOf[steps[step][0]];
      for (int k = 1; k < steps[step].length; k++) {
        pairs.add(new Pair(result, idOf[steps[step][k]]));
        result = operandCount + pairs.size() - 1;
      }
      left -= steps[step].length - 1;
      idOf[operandCount + step] = result;
    }
    checkAllContracted(left);
    return new ContractionPath(operandCount, pairs);
  }

  public static int[][] toLinear(ContractionPath path) {
    // new ids are larger than all before, so the list of remaining ids is always sorted
    int[] left = firstIds(path.operandCount());
    int count = left.length;
    int[][] steps = new int[path.pairs().size()][];
    for (int step = 0; step < steps.length; step++) {
      Pair pair = path.pairs().get(step);
      int first = Arrays.binarySearch(left, 0, count, pair.left());
      int second = Arrays.binarySearch(left, 0, count, pair.right());
      steps[step] = new int[] {first, second};
      count = removeAll(left, count, steps[step]);
      left[count++] = path.operandCount() + step;
    }
    return steps;
  }

  public static String print(int[][] steps) {
    var text = new StringBuilder("[");
    for (int[] step : steps) {
      text.append(text.length() > 1 ? ", (" : "(");
      for (int k = 0; k < step.length; k++) {
        text.append(k > 0 ? ", " : "").append(step[k]);
      }
      text.append(')');
    }
    return text.append(']').toString();
  }

  private static int[] firstIds(int operandCount) {
    if (operandCount < 1) {
      throw new PathException(
          String.format(Locale.ROOT, "path: at least one operand is needed, got %d", operandCount));
    }
    int[] ids = new int[operandCount];
    Arrays.setAll(ids, i -> i);
    return ids;
  }

  private static int removeAll(int[] left, int count, int[] positions) {
    int[] sorted = positions.clone();
    Arrays.sort(sorted);
    for (int k = sorted.length - 1; k >= 0; k--) {
      System.arraycopy(left, sorted[k] + 1, left, sorted[k], count - sorted[k] - 1);
      count--;
    }
    return count;
  }

  private static void checkPositions(int step, int[] positions, int count) {
    if (positions.length == 0) {
      throw new PathException(String.format(Locale.ROOT, "path: step %d takes no operand", step));
    }
    for (int position : positions) {
      if (position < 0 || position >= count) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "path: step %d takes position %d, but %d operands are left, at positions 0 to %d",
                step,
                position,
                count,
                count - 1));
      }
    }
    checkDistinct(step, "position", positions);
  }

  private static void checkIds(int step, int[] ids, int idCount, int[] usedBy) {
    if (ids.length == 0) {
      throw new PathException(String.format(Locale.ROOT, "path: step %d takes no operand", step));
    }
    checkDistinct(step, "id", ids);
    for (int id : ids) {
      checkId(step, id, idCount, usedBy);
    }
  }

  /**
   * Checks an operand of a step, and keeps that the step has used it.
   *
   * @param idCount ids before the step
   * @param usedBy the step of each id, counted from 1; 0 of an id that is left
   */
  public static void checkId(int step, int id, int idCount, int[] usedBy) {
    if (id < 0 || id >= idCount) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "path: step %d takes id %d, but before it there are only ids 0 to %d",
              step,
              id,
              idCount - 1));
    }
    if (usedBy[id] != 0) {
      throw new PathException(
          usedBy[id] == step + 1
              ? String.format(Locale.ROOT, "path: step %d takes id %d twice", step, id)
              : String.format(
                  Locale.ROOT,
                  "path: step %d takes id %d, which step %d has already contracted",
                  step,
                  id,
                  usedBy[id] - 1));
    }
    usedBy[id] = step + 1;
  }

  private static void checkDistinct(int step, String kind, int[] values) {
    int[] sorted = values.clone();
    Arrays.sort(sorted);
    for (int k = 1; k < sorted.length; k++) {
      if (sorted[k] == sorted[k - 1]) {
        throw new PathException(
            String.format(Locale.ROOT, "path: step %d takes %s %d twice", step, kind, sorted[k]));
      }
    }
  }

  private static void checkAllContracted(int left) {
    if (left != 1) {
      throw new PathException(
          String.format(
                  Locale.ROOT,
                  "path: expected 1 operand after the last step, got %d; add a step"
                      + " that takes positions",
                  left)
              + String.format(Locale.ROOT, " 0 to %d", left - 1));
    }
  }
}
