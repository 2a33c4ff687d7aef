package io.github.shardsum.path;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The meaning of cost, straight from its definition: a tensor is the set of operands below it. */
final class NaiveCosts {
  record Costs(double flops, double largest, double written) {}

  private final Network network;
  private double flops;
  private double largest;
  private double written;

  private NaiveCosts(Network network) {
    this.network = network;
    for (int i = 0; i < network.operandCount(); i++) {
      Set<Integer> all = new TreeSet<>(network.operands().get(i));
      Set<Integer> kept = labels(single(i));
      if (product(kept) != product(all)) {
        flops += product(all);
        if (network.operandCount() > 1) {
          largest = Math.max(largest, product(kept));
          written += product(kept);
        }
      }
    }
  }

  static Costs of(Network network, int[][] linear) {
    var costs = new NaiveCosts(network);
    List<BitSet> left = costs.operands();
    for (int[] step : linear) {
      costs.contract(left, step[0], step[1]);
    }
    return costs.costs();
  }

  /** The costs of every order of pairwise contractions. */
  static List<Costs> ofAllPaths(Network network) {
    var start = new NaiveCosts(network);
    List<Costs> all = new ArrayList<>();
    start.collect(start.operands(), all);
    return all;
  }

  private void collect(List<BitSet> left, List<Costs> all) {
    if (left.size() == 1) {
      all.add(costs());
      return;
    }
    Costs before = costs();
    for (int i = 0; i < left.size(); i++) {
      for (int j = i + 1; j < left.size(); j++) {
        List<BitSet> rest = new ArrayList<>(left);
        contract(rest, i, j);
        collect(rest, all);
        flops = before.flops();
        largest = before.largest();
        written = before.written();
      }
    }
  }

  private void contract(List<BitSet> left, int i, int j) {
    BitSet a = left.get(i);
    BitSet b = left.get(j);
    BitSet both = (BitSet) a.clone();
    both.or(b);
    Set<Integer> union = new TreeSet<>(labels(a));
    union.addAll(labels(b));
    Set<Integer> kept = labels(both);
    Set<Integer> summed = new TreeSet<>(union);
    summed.removeAll(kept);
    boolean adds = summed.stream().anyMatch(label -> network.sizes().get(label) != 1);
    flops += product(union) * (adds ? 2 : 1);
    left.remove(Math.max(i, j));
    left.remove(Math.min(i, j));
    left.add(both);
    if (left.size() > 1) {
      largest = Math.max(largest, product(kept));
      written += product(kept);
    }
  }

  private Costs costs() {
    return new Costs(flops, largest, written);
  }

  private List<BitSet> operands() {
    List<BitSet> sets = new ArrayList<>();
    for (int i = 0; i < network.operandCount(); i++) {
      sets.add(single(i));
    }
    return sets;
  }

  private Set<Integer> labels(BitSet operands) {
    Set<Integer> inside = new TreeSet<>();
    Set<Integer> wanted = new TreeSet<>(network.output());
    for (int i = 0; i < network.operandCount(); i++) {
      (operands.get(i) ? inside : wanted).addAll(network.operands().get(i));
    }
    inside.retainAll(wanted);
    return inside;
  }

  private double product(Set<Integer> labels) {
    return labels.stream()
        .mapToDouble(label -> network.sizes().get(label))
        .reduce(1, (a, b) -> a * b);
  }

  private static BitSet single(int i) {
    var set = new BitSet();
    set.set(i);
    return set;
  }
}
