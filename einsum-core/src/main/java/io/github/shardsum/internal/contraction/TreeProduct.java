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
 */
final class TreeProduct implements StepKernel {
  /**
   * The largest number of elements of a part of the result: 16 MiB of f32; each level of the tree
   * has one part.
   */
  static final long MOST = 1 << 22;

  /** Number of elements that a task adds. */
  private static final int PIECE = 1 << 15;

  /** The largest number of bytes that a thread keeps until its next run. */
  private static final long KEPT_BYTES = 64L << 20;

  /** Makes the kernels of which the product consists. */
  interface Maker {
    /** A kernel that computes each element as one chain, from +0. */
    StepPlanner.Choice product(List<StepLabel> labels);

    /** A copy, element by element. */
    StepKernel copy(List<StepLabel> labels);

    /** The loop that adds sums. */
    Adder adder();
  }

  /** Adds up sums. */
  @FunctionalInterface
  interface Adder {
    /** Adds n elements of an array, from an index on, to those of another. */
    void add(ArrayRef from, ArrayRef to, int at, int n);
  }

  /**
   * The kernels of a part of the result.
   *
   * @param elements number of elements of the part
   * @param leaf the kernel of a whole leaf
   * @param last the kernel of the last leaf
   * @param finish copies the sums into the result
   */
  private record Part(
      int elements, StepPlanner.Choice leaf, StepPlanner.Choice last, StepKernel finish) {}

  private final ComputeType type;
  private final Adder adder;
  private final List<StepLabel> summed;
  private final int leaf;
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
    this.leaf = leaf;
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
    StepLabel inner = this.summed.getLast();
    this.oneLeaf = this.summed.size() == 1 && inner.size() <= leaf;
    this.whole = maker.product(with(order, inner, Math.min(inner.size(), leaf)));
    this.full = part(maker, order, chunk);
    long left = cut.size() % chunk;
    this.rest = left == 0 ? full : part(maker, order, left);
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
    StepLabel inner = summed.getLast();
    StepPlanner.Choice leaves = maker.product(with(sums, inner, Math.min(inner.size(), leaf)));
    long terms = inner.size() % leaf;
    StepPlanner.Choice last =
        terms == 0 || inner.size() < leaf ? leaves : maker.product(with(sums, inner, terms));
    return new Part(Math.toIntExact(stride), leaves, last, maker.copy(copied));
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
    if (oneLeaf && finish.isPlain() && isExact(out)) {
      run(whole, out, left, right, workers);
      return;
    }
    workers.run(
        1,
        (_, scratch) -> {
          Sums sums = scratch.kept(Sums.class, Sums::new);
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
      StepPlanner.Choice kernel, ArrayRef out, ArrayRef left, ArrayRef right, Workers workers) {
    ArrayRef first = kernel.swapped() ? right : left;
    ArrayRef second = kernel.swapped() ? left : right;
    kernel.kernel().run(out, first, second, ResultScaling.PLAIN, workers);
  }

  /** Whether a kernel that adds to the result in several passes rounds nothing between them. */
  private boolean isExact(ArrayRef out) {
    return switch (out.memory()) {
      case F32Array _, F32Segment _ -> type == ComputeType.FLOAT;
      case F64Array _, F64Segment _ -> type == ComputeType.DOUBLE;
      default -> false;
    };
  }

  /** Arrays of sums, kept by a thread. */
  private static final class Sums {
    private final List<ArrayRef> floats = new ArrayList<>();
    private final List<ArrayRef> doubles = new ArrayList<>();
    private long bytes;

    /** The array with a given number; it has at least the given number of elements. */
    ArrayRef at(ComputeType type, int index, int elements) {
      List<ArrayRef> all = type == ComputeType.FLOAT ? floats : doubles;
      while (all.size() <= index) {
        all.add(array(type, 0));
      }
      if (length(all.get(index)) < elements) {
        all.set(index, array(type, elements));
        bytes += (long) elements * type.dtype().byteSize();
      }
      return all.get(index);
    }

    private static ArrayRef array(ComputeType type, int elements) {
      return type == ComputeType.FLOAT
          ? new ArrayRef(new F32Array(new float[elements]), 0)
          : new ArrayRef(new F64Array(new double[elements]), 0);
    }

    private static int length(ArrayRef array) {
      return switch (array.memory()) {
        case F32Array(float[] values) -> values.length;
        case F64Array(double[] values) -> values.length;
        default ->
            throw new IllegalStateException(
                "sums: must be an array of floats or doubles, got " + array.memory());
      };
    }

    void trim() {
      if (bytes > KEPT_BYTES) {
        floats.clear();
        doubles.clear();
        bytes = 0;
      }
    }
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
    private final Sums sums;
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
        Sums sums,
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
      boolean inner = level == summed.size() - 1;
      int step = inner ? leaf : 1;
      int top = base;
      long child = 0;
      for (long from = 0; from < label.size(); from += step, child++) {
        ArrayRef x = left.plus(from * label.stride(LEFT));
        ArrayRef y = right.plus(from * label.stride(RIGHT));
        if (inner) {
          boolean isWhole = from + leaf <= label.size();
          TreeProduct.run(isWhole ? part.leaf() : part.last(), sums(top), x, y, workers);
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
      ArrayRef to = sums(index);
      ArrayRef from = sums(index + 1);
      int pieces = Math.ceilDiv(part.elements(), PIECE);
      workers.run(
          pieces,
          (piece, _) ->
              adder.add(from, to, piece * PIECE, Math.min(PIECE, part.elements() - piece * PIECE)));
    }
  }
}
