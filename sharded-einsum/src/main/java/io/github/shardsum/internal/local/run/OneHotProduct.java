package io.github.shardsum.internal.local.run;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A product with a one-hot whose sums follow a fixed tree, computed from the positions of the ones:
 * rows of the other operand are gathered, or added up in the tree's order. A sum begins at +0 and
 * is never -0, so terms that are +0 or -0 change nothing. The result therefore has the bits of the
 * product with all elements of the one-hot, if the other operand {@linkplain #isFinite is finite}.
 */
public final class OneHotProduct {
  /** Elements of a row that are added at once. */
  private static final int BLOCK = 1024;

  private static final int TASKS_A_THREAD = 4;

  /**
   * A label.
   *
   * @param hot its axis in the one-hot, -1 if it has none
   * @param other its axis in the other operand, -1 if it has none
   * @param out its axis in the result, -1 if it has none
   */
  private record Loop(long size, int hot, int other, int out) {}

  private final List<Loop> kept;
  private final List<Loop> summed;
  private final List<Loop> free;
  private final Loop tail;
  private final int leaf;
  private final int rows;
  private final int terms;

  private OneHotProduct(
      List<Loop> kept, List<Loop> summed, List<Loop> free, Loop tail, int leaf, long most) {
    this.kept = kept;
    this.summed = summed;
    this.free = free;
    this.tail = tail;
    this.leaf = leaf;
    this.terms = (int) (points(kept) * points(summed));
    this.rows = (int) most;
  }

  /**
   * The product of an einsum.
   *
   * @param side the operand that is a one-hot along its last label
   * @param leaf terms of a leaf of the tree
   * @return the product; empty if the einsum has another form
   */
  public static Optional<OneHotProduct> of(Contraction.Einsum einsum, int side, int leaf) {
    if (einsum.operands().size() != 2 || !einsum.sizes().isEmpty() || !hasOneType(einsum)) {
      return Optional.empty();
    }
    List<String> hot = labels(einsum.equation().operand(side));
    List<String> other = labels(einsum.equation().operand(1 - side));
    List<String> out = labels(einsum.equation().output());
    Set<String> all = new HashSet<>(hot);
    all.addAll(other);
    boolean isDistinct =
        isDistinct(hot) && isDistinct(other) && isDistinct(out) && all.containsAll(out);
    if (hot.isEmpty() || !isDistinct || !isPlain(hot, other, out)) {
      return Optional.empty();
    }
    List<Loop> kept = new ArrayList<>();
    List<Loop> summed = new ArrayList<>();
    List<Loop> free = new ArrayList<>();
    Value x = einsum.operands().get(side);
    Value y = einsum.operands().get(1 - side);
    List<String> order = labels(einsum.equation().operand(0));
    order.addAll(labels(einsum.equation().operand(1)));
    for (String label : order.stream().distinct().toList()) {
      int at = hot.indexOf(label);
      Loop loop = loop(label, hot, other, out, x, y);
      if (at < 0) {
        free.add(loop);
      } else if (at < hot.size() - 1) {
        (loop.out() < 0 ? summed : kept).add(loop);
      }
    }
    Loop tail = loop(hot.getLast(), hot, other, out, x, y);
    summed.removeIf(loop -> loop.size() == 1);
    long rows = points(kept) * (tail.out() < 0 ? 1 : tail.size());
    long terms = points(kept) * points(summed);
    return Math.max(rows, terms) > Integer.MAX_VALUE - 8
        ? Optional.empty()
        : Optional.of(new OneHotProduct(kept, summed, free, tail, leaf, rows));
  }

  private static boolean hasOneType(Contraction.Einsum einsum) {
    return einsum.dtype().isFloating()
        && einsum.operands().stream().allMatch(each -> each.type().dtype() == einsum.dtype())
        && !einsum.operands().get(0).equals(einsum.operands().get(1));
  }

  private static List<String> labels(Term term) {
    return new ArrayList<>(term.axes().stream().map(Axis::label).toList());
  }

  private static boolean isDistinct(List<String> labels) {
    return labels.stream().distinct().count() == labels.size();
  }

  /**
   * Whether the product is a gather or a scatter. Each element of a gather is one term. The sums of
   * a scatter have the form of a product: their leaves are chains. A label that only one operand
   * has must be in the result.
   */
  private static boolean isPlain(List<String> hot, List<String> other, List<String> out) {
    String tail = hot.getLast();
    List<String> lead = hot.subList(0, hot.size() - 1);
    boolean noneAlone =
        other.stream().allMatch(label -> out.contains(label) || hot.contains(label))
            && lead.stream().allMatch(label -> out.contains(label) || other.contains(label));
    boolean gathers = other.contains(tail) && !out.contains(tail) && out.containsAll(lead);
    boolean scatters =
        !other.contains(tail)
            && out.contains(tail)
            && !out.containsAll(lead)
            && !hot.containsAll(other);
    return noneAlone && (gathers || scatters);
  }

  private static Loop loop(
      String label, List<String> hot, List<String> other, List<String> out, Value x, Value y) {
    int inHot = hot.indexOf(label);
    int inOther = other.indexOf(label);
    long size = inHot >= 0 ? x.type().shape().size(inHot) : y.type().shape().size(inOther);
    return new Loop(size, inHot, inOther, out.indexOf(label));
  }

  private static long points(List<Loop> loops) {
    return loops.stream().mapToLong(Loop::size).reduce(1, Math::multiplyExact);
  }

  /** The name of the product's step. */
  public String name() {
    return tail.out() < 0 ? "gather in order" : "scatter in order";
  }

  /** Additions of a run. */
  public double flops() {
    return (double) terms * points(free);
  }

  /** Bytes of scratch of a run by a number of threads. */
  public long scratchBytes(int threads) {
    long lists = Integer.BYTES * ((long) rows + terms) + 2L * Long.BYTES * terms;
    return lists + (long) threads * Double.BYTES * block() * (levels() + 1);
  }

  private int block() {
    return (int) Math.min(BLOCK, free.isEmpty() ? 1 : Math.max(1, free.getLast().size()));
  }

  /** The largest number of sums of one element that wait for their right neighbours in the tree. */
  private int levels() {
    int bits = 0;
    for (int i = 0; i < summed.size(); i++) {
      bits += bits(i);
    }
    return bits + 2;
  }

  /**
   * Bits that number the children of a summed label: its indices, or the leaves of the innermost
   * label.
   */
  private int bits(int level) {
    long size = summed.get(level).size();
    long children = level == summed.size() - 1 ? Math.ceilDiv(size, leaf) : size;
    return Long.SIZE - Long.numberOfLeadingZeros(children - 1);
  }

  /** Whether no element is a NaN or infinite. */
  public static boolean isFinite(Workers workers, Tensor x) {
    long count = x.shape().elementCount();
    int[] axes = new int[x.rank()];
    Arrays.setAll(axes, axis -> axis);
    BroadcastReader reader = new BroadcastReader(x, x.shape(), axes);
    long blocks = Math.ceilDiv(count, BLOCK);
    int tasks = tasks(workers, blocks, count);
    AtomicBoolean finite = new AtomicBoolean(true);
    workers.run(
        tasks,
        (task, scratch) -> {
          double[] block = scratch.doubles(0, BLOCK);
          for (long i = blocks * task / tasks; i < blocks * (task + 1) / tasks; i++) {
            int n = (int) Math.min(BLOCK, count - i * BLOCK);
            reader.load(i * BLOCK, n, block);
            if (!isFinite(block, n)) {
              finite.set(false);
              return;
            }
          }
        });
    return finite.get();
  }

  private static boolean isFinite(double[] block, int n) {
    boolean finite = true;
    for (int i = 0; i < n; i++) {
      finite &= Math.abs(block[i]) <= Double.MAX_VALUE;
    }
    return finite;
  }

  /** The number of tasks for some parts, which together read or write a number of elements. */
  private static int tasks(Workers workers, long parts, long elements) {
    return workers.areWorthwhile(elements * FusedKernel.ELEMENT_NANOS)
        ? (int) Math.min(parts, (long) TASKS_A_THREAD * workers.parallelism())
        : 1;
  }

  /**
   * Computes the product.
   *
   * @param out the result
   * @param positions the index of the 1 in each row of the one-hot, negative if there is none
   * @param other a finite operand
   */
  public void run(Workers workers, Tensor out, Tensor positions, Tensor other) {
    workers.run(
        1,
        (_, scratch) -> {
          Lists lists = new Lists(positions, other, scratch);
          int tasks = tasks(workers, rows, Math.max(rows, terms) * points(free));
          workers.run(
              tasks,
              (task, own) -> {
                OrderedSums sums = sums(out, other, own);
                for (long row = (long) rows * task / tasks;
                    row < (long) rows * (task + 1) / tasks;
                    row++) {
                  row(lists, (int) row, out, other, sums);
                }
              });
        });
  }

  /** The terms of each row of the result, in the order of the tree. */
  private final class Lists {
    private final int[] first;
    private final int[] next;

    /** The term's first element in the other operand. */
    private final long[] at;

    /**
     * The number of each term's leaf. The highest bit in which two numbers differ says where the
     * two leaves are joined in the tree.
     */
    private final long[] leaves;

    Lists(Tensor positions, Tensor other, Scratch scratch) {
      first = scratch.ints(0, Math.max(1, rows));
      next = scratch.ints(1, Math.max(1, terms));
      at = scratch.longs(0, Math.max(1, terms));
      leaves = scratch.longs(1, Math.max(1, terms));
      Arrays.fill(first, 0, rows, -1);
      Elements places = Elements.of(positions);
      // From the last term to the first, since each term goes to the front of its list.
      for (int term = terms - 1; term >= 0; term--) {
        add(term, places, positions, other);
      }
    }

    private void add(int term, Elements places, Tensor positions, Tensor other) {
      long rest = term;
      long place = 0;
      long inOther = 0;
      long leafOf = 0;
      int shift = 0;
      for (int level = summed.size() - 1; level >= 0; level--) {
        Loop loop = summed.get(level);
        long index = rest % loop.size();
        rest /= loop.size();
        place += index * positions.stride(loop.hot());
        inOther += index * other.stride(loop.other());
        leafOf |= (level == summed.size() - 1 ? index / leaf : index) << shift;
        shift += bits(level);
      }
      long row = rest;
      for (Loop loop : kept.reversed()) {
        long index = rest % loop.size();
        rest /= loop.size();
        place += index * positions.stride(loop.hot());
        inOther += loop.other() < 0 ? 0 : index * other.stride(loop.other());
      }
      long position = places.getLong(place);
      if (position < 0) {
        return;
      }
      int to = (int) (tail.out() < 0 ? row : row * tail.size() + position);
      at[term] = inOther + (tail.out() < 0 ? position * other.stride(tail.other()) : 0);
      leaves[term] = leafOf;
      next[term] = first[to];
      first[to] = term;
    }
  }

  /** Computes one row of the result, for all indices of its free labels. */
  private void row(Lists lists, int row, Tensor out, Tensor other, OrderedSums sums) {
    long rest = row;
    long outAt = 0;
    if (tail.out() >= 0) {
      outAt = rest % tail.size() * out.stride(tail.out());
      rest /= tail.size();
    }
    for (Loop loop : kept.reversed()) {
      outAt += rest % loop.size() * out.stride(loop.out());
      rest /= loop.size();
    }
    long run = free.isEmpty() ? 1 : free.getLast().size();
    long runs = run == 0 ? 0 : points(free) / run;
    for (long i = 0; i < runs; i++) {
      long left = i;
      long inOut = outAt;
      long inOther = 0;
      for (int level = free.size() - 2; level >= 0; level--) {
        Loop loop = free.get(level);
        inOut += left % loop.size() * out.stride(loop.out());
        inOther += left % loop.size() * other.stride(loop.other());
        left /= loop.size();
      }
      for (long from = 0; from < run; from += BLOCK) {
        sums.begin((int) Math.min(BLOCK, run - from));
        add(lists, row, inOther + from * otherStride(other), sums);
        sums.store(inOut + from * outStride(out));
      }
    }
  }

  /** Adds up the terms of a row, leaf after leaf, and the leaves by the tree. */
  private static void add(Lists lists, int row, long inOther, OrderedSums sums) {
    long[] known = sums.leaves();
    int depth = 0;
    for (int term = lists.first[row]; term >= 0; term = lists.next[term]) {
      long leaf = lists.leaves[term];
      if (depth > 0 && known[depth - 1] == leaf) {
        sums.add(depth - 1, inOther + lists.at[term]);
        continue;
      }
      while (depth > 1 && (known[depth - 2] ^ known[depth - 1]) < (known[depth - 1] ^ leaf)) {
        sums.merge(depth - 2);
        depth--;
      }
      known[depth] = leaf;
      sums.set(depth, inOther + lists.at[term]);
      depth++;
    }
    for (; depth > 1; depth--) {
      sums.merge(depth - 2);
    }
  }

  private OrderedSums sums(Tensor out, Tensor other, Scratch scratch) {
    int size = block() * (levels() + 1);
    return switch (out.dtype()) {
      case F64 ->
          new DoubleOrderedSums(
              levels(),
              Elements.of(out),
              outStride(out),
              Elements.of(other),
              otherStride(other),
              scratch.doubles(0, size),
              block());
      case F32, BF16 ->
          new FloatOrderedSums(
              levels(),
              Elements.of(out),
              outStride(out),
              Elements.of(other),
              otherStride(other),
              scratch.floats(0, size),
              block());
      case I32, I64, BOOL ->
          throw new IllegalStateException("sums: must be floating, got " + out.dtype());
    };
  }

  private long outStride(Tensor out) {
    return free.isEmpty() ? 1 : out.stride(free.getLast().out());
  }

  private long otherStride(Tensor other) {
    return free.isEmpty() ? 1 : other.stride(free.getLast().other());
  }
}
