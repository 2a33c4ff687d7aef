package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.memory.F32Segment;
import io.github.shardsum.internal.memory.F64Array;
import io.github.shardsum.internal.memory.F64Segment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A product in the order of {@link io.github.shardsum.einsum.SumOrder}. A kernel that adds one term
 * after another computes the leaves, and a tree adds them.
 *
 * <p>Sums of leaves are arrays as large as the result, or as a part of it with a single index of
 * its outer labels and a range of the next label. They are merged like the digits of a binary
 * counter: after leaf i there is one merge for each trailing one bit of i. This gives the tree
 * whose left part is the largest power of two, and needs only one array for each level.
 *
 * <p>Short leaves are summed several at a time: where each index of the label before the inner one
 * is one leaf, one packed kernel adds up a power of two of them, tile by tile.
 */
final class TreeProduct implements StepKernel {
  /**
   * The largest number of elements of a part of the result: 16 MiB of f32; each level of the tree
   * has one part.
   */
  static final long MOST = 1 << 22;

  /** Makes the kernels of which the product consists. */
  interface Maker {
    /** A kernel that computes each element as one chain, from +0. */
    StepPlanner.Choice product(List<StepLabel> labels);

    /** A kernel that computes leaves and adds them up. */
    StepPlanner.Choice tree(List<StepLabel> labels, Leaves leaves);

    /** The largest number of terms of such a kernel; 0 if leaf after leaf is as fast. */
    long mostTerms(List<StepLabel> kept);

    /** A copy, element by element. */
    StepKernel copy(List<StepLabel> labels);

    /** The loop that adds sums. */
    Adder adder();
  }

  /** Adds up sums. */
  @FunctionalInterface
  interface Adder {
    /** Elements that a task adds. */
    int PIECE = 1 << 15;

    /** Adds n elements of an array, from an index on, to those of another. */
    void add(ArrayRef from, ArrayRef to, int at, int n);

    /** Adds the first n elements of an array to those of another, in tasks. */
    default void add(ArrayRef from, ArrayRef to, int n, Workers workers) {
      workers.run(
          Math.ceilDiv(n, PIECE),
          (piece, _) -> add(from, to, piece * PIECE, Math.min(PIECE, n - piece * PIECE)));
    }
  }

  /**
   * The kernels of a part of the result.
   *
   * @param elements number of elements of the part
   * @param leaf the kernel of a whole leaf, or of several
   * @param last the kernel of the last leaf or leaves
   * @param finish copies the sums into the result
   */
  private record Part(
      int elements, StepPlanner.Choice leaf, StepPlanner.Choice last, StepKernel finish) {}

  private final ComputeType type;
  private final Adder adder;
  private final List<StepLabel> summed;

  /**
   * The last label that is not summed by a kernel as a whole, and how much of it a kernel takes.
   */
  private final int bottom;

  private final int step;
  private final StepPlanner.Choice whole;
  private final boolean oneLeaf;
  private final boolean dense;

  /** Labels with a single index in a part. */
  private final List<StepLabel> outer;

  private final StepLabel cut;
  private final long chunk;
  private final Part full;
  private final Part rest;

  /**
   * A product.
   *
   * @param kept labels of the result
   * @param summed contracted labels, outermost first
   * @param leaf number of terms of a leaf
   * @param most the largest number of elements of a part of the result
   */
  TreeProduct(
      ComputeType type,
      Maker maker,
      List<StepLabel> kept,
      List<StepLabel> summed,
      int leaf,
      long most) {
    this.type = type;
    this.adder = maker.adder();
    this.summed = TreeLabels.inOrder(summed);
    List<StepLabel> order = new ArrayList<>(kept);
    order.sort(Comparator.comparingLong(label -> -Math.abs(label.stride(OUT))));
    int depth = 0;
    while (StepLabel.points(order.subList(depth + 1, order.size())) > most) {
      depth++;
    }
    this.outer = List.copyOf(order.subList(0, depth));
    this.cut = order.get(depth);
    long row = StepLabel.points(order.subList(depth + 1, order.size()));
    this.chunk = Math.clamp(most / row, 1, cut.size());
    this.dense = isDense(order);
    int several = several(maker, order, leaf);
    this.bottom = this.summed.size() - (several > 1 ? 2 : 1);
    this.step = several > 1 ? several : leaf;
    StepLabel last = this.summed.get(bottom);
    this.oneLeaf = bottom == 0 && last.size() <= step;
    this.whole = leaves(maker, order, Math.min(last.size(), step));
    this.full = part(maker, order, chunk);
    long left = cut.size() % chunk;
    this.rest = left == 0 ? full : part(maker, order, left);
  }

  /**
   * Indices of the label before the inner one that one kernel sums: a power of two, for whole
   * subtrees; 1 if an index has several leaves, or if there is no such label or kernel.
   */
  private int several(Maker maker, List<StepLabel> order, int leaf) {
    long terms = summed.getLast().size();
    if (summed.size() < 2 || terms > leaf) {
      return 1;
    }
    return (int) Math.max(1, Long.highestOneBit(maker.mostTerms(order) / terms));
  }

  /** The kernel of some indices of the bottom label. */
  private StepPlanner.Choice leaves(Maker maker, List<StepLabel> kept, long indexes) {
    StepLabel inner = summed.getLast();
    if (bottom == summed.size() - 1) {
      return maker.product(with(kept, inner, indexes));
    }
    List<StepLabel> all = with(kept, summed.get(bottom), indexes);
    all.add(inner);
    return maker.tree(all, Leaves.of((int) indexes, (int) inner.size()));
  }

  private Part part(Maker maker, List<StepLabel> order, long rows) {
    List<StepLabel> sums = new ArrayList<>();
    List<StepLabel> copied = new ArrayList<>();
    long stride = 1;
    for (int i = order.size() - 1; i >= 0; i--) {
      StepLabel label = order.get(i);
      long size = i < outer.size() ? 1 : i == outer.size() ? rows : label.size();
      long[] strides = label.strides().clone();
      strides[OUT] = stride;
      strides[BIAS] = 0;
      sums.addFirst(new StepLabel(size, true, label.inLeft(), label.inRight(), strides));
      long[] out = {label.stride(OUT), stride, stride, label.stride(BIAS)};
      copied.addFirst(new StepLabel(size, true, true, true, out));
      stride *= size;
    }
    long size = summed.get(bottom).size();
    StepPlanner.Choice leaf = leaves(maker, sums, Math.min(size, step));
    long rest = size % step;
    StepPlanner.Choice last = rest == 0 || size < step ? leaf : leaves(maker, sums, rest);
    return new Part(Math.toIntExact(stride), leaf, last, maker.copy(copied));
  }

  private static List<StepLabel> with(List<StepLabel> kept, StepLabel inner, long terms) {
    List<StepLabel> all = new ArrayList<>(kept);
    all.add(new StepLabel(terms, false, true, true, inner.strides()));
    return all;
  }

  /** Whether the result has the layout of the sums. */
  private static boolean isDense(List<StepLabel> order) {
    long stride = 1;
    for (StepLabel label : order.reversed()) {
      if (label.size() > 1 && label.stride(OUT) != stride) {
        return false;
      }
      stride *= label.size();
    }
    return true;
  }

  @Override
  public String name() {
    return "tree of " + whole.kernel().name();
  }

  @Override
  public void run(
      ArrayRef out, ArrayRef left, ArrayRef right, ResultScaling finish, Workers workers) {
    if (oneLeaf && finish.beta() == 0 && isExact(out)) {
      run(whole, out, left, right, finish, workers);
      return;
    }
    workers.run(
        1,
        (_, scratch) -> {
          TreeSums sums = scratch.kept(TreeSums.class, TreeSums::new);
          long indexes = StepLabel.points(outer);
          for (long index = 0; index < indexes; index++) {
            for (long from = 0; from < cut.size(); from += chunk) {
              new PartRun(out, left, right, index, from, finish, sums, workers).run();
            }
          }
          sums.trim();
        });
  }

  @Override
  public long packedBytes(int parallelism) {
    return Stream.of(whole, full.leaf(), full.last(), rest.leaf(), rest.last())
        .mapToLong(each -> each.kernel().packedBytes(parallelism))
        .max()
        .orElse(0);
  }

  private static void run(
      StepPlanner.Choice kernel,
      ArrayRef out,
      ArrayRef left,
      ArrayRef right,
      ResultScaling finish,
      Workers workers) {
    ArrayRef first = kernel.swapped() ? right : left;
    ArrayRef second = kernel.swapped() ? left : right;
    kernel.kernel().run(out, first, second, finish, workers);
  }

  /** Whether a kernel that adds to the result in several passes rounds nothing between them. */
  private boolean isExact(ArrayRef out) {
    return switch (out.memory()) {
      case F32Array _, F32Segment _ -> type == ComputeType.FLOAT;
      case F64Array _, F64Segment _ -> type == ComputeType.DOUBLE;
      default -> false;
    };
  }

  /**
   * The first element of a part in each array. The part begins at an index of the outer labels,
   * counted in row-major order.
   */
  private long[] begin(long index, long from) {
    long[] at = new long[ARRAYS];
    for (int array = 0; array < ARRAYS; array++) {
      at[array] = from * cut.stride(array);
    }
    long left = index;
    for (StepLabel label : outer.reversed()) {
      for (int array = 0; array < ARRAYS; array++) {
        at[array] += left % label.size() * label.stride(array);
      }
      left /= label.size();
    }
    return at;
  }

  /** One part of the result. */
  private final class PartRun {
    private final ArrayRef out;
    private final ArrayRef left;
    private final ArrayRef right;
    private final ResultScaling finish;
    private final TreeSums sums;
    private final Workers workers;
    private final Part part;
    private final boolean inPlace;

    PartRun(
        ArrayRef out,
        ArrayRef left,
        ArrayRef right,
        long index,
        long from,
        ResultScaling finish,
        TreeSums sums,
        Workers workers) {
      long[] at = begin(index, from);
      this.out = out.plus(at[OUT]);
      this.left = left.plus(at[LEFT]);
      this.right = right.plus(at[RIGHT]);
      // No product with a function of rows has this order, so the row does not matter.
      this.finish = finish.movedBy(0, at[BIAS]);
      this.sums = sums;
      this.workers = workers;
      this.part = from + chunk <= cut.size() ? full : rest;
      boolean array = out.memory() instanceof F32Array || out.memory() instanceof F64Array;
      this.inPlace = dense && array && isExact(out) && finish.isPlain();
    }

    void run() {
      sum(0, left, right, 0);
      if (!inPlace) {
        part.finish().run(out, sums(0), sums(0), finish, workers);
      }
    }

    private ArrayRef sums(int index) {
      return index == 0 && inPlace ? out : sums.at(type, index, part.elements());
    }

    /**
     * Adds up the terms from a label on into the array with a number. Arrays with larger numbers
     * may be overwritten.
     */
    private void sum(int level, ArrayRef left, ArrayRef right, int base) {
      StepLabel label = summed.get(level);
      boolean isBottom = level == bottom;
      int by = isBottom ? step : 1;
      int top = base;
      long child = 0;
      for (long from = 0; from < label.size(); from += by, child++) {
        ArrayRef x = left.plus(from * label.stride(LEFT));
        ArrayRef y = right.plus(from * label.stride(RIGHT));
        if (isBottom) {
          boolean isWhole = from + by <= label.size();
          StepPlanner.Choice leaf = isWhole ? part.leaf() : part.last();
          TreeProduct.run(leaf, sums(top), x, y, ResultScaling.PLAIN, workers);
        } else {
          sum(level + 1, x, y, top);
        }
        for (long ones = child; (ones & 1) == 1; ones >>= 1) {
          top--;
          add(top);
        }
        top++;
      }
      for (top--; top > base; top--) {
        add(top - 1);
      }
    }

    /** Adds the next array to an array. */
    private void add(int index) {
      adder.add(sums(index + 1), sums(index), part.elements(), workers);
    }
  }
}
