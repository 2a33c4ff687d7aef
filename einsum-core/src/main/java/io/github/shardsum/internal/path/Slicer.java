package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathException;
import io.github.shardsum.path.Slice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses labels to slice so that every intermediate of a path fits a limit. A greedy choice keeps
 * the added operations few (after Gray and Kourtis 2021, with chunks in place of single values).
 */
public final class Slicer {
  private final LabelFlow flow;
  private final Network network;
  private final double limit;
  private final Set<Integer> outputLabels;

  /** The labels of each intermediate. */
  private final List<List<Integer>> intermediates = new ArrayList<>();

  /** The number of intermediates that are sums ahead of the steps; they come first in the list. */
  private final int reductions;

  public Slicer(LabelFlow flow, double limit) {
    this.flow = flow;
    this.limit = limit;
    network = flow.network();
    outputLabels = new HashSet<>(network.output());
    for (int i = 0; i < flow.operands().size() && network.operandCount() > 1; i++) {
      double full = network.elements(network.operands().get(i));
      if (network.elements(flow.operands().get(i)) != full) {
        intermediates.add(flow.operands().get(i));
      }
    }
    reductions = intermediates.size();
    intermediates.addAll(flow.densified());
    int last = flow.results().size() - 1;
    intermediates.addAll(flow.results().subList(0, Math.max(0, last)));
  }

  /** Whether a sum ahead of the steps is over the limit; no other path avoids this sum. */
  public boolean operandsOversize() {
    return intermediates.stream()
        .limit(reductions)
        .anyMatch(labels -> network.elements(labels) > limit);
  }

  /** A plan for the path, with slices so that all intermediates fit. */
  public ContractionPlan plan() {
    List<Slice> slices = slices(List.of());
    return new ContractionPlan(
        network, flow.path(), slices, new PathCostModel(flow, slices).cost());
  }

  /**
   * The given slices and further ones until all intermediates fit, without those that are not
   * needed.
   */
  public List<Slice> slices(List<Slice> given) {
    Map<Integer, Slice> chosen = new LinkedHashMap<>();
    given.forEach(slice -> chosen.put(slice.label(), slice));
    Optional<Slice> next = next(chosen);
    while (next.isPresent()) {
      chosen.put(next.get().label(), next.get());
      next = next(chosen);
    }
    dropNeedless(chosen);
    List<Slice> slices = ordered(chosen);
    checkPasses(slices);
    return slices;
  }

  /** The best slice to add or to refine; empty if everything fits. */
  public Optional<Slice> next(Map<Integer, Slice> chosen) {
    var model = new PathCostModel(flow, ordered(chosen));
    List<List<Integer>> oversize = oversize(model, intermediates);
    if (oversize.isEmpty()) {
      return Optional.empty();
    }
    List<Integer> worst =
        oversize.stream().max(Comparator.comparingDouble(model::logElements)).orElseThrow();
    double excess = excess(model, oversize);
    double flops = model.flops();
    Slice best = new Slice(0, 1, 1);
    double bestScore = Double.POSITIVE_INFINITY;
    for (int label : candidates(worst)) {
      Optional<Slice> slice = finer(label, chosen, model.elements(worst));
      if (slice.isPresent()) {
        double score = score(chosen, slice.get(), oversize, excess, flops);
        if (score < bestScore) {
          bestScore = score;
          best = slice.get();
        }
      }
    }
    return Optional.of(best);
  }

  /** The labels in the order of trial: summed labels first, so that they win among equals. */
  private List<Integer> candidates(List<Integer> labels) {
    return labels.stream()
        .sorted(Comparator.comparing((Integer l) -> outputLabels.contains(l)).thenComparing(l -> l))
        .toList();
  }

  /**
   * A finer slice of the label, so that an intermediate with this number of elements fits, or comes
   * as near as this label allows; empty if the chunks have size 1 already.
   */
  private Optional<Slice> finer(int label, Map<Integer, Slice> chosen, double elements) {
    long size = network.sizes().get(label);
    long chunk = chosen.containsKey(label) ? chosen.get(label).chunk() : size;
    if (chunk <= 1) {
      return Optional.empty();
    }
    long fits = (long) Math.max(1, Math.min(chunk - 1, Math.floor(chunk * (limit / elements))));
    long count = Math.ceilDiv(size, fits);
    long even = Math.ceilDiv(size, count);
    return Optional.of(new Slice(label, even, Math.ceilDiv(size, even)));
  }

  /**
   * The growth of the operations divided by the reduction of the excess elements, both as
   * logarithms.
   */
  private double score(
      Map<Integer, Slice> chosen,
      Slice slice,
      List<List<Integer>> oversize,
      double excess,
      double flops) {
    var with = new LinkedHashMap<>(chosen);
    with.put(slice.label(), slice);
    var model = new PathCostModel(flow, ordered(with));
    double gain = excess - excess(model, oversize);
    return (logFlops(model.flops()) - logFlops(flops)) / gain;
  }

  private static double logFlops(double flops) {
    return StrictMath.log(Math.clamp(flops, 1, Double.MAX_VALUE));
  }

  private List<List<Integer>> oversize(PathCostModel model, List<List<Integer>> among) {
    return among.stream().filter(labels -> model.elements(labels) > limit).toList();
  }

  private double excess(PathCostModel model, List<List<Integer>> oversize) {
    double excess = 0;
    for (List<Integer> labels : oversize) {
      excess += Math.max(0, model.logElements(labels) - StrictMath.log(limit));
    }
    return excess;
  }

  /** A later slice may have made an earlier one needless. */
  private void dropNeedless(Map<Integer, Slice> chosen) {
    for (int label : List.copyOf(chosen.keySet())) {
      var without = new LinkedHashMap<>(chosen);
      without.remove(label);
      if (oversize(new PathCostModel(flow, ordered(without)), intermediates).isEmpty()) {
        chosen.remove(label);
      }
    }
  }

  /**
   * The slices in order, output labels outermost, so that each part of the output is finished
   * before the next begins.
   */
  private List<Slice> ordered(Map<Integer, Slice> chosen) {
    return chosen.values().stream()
        .sorted(
            Comparator.comparingInt((Slice s) -> outputLabels.contains(s.label()) ? 0 : 1)
                .thenComparingInt(Slice::label))
        .toList();
  }

  private void checkPasses(List<Slice> slices) {
    long passes = 1;
    Set<Integer> labels = new LinkedHashSet<>();
    for (Slice slice : slices) {
      passes = saturatedProduct(passes, slice.count());
      labels.add(slice.label());
    }
    if (passes == Long.MAX_VALUE) {
      throw new PathException(
          String.format(
                  Locale.ROOT,
                  "memory limit: intermediates of at most %.0f elements would need"
                      + " more than 2^63 passes over",
                  limit)
              + " slices of labels "
              + labels
              + "; raise the limit");
    }
  }

  public static long saturatedProduct(long a, long b) {
    return a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
  }
}
