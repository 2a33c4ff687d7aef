package io.github.shardsum.internal.path;

import io.github.shardsum.path.Network;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network as the searches see it. Labels of size 1 and labels that are summed beforehand are
 * removed; labels that occur in exactly the same terms are fused into one.
 *
 * <p>A leg is one label of a term, as a long. The label is in the upper half. The lower half has
 * the number of operands with this label that were contracted into the term: 1 if the term is an
 * operand. The legs of an operand are sorted by label. A step sums a label if the label's count
 * reaches {@code totals[label]} with this step. The total of an output label is one more than the
 * number of its operands, so an output label is never summed.
 *
 * @param legs the packed legs of each operand
 * @param sizes the size of each fused label
 * @param totals the count at which a label is summed
 * @param output whether a label is in the output
 * @param largestSum elements of the largest result of a sum beforehand; 0 if there is none
 */
public record CompactNetwork(
    long[][] legs, double[] sizes, int[] totals, boolean[] output, double largestSum) {
  /** The number at which products saturate, so that sums and differences of costs stay finite. */
  public static final double HUGE = 1e300;

  public static CompactNetwork of(Network network) {
    int labels = network.labelCount();
    int[] occurrences = occurrences(network);
    boolean[] inOutput = new boolean[labels];
    for (int label : network.output()) {
      inOutput[label] = true;
    }
    int[] fusedOf = fuse(network, occurrences, inOutput);
    int fusedCount = Arrays.stream(fusedOf).max().orElse(-1) + 1;
    double[] sizes = new double[fusedCount];
    int[] totals = new int[fusedCount];
    boolean[] output = new boolean[fusedCount];
    Arrays.fill(sizes, 1);
    for (int label = 0; label < labels; label++) {
      int fused = fusedOf[label];
      if (fused >= 0) {
        sizes[fused] = saturated(sizes[fused] * network.sizes().get(label));
        totals[fused] = occurrences[label] + (inOutput[label] ? 1 : 0);
        output[fused] = inOutput[label];
      }
    }
    long[][] legs = packedLegs(network, fusedOf, fusedCount);
    return new CompactNetwork(legs, sizes, totals, output, largestSum(network, legs, sizes));
  }

  private static double largestSum(Network network, long[][] legs, double[] sizes) {
    double largest = 0;
    for (int i = 0; i < legs.length; i++) {
      double size = size(legs[i], sizes);
      if (network.elements(network.operands().get(i)) != size) {
        largest = Math.max(largest, size);
      }
    }
    return largest;
  }

  public int operandCount() {
    return legs.length;
  }

  public static int label(long leg) {
    return (int) (leg >>> Integer.SIZE);
  }

  public static int count(long leg) {
    return (int) leg;
  }

  public static long leg(int label, int count) {
    return (long) label << Integer.SIZE | count;
  }

  /**
   * The product, at most {@link #HUGE}. NaN, which is 0 times infinity, also gives {@link #HUGE}.
   */
  public static double saturated(double product) {
    return product <= HUGE ? product : HUGE;
  }

  public double size(long[] legs) {
    return size(legs, sizes);
  }

  private static double size(long[] legs, double[] sizes) {
    double product = 1;
    for (long leg : legs) {
      product *= sizes[label(leg)];
    }
    return saturated(product);
  }

  private static int[] occurrences(Network network) {
    int[] occurrences = new int[network.labelCount()];
    for (List<Integer> operand : network.operands()) {
      for (int label : operand) {
        occurrences[label]++;
      }
    }
    return occurrences;
  }

  /**
   * Puts labels that occur in the same terms into one class. Each term in turn splits every class
   * into the labels that it has and those that it lacks. The class of a removed label is -1.
   */
  private static int[] fuse(Network network, int[] occurrences, boolean[] inOutput) {
    int[] classOf = new int[network.labelCount()];
    for (int label = 0; label < classOf.length; label++) {
      boolean summedAtOnce = occurrences[label] == 1 && !inOutput[label];
      boolean gone = occurrences[label] == 0 || summedAtOnce || network.sizes().get(label) == 1;
      classOf[label] = gone ? -1 : inOutput[label] ? 1 : 0;
    }
    int classes = 2;
    Map<Integer, Integer> split = new HashMap<>();
    for (List<Integer> operand : network.operands()) {
      split.clear();
      for (int label : operand) {
        if (classOf[label] >= 0) {
          int fresh = classes;
          classOf[label] = split.computeIfAbsent(classOf[label], old -> fresh);
          classes += classOf[label] == fresh ? 1 : 0;
        }
      }
    }
    return numbered(classOf, classes);
  }

  /** Numbers the remaining classes 0, 1, ... in the order of their first labels. */
  private static int[] numbered(int[] classOf, int classes) {
    int[] numberOf = new int[classes];
    Arrays.fill(numberOf, -1);
    int next = 0;
    for (int label = 0; label < classOf.length; label++) {
      int old = classOf[label];
      if (old >= 0) {
        if (numberOf[old] < 0) {
          numberOf[old] = next++;
        }
        classOf[label] = numberOf[old];
      }
    }
    return classOf;
  }

  private static long[][] packedLegs(Network network, int[] fusedOf, int fusedCount) {
    long[][] packed = new long[network.operandCount()][];
    int[] seenIn = new int[fusedCount];
    for (int i = 0; i < packed.length; i++) {
      long[] legs = new long[network.operands().get(i).size()];
      int count = 0;
      for (int label : network.operands().get(i)) {
        int fused = fusedOf[label];
        if (fused >= 0 && seenIn[fused] != i + 1) {
          seenIn[fused] = i + 1;
          legs[count++] = leg(fused, 1);
        }
      }
      packed[i] = Arrays.copyOf(legs, count);
      Arrays.sort(packed[i]);
    }
    return packed;
  }
}
