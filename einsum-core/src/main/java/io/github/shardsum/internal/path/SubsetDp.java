package io.github.shardsum.internal.path;

import java.util.Arrays;

/**
 * The best contraction tree over a few tensors, outer products included, by dynamic programming
 * over all their subsets. Confined to one thread; its arrays are reused from call to call.
 *
 * <p>The bound and the order of work are those of opt_einsum's dp (Pfeifer, Haegeman and Verstraete
 * 2014). Unlike dp, the search covers all subsets, because a tree without outer products can cost
 * 1.5 times as much as the best one. A subset is dropped if its cost and the least cost of the next
 * step exceed the cap together.
 */
public final class SubsetDp {
  /** Limit of the number n of tensors; a search takes 3^n steps and 2^n entries. */
  public static final int MAX_LEAVES = 20;

  private static final int CHUNK_BITS = 8;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final int CHUNK_MASK = CHUNK - 1;

  /** Tolerance of rounding, so that a path that costs exactly the cap is kept. */
  private static final double SLACK = 1 + 1e-9;

  private int leaves;
  private int words;
  private int chunks;
  private long[] union = new long[0];
  private long[] legs = new long[0];
  private double[] size = new double[0];
  private double[] cost = new double[0];
  private int[] split = new int[0];
  private double[] products = new double[0];

  /**
   * Loads the tensors.
   *
   * @param leaves the number of tensors, 1 to {@link #MAX_LEAVES}
   * @param leafLabels the labels of each tensor as bits, {@code words} longs for a tensor
   * @param output the labels that the result keeps, as bits
   * @param sizes the sizes of the labels
   */
  public void load(int leaves, long[] leafLabels, long[] output, double[] sizes) {
    this.leaves = leaves;
    words = output.length;
    chunks = (sizes.length + CHUNK_BITS - 1) / CHUNK_BITS;
    int subsets = 1 << leaves;
    if (cost.length < subsets) {
      size = new double[subsets];
      cost = new double[subsets];
      split = new int[subsets];
    }
    if (legs.length < subsets * words) {
      legs = new long[subsets * words];
      union = new long[subsets * words];
    }
    loadProducts(sizes);
    loadSubsets(leafLabels, output);
  }

  /**
   * The fewest flops of a tree whose intermediates are within the limit; infinite if above the cap.
   */
  public double minimiseFlops(double cap, double sizeLimit) {
    int full = (1 << leaves) - 1;
    for (int set = 1; set <= full; set++) {
      boolean leaf = (set & (set - 1)) == 0;
      boolean hopeless = set != full && (2 * size[set] > cap * SLACK || size[set] > sizeLimit);
      cost[set] = leaf ? 0 : Double.POSITIVE_INFINITY;
      if (!leaf && !hopeless) {
        double bound = cap * SLACK + 1 - (set == full ? 0 : size[set]);
        split(set, bound);
      }
    }
    return cost[full];
  }

  /** The size of the largest intermediate, for the tree where it is smallest. */
  public double minimiseSize() {
    int full = (1 << leaves) - 1;
    for (int set = 1; set <= full; set++) {
      boolean leaf = (set & (set - 1)) == 0;
      cost[set] = leaf ? 0 : Double.POSITIVE_INFINITY;
      if (!leaf) {
        splitBySize(set, set == full ? 0 : size[set]);
      }
    }
    return cost[full];
  }

  /**
   * One of the two parts of a set. The best tree contracts these two parts with each other last.
   */
  public int split(int set) {
    return split[set];
  }

  private void loadProducts(double[] sizes) {
    if (products.length < chunks * CHUNK) {
      products = new double[chunks * CHUNK];
    }
    for (int chunk = 0; chunk < chunks; chunk++) {
      int base = chunk * CHUNK;
      products[base] = 1;
      int bits = Math.min(CHUNK_BITS, sizes.length - chunk * CHUNK_BITS);
      for (int bit = 0; bit < bits; bit++) {
        double factor = sizes[chunk * CHUNK_BITS + bit];
        for (int low = 0; low < 1 << bit; low++) {
          products[base + (1 << bit) + low] = products[base + low] * factor;
        }
      }
    }
  }

  private void loadSubsets(long[] leafLabels, long[] output) {
    int full = (1 << leaves) - 1;
    Arrays.fill(union, 0, words, 0);
    for (int set = 1; set <= full; set++) {
      int leaf = Integer.numberOfTrailingZeros(set);
      int rest = set & (set - 1);
      for (int w = 0; w < words; w++) {
        union[set * words + w] = union[rest * words + w] | leafLabels[leaf * words + w];
      }
    }
    for (int set = 1; set <= full; set++) {
      for (int w = 0; w < words; w++) {
        long outside = union[(full ^ set) * words + w] | output[w];
        legs[set * words + w] = union[set * words + w] & outside;
      }
      size[set] = product(set, set);
    }
  }

  /** Elements of a tensor that has all labels of the two subsets. */
  private double product(int a, int b) {
    double product = 1;
    int chunk = 0;
    for (int w = 0; w < words; w++) {
      long bits = legs[a * words + w] | legs[b * words + w];
      int end = Math.min(chunks, chunk + Long.SIZE / CHUNK_BITS);
      for (; chunk < end; chunk++) {
        product *= products[chunk * CHUNK + (int) (bits & CHUNK_MASK)];
        bits >>>= CHUNK_BITS;
      }
    }
    return CompactNetwork.saturated(product);
  }

  private void split(int set, double bound) {
    double best = bound;
    double last = size[set];
    int lowest = set & -set;
    int others = set ^ lowest;
    int part = others;
    // every proper part of the set that holds its lowest leaf
    do {
      part = (part - 1) & others;
      int a = part | lowest;
      int b = set ^ a;
      double below = cost[a] + cost[b];
      if (below + last < best && below + Math.max(size[a], size[b]) < best) {
        double total = below + flops(a, b, set);
        if (total < best) {
          best = total;
          cost[set] = total;
          split[set] = a;
        }
      }
    } while (part != 0);
  }

  private double flops(int a, int b, int set) {
    boolean sums = false;
    for (int w = 0; w < words; w++) {
      sums |= (legs[a * words + w] | legs[b * words + w]) != legs[set * words + w];
    }
    return product(a, b) * (sums ? 2 : 1);
  }

  private void splitBySize(int set, double own) {
    double best = Double.POSITIVE_INFINITY;
    int lowest = set & -set;
    int others = set ^ lowest;
    int part = others;
    do {
      part = (part - 1) & others;
      int a = part | lowest;
      double largest = Math.max(own, Math.max(cost[a], cost[set ^ a]));
      if (largest < best) {
        best = largest;
        cost[set] = largest;
        split[set] = a;
      }
    } while (part != 0);
  }
}
