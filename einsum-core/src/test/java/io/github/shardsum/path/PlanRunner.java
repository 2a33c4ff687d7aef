package io.github.shardsum.path;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a plan on small integers as its contract says, slices, levels and all, and the network
 * itself as one loop nest.
 */
final class PlanRunner {
  /** A tensor as a map from the values of its labels to an element. */
  record Sparse(List<Integer> labels, Map<List<Long>, Long> elements) {}

  private final ContractionPlan plan;
  private final Network network;

  /** For each label the first value of the chunk in hand and the value after its last. */
  private final long[] from;

  private final long[] to;
  private int stepsRun;

  PlanRunner(ContractionPlan plan) {
    this.plan = plan;
    network = plan.network();
    from = new long[network.labelCount()];
    to = new long[network.labelCount()];
    for (int label = 0; label < to.length; label++) {
      to[label] = network.sizes().get(label);
    }
  }

  int stepsRun() {
    return stepsRun;
  }

  Map<List<Long>, Long> run() {
    Map<List<Long>, Long> output = new HashMap<>();
    Sparse[] tensors = new Sparse[2 * network.operandCount() - 1];
    long[] chunks = new long[plan.slices().size()];
    int changed = 0;
    boolean first = true;
    while (first || changed > 0) {
      pass(tensors, chunks, first ? 0 : changed, first);
      tensors[tensors.length - 1].elements().forEach((at, v) -> output.merge(at, v, Long::sum));
      changed = advance(chunks);
      first = false;
    }
    return output;
  }

  Map<List<Long>, Long> runNaively() {
    Set<Integer> labels = new LinkedHashSet<>();
    network.operands().forEach(labels::addAll);
    Sparse product = new Sparse(List.of(), Map.of(List.of(), 1L));
    for (int i = 0; i < network.operandCount(); i++) {
      Sparse operand = operand(i);
      Set<Integer> both = new LinkedHashSet<>(product.labels());
      both.addAll(operand.labels());
      product = contract(product, operand, List.copyOf(both));
    }
    return reduce(product, network.output()).elements();
  }

  /** The next combination of chunks, and the outermost slice that changed, counted from 1. */
  private int advance(long[] chunks) {
    for (int k = chunks.length - 1; k >= 0; k--) {
      if (++chunks[k] < plan.slices().get(k).count()) {
        return k + 1;
      }
      chunks[k] = 0;
    }
    return 0;
  }

  private void pass(Sparse[] tensors, long[] chunks, int changed, boolean first) {
    for (int k = 0; k < chunks.length; k++) {
      Slice slice = plan.slices().get(k);
      from[slice.label()] = chunks[k] * slice.chunk();
      to[slice.label()] =
          Math.min(network.sizes().get(slice.label()), from[slice.label()] + slice.chunk());
    }
    for (int i = 0; i < network.operandCount(); i++) {
      tensors[i] = operand(i);
    }
    for (PathCost.Reduction r : plan.cost().reductions()) {
      tensors[r.operand()] = reduce(tensors[r.operand()], r.kept());
    }
    for (int k = 0; k < plan.cost().steps().size(); k++) {
      PathCost.Step step = plan.cost().steps().get(k);
      if (first || step.level() >= changed) {
        tensors[network.operandCount() + k] =
            contract(tensors[step.left()], tensors[step.right()], step.resultLabels());
        stepsRun++;
      }
    }
    int last = tensors.length - 1;
    tensors[last] = reduce(tensors[last], network.output());
  }

  private Sparse operand(int i) {
    List<Integer> labels = network.operands().get(i);
    Map<List<Long>, Long> elements = new HashMap<>();
    fill(labels, new ArrayList<>(), i, elements);
    return new Sparse(labels, elements);
  }

  private void fill(List<Integer> labels, List<Long> at, int seed, Map<List<Long>, Long> elements) {
    if (at.size() == labels.size()) {
      elements.put(List.copyOf(at), Math.floorMod(31L * seed + at.hashCode(), 5L) - 2);
      return;
    }
    int label = labels.get(at.size());
    for (long value = from[label]; value < to[label]; value++) {
      at.add(value);
      fill(labels, at, seed, elements);
      at.removeLast();
    }
  }

  private static Sparse contract(Sparse a, Sparse b, List<Integer> result) {
    Map<List<Long>, Long> elements = new HashMap<>();
    List<Integer> shared = a.labels().stream().filter(b.labels()::contains).toList();
    List<Integer> all = new ArrayList<>(a.labels());
    all.addAll(b.labels());
    Map<List<Long>, List<Map.Entry<List<Long>, Long>>> byShared = new HashMap<>();
    for (var entry : b.elements().entrySet()) {
      byShared
          .computeIfAbsent(pick(b.labels(), entry.getKey(), shared), k -> new ArrayList<>())
          .add(entry);
    }
    for (var left : a.elements().entrySet()) {
      for (var right : byShared.getOrDefault(pick(a.labels(), left.getKey(), shared), List.of())) {
        List<Long> at = new ArrayList<>(left.getKey());
        at.addAll(right.getKey());
        elements.merge(pick(all, at, result), left.getValue() * right.getValue(), Long::sum);
      }
    }
    return new Sparse(result, elements);
  }

  private static Sparse reduce(Sparse tensor, List<Integer> kept) {
    Map<List<Long>, Long> elements = new HashMap<>();
    tensor
        .elements()
        .forEach((at, v) -> elements.merge(pick(tensor.labels(), at, kept), v, Long::sum));
    return new Sparse(kept, elements);
  }

  private static List<Long> pick(List<Integer> labels, List<Long> at, List<Integer> wanted) {
    return wanted.stream().map(label -> at.get(labels.indexOf(label))).toList();
  }
}
