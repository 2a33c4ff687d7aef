package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath.Pair;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathCost;
import io.github.shardsum.path.PathException;
import io.github.shardsum.path.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Counts operations and elements of a path with slices; confined to one thread. */
public final class PathCostModel {
  private final LabelFlow flow;
  private final Network network;
  private final List<Slice> slices;

  /** The number of values of each label in one slice. */
  private final double[] chunk;

  /**
   * The place of a label among the slices, 1 for the outermost slice; 0 for a label without a
   * slice.
   */
  private final int[] depth;

  /** The slice level of each SSA id. */
  private final int[] levels;

  /** A mark for each label of the current term, instead of a set. */
  private final int[] mark;

  private int marks;
  private double summed;

  public PathCostModel(LabelFlow flow, List<Slice> slices) {
    this.flow = flow;
    this.slices = slices;
    network = flow.network();
    chunk = new double[network.labelCount()];
    for (int label = 0; label < chunk.length; label++) {
      chunk[label] = network.sizes().get(label);
    }
    depth = new int[chunk.length];
    mark = new int[chunk.length];
    for (int k = 0; k < slices.size(); k++) {
      checkSlice(slices.get(k));
      chunk[slices.get(k).label()] = slices.get(k).chunk();
      depth[slices.get(k).label()] = k + 1;
    }
    levels = levels();
  }

  public PathCost cost() {
    List<PathCost.Reduction> reductions = reductions();
    var steps = new ArrayList<PathCost.Step>(flow.results().size());
    for (int step = 0; step < flow.results().size(); step++) {
      steps.add(step(step));
    }
    double flops = accumulationFlops();
    double largest = 0;
    double written = 0;
    for (PathCost.Reduction reduction : reductions) {
      flops += reduction.flops();
      if (isIntermediate(reduction)) {
        largest = Math.max(largest, reduction.elements());
        written += reduction.elements() * repeats(reduction.level(), reduction.kept());
      }
    }
    for (List<Integer> labels : flow.densified()) {
      largest = Math.max(largest, elements(labels));
      written += network.elements(labels);
    }
    for (int step = 0; step < steps.size(); step++) {
      flops += steps.get(step).flops();
      if (step < steps.size() - 1) {
        largest = Math.max(largest, steps.get(step).elements());
        written += intermediateElements(step);
      }
    }
    double log10 = naiveLog10();
    return new PathCost(
        naive(log10), log10, flops, largest, written, peak(reductions, steps), reductions, steps);
  }

  /**
   * The operations of all steps and slices, without the other costs; they decide between slices.
   */
  public double flops() {
    double flops = accumulationFlops();
    for (int i = 0; i < flow.operands().size(); i++) {
      flops += reductionFlops(i);
    }
    for (int step = 0; step < flow.results().size(); step++) {
      flops += stepFlops(step);
    }
    return flops;
  }

  public double elements(List<Integer> labels) {
    double product = 1;
    for (int label : labels) {
      product = times(product, chunk[label]);
    }
    return product;
  }

  /** The natural logarithm of {@link #elements}, finite for any labels of sizes above 0. */
  public double logElements(List<Integer> labels) {
    double sum = 0;
    for (int label : labels) {
      sum += StrictMath.log(chunk[label]);
    }
    return sum;
  }

  private List<PathCost.Reduction> reductions() {
    List<PathCost.Reduction> reductions = new ArrayList<>();
    for (int i = 0; i < flow.operands().size(); i++) {
      List<Integer> kept = flow.operands().get(i);
      List<Integer> labels = network.operands().get(i);
      if (kept.size() < labels.size()) {
        reductions.add(
            new PathCost.Reduction(i, labels, kept, reductionFlops(i), elements(kept), levels[i]));
      }
    }
    return reductions;
  }

  /**
   * Whether a sum makes an intermediate. Dropping labels of size 1 is only a view, and the sum of a
   * single operand is the output.
   */
  private boolean isIntermediate(PathCost.Reduction reduction) {
    return network.operandCount() > 1
        && network.elements(reduction.kept()) != network.elements(reduction.labels());
  }

  private double reductionFlops(int operand) {
    List<Integer> labels = network.operands().get(operand);
    List<Integer> kept = flow.operands().get(operand);
    return kept.size() == labels.size() || network.elements(labels) == network.elements(kept)
        ? 0
        : repeats(levels[operand], labels) * network.elements(labels);
  }

  private PathCost.Step step(int step) {
    Pair pair = flow.path().pairs().get(step);
    List<Integer> left = flow.lefts().get(step);
    List<Integer> right = flow.rights().get(step);
    List<Integer> result = flow.results().get(step);
    return new PathCost.Step(
        pair.left(),
        pair.right(),
        left,
        right,
        result,
        stepFlops(step),
        elements(left),
        elements(right),
        elements(result),
        levels[network.operandCount() + step]);
  }

  private double stepFlops(int step) {
    List<Integer> left = flow.lefts().get(step);
    List<Integer> right = flow.rights().get(step);
    markAll(flow.results().get(step));
    int kept = marks;
    summed = 1;
    double points = pointsOf(left, kept, 1);
    points = pointsOf(right, kept, points);
    double rounds = repeats(levels[network.operandCount() + step], left, right);
    return times(times(points, rounds), summed > 1 ? 2 : 1);
  }

  /**
   * Multiplies by the full sizes of labels that are new in this step, and notes whether the step
   * sums any.
   */
  private double pointsOf(List<Integer> labels, int kept, double from) {
    double product = from;
    for (int label : labels) {
      if (mark[label] == kept) {
        mark[label] = kept + 1;
      } else if (mark[label] == kept + 1) {
        continue;
      } else {
        mark[label] = kept + 1;
        summed *= chunk[label] == 1 ? 1 : 2;
      }
      product = times(product, network.sizes().get(label));
    }
    marks = kept + 1;
    return product;
  }

  private void markAll(List<Integer> labels) {
    marks++;
    for (int label : labels) {
      mark[label] = marks;
    }
  }

  /** The number of times that work over these labels is repeated for slices of other labels. */
  @SafeVarargs
  private double repeats(int level, List<Integer>... terms) {
    double repeats = 1;
    for (int k = 0; k < level; k++) {
      int label = slices.get(k).label();
      boolean inside = false;
      for (List<Integer> term : terms) {
        inside |= term.contains(label);
      }
      repeats *= inside ? 1 : slices.get(k).count();
    }
    return repeats;
  }

  private double intermediateElements(int step) {
    List<Integer> result = flow.results().get(step);
    double full = network.elements(result);
    return times(full, repeats(levels[network.operandCount() + step], result));
  }

  /** The additions of slices of summed labels into the output. */
  private double accumulationFlops() {
    double passes = 1;
    for (Slice slice : slices) {
      passes *= network.output().contains(slice.label()) ? 1 : slice.count();
    }
    return times(passes - 1, network.elements(network.output()));
  }

  private double peak(List<PathCost.Reduction> reductions, List<PathCost.Step> steps) {
    double[] held = new double[levels.length];
    double alive = 0;
    for (PathCost.Reduction reduction : reductions) {
      held[reduction.operand()] = isIntermediate(reduction) ? reduction.elements() : 0;
      alive += held[reduction.operand()];
    }
    double peak = network.operandCount() == 1 ? elements(network.output()) : alive;
    for (int step = 0; step < steps.size(); step++) {
      PathCost.Step s = steps.get(step);
      held[network.operandCount() + step] = s.elements();
      alive += s.elements();
      peak = Math.max(peak, alive);
      alive -= held[s.left()] + held[s.right()];
    }
    return peak;
  }

  private int[] levels() {
    int n = network.operandCount();
    int[] levels = new int[n + flow.results().size()];
    if (slices.isEmpty()) {
      return levels;
    }
    for (int i = 0; i < n; i++) {
      for (int label : network.operands().get(i)) {
        levels[i] = Math.max(levels[i], depth[label]);
      }
    }
    for (int step = 0; step < flow.results().size(); step++) {
      Pair pair = flow.path().pairs().get(step);
      levels[n + step] = Math.max(levels[pair.left()], levels[pair.right()]);
    }
    return levels;
  }

  private boolean sumsAnything() {
    markAll(network.output());
    for (List<Integer> operand : network.operands()) {
      for (int label : operand) {
        if (mark[label] != marks && network.sizes().get(label) != 1) {
          return true;
        }
      }
    }
    return false;
  }

  private double naiveFactor() {
    return Math.max(1, network.operandCount() - 1 + (sumsAnything() ? 1 : 0));
  }

  private double naiveLog10() {
    double log = Math.log10(naiveFactor());
    marks++;
    for (List<Integer> operand : network.operands()) {
      for (int label : operand) {
        if (mark[label] != marks) {
          mark[label] = marks;
          log += Math.log10(network.sizes().get(label));
        }
      }
    }
    return log;
  }

  /**
   * The product itself while the logarithm fits a double, so that small counts are exact; else
   * infinite.
   */
  private double naive(double log10) {
    if (log10 > 308) {
      return Double.POSITIVE_INFINITY;
    }
    double product = naiveFactor();
    marks++;
    for (List<Integer> operand : network.operands()) {
      for (int label : operand) {
        if (mark[label] != marks) {
          mark[label] = marks;
          product = times(product, network.sizes().get(label));
        }
      }
    }
    return product;
  }

  private static double times(double a, double b) {
    return a == 0 || b == 0 ? 0 : a * b;
  }

  private void checkSlice(Slice slice) {
    int label = slice.label();
    if (label < 0 || label >= chunk.length || depth[label] != 0) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "slices: labels must be of the network and distinct, got label %d",
              label));
    }
    long size = network.sizes().get(label);
    if (slice.count() != Math.ceilDiv(size, slice.chunk())) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "slices: %d chunks of %d do not just cover label %d of size %d",
              slice.count(),
              slice.chunk(),
              label,
              size));
    }
  }
}
