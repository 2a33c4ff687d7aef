package io.github.shardsum.internal.path;

import java.util.Arrays;

/**
 * Contracts at each step the best pair of tensors with a common label. The best pair is the one
 * that removes the most elements, exactly or with Boltzmann noise. Tensors without common labels
 * are multiplied at the end, the smallest first.
 *
 * <p>Cost and choice are those of opt_einsum's greedy and random-greedy (Smith and Gray 2018). The
 * weights of the operands' sizes and the noise follow Gray and Kourtis 2021. Noise is added once,
 * to the logarithmic score of each candidate, so a trial is one pass over a heap. One instance runs
 * many trials.
 */
public final class GreedySearch {
  /** Limit of the tensors compared for one label; without it, n tensors would cost n^2. */
  private static final int HUB = 64;

  /** The largest number of neighbours with which a tensor is paired. */
  private static final int MAX_NEIGHBOURS = 256;

  /** A trial: its pairs as a flat list of SSA ids, and its cost. */
  public record Trial(int[] ids, double flops) {}

  private final CompactNetwork problem;
  private final PairCost merger;
  private final CandidateHeap heap = new CandidateHeap();
  private final long[][] legs;
  private final double[] size;
  private final boolean[] alive;
  private final int[][] initialMembers;
  private final int[][] members;
  private final int[] memberCount;
  private final int[] stamp;
  private final int[] neighbours = new int[MAX_NEIGHBOURS];
  private int stamps;

  private double weight = 1;
  private double temperature;
  private PathSearchRandom random = new PathSearchRandom(0);

  private int[] ids = new int[0];
  private int made;
  private double flops;

  public GreedySearch(CompactNetwork problem) {
    this.problem = problem;
    merger = new PairCost(problem);
    int n = problem.operandCount();
    legs = Arrays.copyOf(problem.legs(), 2 * n);
    size = new double[2 * n];
    alive = new boolean[2 * n];
    stamp = new int[2 * n];
    for (int i = 0; i < n; i++) {
      size[i] = problem.size(legs[i]);
    }
    initialMembers = initialMembers();
    members = new int[initialMembers.length][];
    memberCount = new int[initialMembers.length];
  }

  /** The greedy path without noise. */
  public Trial greedy() {
    return trial(1, 0, random);
  }

  /** A path with noise; the weight multiplies the sizes of the operands in the score. */
  public Trial trial(double weight, double temperature, PathSearchRandom random) {
    this.weight = weight;
    this.temperature = temperature;
    this.random = random;
    reset();
    pushInitial();
    while (!heap.isEmpty()) {
      long pair = heap.pop();
      int a = (int) (pair >>> Integer.SIZE);
      int b = (int) pair;
      if (alive[a] && alive[b]) {
        pushNeighbours(contract(a, b), 0);
      }
    }
    multiplyRest();
    return new Trial(ids, flops);
  }

  private void reset() {
    int n = problem.operandCount();
    Arrays.fill(alive, false);
    Arrays.fill(alive, 0, n, true);
    for (int label = 0; label < members.length; label++) {
      members[label] = initialMembers[label].clone();
      memberCount[label] = members[label].length;
    }
    heap.clear();
    ids = new int[2 * (n - 1)];
    made = 0;
    flops = 0;
  }

  /**
   * The operands of each label. The smallest operands of a hub come first, because operands are
   * examined in this order.
   */
  private int[][] initialMembers() {
    int[] counts = new int[problem.sizes().length];
    for (int i = 0; i < problem.operandCount(); i++) {
      for (long leg : legs[i]) {
        counts[CompactNetwork.label(leg)]++;
      }
    }
    int[][] lists = new int[counts.length][];
    Arrays.setAll(lists, label -> new int[counts[label]]);
    Arrays.fill(counts, 0);
    for (int i = 0; i < problem.operandCount(); i++) {
      for (long leg : legs[i]) {
        int label = CompactNetwork.label(leg);
        lists[label][counts[label]++] = i;
      }
    }
    for (int label = 0; label < lists.length; label++) {
      if (lists[label].length > HUB) {
        lists[label] = smallestFirst(lists[label]);
      }
    }
    return lists;
  }

  private int[] smallestFirst(int[] operands) {
    return Arrays.stream(operands)
        .boxed()
        .sorted((a, b) -> Double.compare(size[a], size[b]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void pushInitial() {
    for (int a = 0; a < problem.operandCount(); a++) {
      pushNeighbours(a, a);
    }
  }

  /**
   * Pushes the pairs of a tensor with its neighbours: those with an id above {@code after}, or all
   * if it is 0.
   */
  private void pushNeighbours(int tensor, int after) {
    stamps++;
    stamp[tensor] = stamps;
    int found = 0;
    for (long leg : legs[tensor]) {
      found = collect(CompactNetwork.label(leg), found);
    }
    for (int k = 0; k < found; k++) {
      int other = neighbours[k];
      if (after == 0 || other > after) {
        merger.merge(legs[tensor], legs[other]);
        heap.push(
            score(merger.size, size[tensor] + size[other]), CandidateHeap.pair(tensor, other));
      }
    }
  }

  private int collect(int label, int found) {
    int[] list = members[label];
    int kept = 0;
    int seen = 0;
    while (seen < memberCount[label] && kept < HUB) {
      int other = list[seen++];
      if (alive[other]) {
        list[kept++] = other;
        if (stamp[other] != stamps && found < MAX_NEIGHBOURS) {
          stamp[other] = stamps;
          neighbours[found++] = other;
        }
      }
    }
    System.arraycopy(list, seen, list, kept, memberCount[label] - seen);
    memberCount[label] -= seen - kept;
    return found;
  }

  private double score(double result, double operands) {
    double removed = result - weight * operands;
    if (temperature == 0) {
      return removed;
    }
    double noise = temperature * random.gumbel();
    return removed == 0
        ? -noise
        : Math.copySign(PathSearchRandom.log2(1 + Math.abs(removed)), removed) - noise;
  }

  private int contract(int a, int b) {
    merger.merge(legs[a], legs[b]);
    int result = problem.operandCount() + made;
    ids[2 * made] = Math.min(a, b);
    ids[2 * made + 1] = Math.max(a, b);
    made++;
    flops += merger.flops;
    legs[result] = merger.legs();
    size[result] = merger.size;
    alive[a] = false;
    alive[b] = false;
    alive[result] = true;
    for (long leg : legs[result]) {
      append(CompactNetwork.label(leg), result);
    }
    return result;
  }

  private void append(int label, int tensor) {
    if (memberCount[label] == members[label].length) {
      members[label] = Arrays.copyOf(members[label], 2 * memberCount[label] + 1);
    }
    members[label][memberCount[label]++] = tensor;
  }

  private void multiplyRest() {
    for (int id = 0; id < problem.operandCount() + made; id++) {
      if (alive[id]) {
        heap.push(size[id], id);
      }
    }
    while (!heap.isEmpty()) {
      int a = (int) heap.pop();
      if (heap.isEmpty()) {
        return;
      }
      int result = contract(a, (int) heap.pop());
      heap.push(size[result], result);
    }
  }
}
