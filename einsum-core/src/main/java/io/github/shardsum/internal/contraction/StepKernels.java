package io.github.shardsum.internal.contraction;

import static io.github.shardsum.internal.contraction.StepKernel.LEFT;
import static io.github.shardsum.internal.contraction.StepKernel.OUT;
import static io.github.shardsum.internal.contraction.StepKernel.RIGHT;

import io.github.shardsum.internal.kernel.CacheSizes;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.memory.F64Array;
import io.github.shardsum.internal.memory.Loops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Makes the kernels that can compute a step. */
final class StepKernels {
  /**
   * The largest number of terms that one row sums in f32: 16 * 2^-24 is below the 1e-6 promised for
   * vectors.
   */
  private static final long MOST_ROW_TERMS = 16;

  /**
   * The least number of contiguous rows of an operand for which the operand's order is used: a
   * cache line of f32.
   */
  private static final long LEAST_ACROSS = 16;

  /** Least number of elements along an operand for which squares are transposed. */
  private static final long LEAST_TURNED = 4;

  /**
   * The least number of terms for each row of a permuted product. A permutation reads and writes
   * the sums once more, but saves the transposition of an operand.
   */
  private static final long LEAST_TERMS_OF_ROW = 2;

  /**
   * The largest number of bytes of sums that are permuted at once, if the columns can be cut into
   * such parts.
   */
  private static final long NEAR_SUMS = CacheSizes.SECOND_LEVEL;

  /**
   * The largest number of bytes of sums if the columns cannot be cut in this way: half of the
   * third-level cache, and no more than a thread may keep.
   */
  private static final long MOST_SUMS = Math.min(CacheSizes.THIRD_LEVEL / 2, 64L << 20);

  private final KernelSet kernels;
  private final ComputeType type;

  StepKernels(KernelSet kernels, ComputeType type) {
    this.kernels = kernels;
    this.type = type;
  }

  /**
   * Whether {@link #unpacked} can compute the product: each side is one loop, and B is short enough
   * to stay in the cache.
   */
  boolean canBeUnpacked(GemmLabels sides, long mostOfB) {
    long m = StepLabel.points(sides.m());
    long n = StepLabel.points(sides.n());
    long k = StepLabel.points(sides.k());
    return oneLoop(sides.m())
        && oneLoop(sides.n())
        && oneLoop(sides.k())
        && n > 1
        && m < Integer.MAX_VALUE
        && (m > 1 || k <= MOST_ROW_TERMS)
        && k * n <= mostOfB;
  }

  /** Whether {@link #skinny} can compute the product. */
  boolean canBeThin(GemmLabels sides) {
    long n = StepLabel.points(sides.n());
    return type == ComputeType.FLOAT
        && oneLoop(sides.n())
        && sides.matrices()
        && n <= FloatSkinnyProduct.MOST_COLUMNS
        && n * StepLabel.points(sides.k()) <= FloatSkinnyProduct.MOST;
  }

  private static boolean oneLoop(List<StepLabel> labels) {
    return StepLabel.loops(labels, OUT).rank() <= 1;
  }

  /** Whether rows of A and C are contiguous, and rows of B too, or its columns if transposed. */
  static boolean isStoredInRows(GemmLabels sides, boolean transposed) {
    return isUnit(sides.k(), LEFT)
        && isUnit(sides.n(), OUT)
        && isUnit(transposed ? sides.k() : sides.n(), RIGHT);
  }

  private static boolean isUnit(List<StepLabel> side, int array) {
    return side.stream().allMatch(label -> label.stride(array) == 1);
  }

  /**
   * The largest number of multiply-adds for which {@link #unpacked} is faster than {@link #product}
   * in any layout.
   */
  long mostSmall() {
    return switch (type) {
      case FLOAT -> kernels.gemm().floats().mostSmall();
      case DOUBLE -> kernels.gemm().doubles().mostSmall();
      case LONG -> kernels.gemm().longs().mostSmall();
    };
  }

  /**
   * The largest number of elements of B for which {@link #unpacked} is faster than {@link #product}
   * with more multiply-adds.
   */
  long mostUnpacked(long m) {
    return switch (type) {
      case FLOAT -> kernels.gemm().floats().mostUnpacked(m);
      case DOUBLE -> kernels.gemm().doubles().mostUnpacked(m);
      case LONG -> kernels.gemm().longs().mostUnpacked(m);
    };
  }

  /** A product that reads its operands without packing. */
  StepKernel unpacked(GemmLabels sides) {
    Loops b = StepLabel.loops(sides.batch(), OUT);
    Loops rows = StepLabel.loops(sides.m(), OUT);
    Loops columns = StepLabel.loops(sides.n(), OUT);
    Loops sum = StepLabel.loops(sides.k(), RIGHT);
    GemmKernels products = kernels.gemm();
    return switch (type) {
      case FLOAT ->
          new FloatUnpackedProduct(products.floats(), kernels.floats(), b, rows, columns, sum);
      case DOUBLE ->
          new DoubleUnpackedProduct(products.doubles(), kernels.doubles(), b, rows, columns, sum);
      case LONG ->
          new LongUnpackedProduct(products.longs(), kernels.longs(), b, rows, columns, sum);
    };
  }

  /**
   * Whether {@link #fewRows} can compute the product: each side is one loop, and rows are few
   * enough.
   */
  boolean canBeOfFewRows(GemmLabels sides) {
    return type != ComputeType.LONG
        && oneLoop(sides.m())
        && oneLoop(sides.n())
        && oneLoop(sides.k())
        && StepLabel.points(sides.m()) <= FloatFewRowsProduct.MOST_ROWS
        && StepLabel.points(sides.n()) < Integer.MAX_VALUE / FloatFewRowsProduct.MOST_ROWS
        && StepLabel.points(sides.k()) < Integer.MAX_VALUE / FloatFewRowsProduct.MOST_ROWS;
  }

  /** A product that reads its B in the order of memory. */
  StepKernel fewRows(GemmLabels sides) {
    Loops b = StepLabel.loops(sides.batch(), OUT);
    Loops rows = StepLabel.loops(sides.m(), OUT);
    Loops columns = StepLabel.loops(sides.n(), OUT);
    Loops sum = StepLabel.loops(sides.k(), RIGHT);
    return type == ComputeType.FLOAT
        ? new FloatFewRowsProduct(kernels.floats(), b, rows, columns, sum)
        : new DoubleFewRowsProduct(kernels.doubles(), b, rows, columns, sum);
  }

  /** A product of few columns, with vectors along the sum. */
  StepKernel skinny(GemmLabels sides) {
    GemmKernels products = kernels.gemm();
    return new FloatSkinnyProduct(
        products.skinny(),
        products.floats(),
        kernels.floats(),
        StepLabel.loops(sides.batch(), OUT),
        StepLabel.loops(sides.m(), OUT),
        StepLabel.loops(sides.n(), OUT),
        StepLabel.loops(sides.k(), RIGHT));
  }

  /**
   * A product of packed panels, in the order of its right operand if that is worth a permutation.
   */
  StepKernel product(GemmLabels sides) {
    return isWorthPermuting(sides)
        ? new PermutedProduct(
            type, sides, NEAR_SUMS, this::packed, labels -> elementwise(labels, false))
        : packed(sides);
  }

  /**
   * Whether it is faster to write the sums in the order of B and permute them afterwards. Otherwise
   * packing would transpose B in short runs, although the result is much smaller than B. If the
   * terms are adjacent to the label along which B is contiguous, no permutation is needed: whole
   * planes of B are then transposed in the order of memory, equally fast. The sums must take one
   * pass, since a result of 16 bits is rounded after each pass.
   */
  private boolean isWorthPermuting(GemmLabels sides) {
    long terms = StepLabel.points(sides.k());
    if (StepLabel.points(sides.m()) * LEAST_TERMS_OF_ROW > terms
        || terms > mostTerms()
        || PermutedProduct.least(sides) * type.dtype().byteSize() > MOST_SUMS) {
      return false;
    }
    Loops sum = StepLabel.loops(sides.k(), RIGHT);
    Loops columns = StepLabel.ordered(columnOrder(sides.n()));
    return FloatPacker.liesAcross(RIGHT, columns, sum)
        && sum.stride(RIGHT) > columns.size(columns.rank() - 2);
  }

  /** The largest number of terms of one pass. */
  int mostTerms() {
    return switch (type) {
      case FLOAT -> kernels.gemm().floats().blocking().k();
      case DOUBLE -> kernels.gemm().doubles().blocking().k();
      case LONG -> kernels.gemm().longs().blocking().k();
    };
  }

  /** A product of packed panels in the order of the result. */
  StepKernel packed(GemmLabels sides) {
    return packed(sides, StepLabel.loops(sides.k(), RIGHT), Leaves.ONE);
  }

  /** Such a product with contracted labels in their order, outermost first, and with leaves. */
  StepKernel packedInOrder(GemmLabels sides, Leaves leaves) {
    return packed(sides, StepLabel.ordered(sides.k()), leaves);
  }

  private StepKernel packed(GemmLabels sides, Loops sum, Leaves leaves) {
    GemmKernels products = kernels.gemm();
    Loops b = StepLabel.loops(sides.batch(), OUT);
    Loops rows = rowOrder(sides);
    Loops columns = StepLabel.ordered(columnOrder(sides.n()));
    return switch (type) {
      case FLOAT ->
          new FloatPackedProduct(
              products.floats(), kernels.floats(), b, rows, columns, sum, leaves);
      case DOUBLE ->
          new DoublePackedProduct(
              products.doubles(), kernels.doubles(), b, rows, columns, sum, leaves);
      case LONG ->
          new LongPackedProduct(products.longs(), kernels.longs(), b, rows, columns, sum, leaves);
    };
  }

  /**
   * Rows in the order of the result or of their operand. The operand's order is taken if the
   * operand is contiguous along another label than the result, and if packing moves more elements
   * than the result has. In the result's order, each cache line of such an operand would be read
   * once for each of its elements.
   */
  private static Loops rowOrder(GemmLabels sides) {
    Optional<StepLabel> source = unit(sides.m(), LEFT);
    boolean across =
        source.isPresent()
            && source.get().size() >= LEAST_ACROSS
            && StepLabel.points(sides.k()) > StepLabel.points(sides.n())
            && sides.m().stream()
                .anyMatch(
                    label ->
                        label.size() > 1
                            && Math.abs(label.stride(OUT)) < Math.abs(source.get().stride(OUT)));
    return StepLabel.loops(sides.m(), across ? LEFT : OUT);
  }

  /**
   * Columns with the result's contiguous label innermost. If the operand is contiguous along
   * another label, that label comes next, so that a block of columns transposes whole cache lines
   * of the operand. The other labels follow the operand's memory.
   */
  private static List<StepLabel> columnOrder(List<StepLabel> n) {
    List<StepLabel> order = new ArrayList<>(n);
    Optional<StepLabel> inner = unit(n, OUT);
    Optional<StepLabel> source = unit(n, RIGHT);
    if (inner.isEmpty() || source.isEmpty() || inner.equals(source)) {
      order.sort(Comparator.comparingLong(label -> -Math.abs(label.stride(OUT))));
      return order;
    }
    order.removeAll(List.of(inner.get(), source.get()));
    order.sort(Comparator.comparingLong(label -> -Math.abs(label.stride(RIGHT))));
    order.add(source.get());
    order.add(inner.get());
    return order;
  }

  /**
   * A nest of row operations.
   *
   * @param byDots whether rows are summed along the contracted labels, and not added up along the
   *     result
   */
  StepKernel nest(Loops sum, Loops out, boolean binary, boolean byDots) {
    String name = nestName(binary, byDots);
    return switch (type) {
      case FLOAT -> new FloatLoopNest(kernels.floats(), name, binary, byDots, out, sum);
      case DOUBLE -> new DoubleLoopNest(kernels.doubles(), name, binary, byDots, out, sum);
      case LONG -> new LongLoopNest(kernels.longs(), name, binary, byDots, out, sum);
    };
  }

  /** A sum in lanes, with a tree over leaves; its contracted labels are in order. */
  StepKernel treeRows(List<StepLabel> kept, List<StepLabel> summed, boolean binary, int leaf) {
    TreeLabels labels = TreeLabels.of(kept, summed, binary, leaf);
    return switch (type) {
      case FLOAT -> new FloatTreeRows(kernels.floats(), labels);
      case DOUBLE -> new DoubleTreeRows(kernels.doubles(), labels);
      case LONG -> throw new IllegalStateException("sums of integers need no tree");
    };
  }

  /** Adds up arrays of sums. */
  TreeProduct.Adder adder() {
    return (from, to, at, n) -> {
      switch (to.memory()) {
        case F32Array(float[] sums) when from.memory() instanceof F32Array(float[] terms) ->
            kernels.floats().add(terms, (int) from.origin() + at, sums, (int) to.origin() + at, n);
        case F64Array(double[] sums) when from.memory() instanceof F64Array(double[] terms) ->
            kernels.doubles().add(terms, (int) from.origin() + at, sums, (int) to.origin() + at, n);
        default ->
            throw new IllegalStateException(
                "sums: must be arrays of floats or doubles, got " + to.memory());
      }
    };
  }

  private static String nestName(boolean binary, boolean byDots) {
    if (!binary) {
      return byDots ? "reduce rows" : "reduce columns";
    }
    return byDots ? "dots" : "row sums";
  }

  /** Copies or multiplies element by element; nothing is summed. */
  StepKernel elementwise(List<StepLabel> labels, boolean binary) {
    Loops all = StepLabel.loops(labels, OUT);
    int x = all.rank() - 1;
    int transposed = contiguous(all, LEFT);
    if (transposed < 0 && binary) {
      transposed = contiguous(all, RIGHT);
    }
    int y = transposed < 0 ? x - 1 : transposed;
    boolean grouped = !binary && transposed >= 0;
    int next = grouped ? follower(all, OUT, x, y) : -1;
    int above = grouped ? follower(all, LEFT, y, x) : -1;
    above = above == next ? -1 : above;
    int[] others = new int[all.rank()];
    int count = 0;
    for (int loop = 0; loop < all.rank(); loop++) {
      if (loop != x && loop != y && loop != next && loop != above) {
        others[count++] = loop;
      }
    }
    Loops outer = all.only(Arrays.copyOf(others, count));
    Loops[] parts = {one(all, above), one(all, y), one(all, next), one(all, x)};
    return switch (type) {
      case FLOAT ->
          new FloatElementwise(
              kernels.floats(), binary, outer, parts[0], parts[1], parts[2], parts[3]);
      case DOUBLE ->
          new DoubleElementwise(
              kernels.doubles(), binary, outer, parts[0], parts[1], parts[2], parts[3]);
      case LONG ->
          new LongElementwise(
              kernels.longs(), binary, outer, parts[0], parts[1], parts[2], parts[3]);
    };
  }

  private static Loops one(Loops all, int loop) {
    return loop < 0 ? all.only() : all.only(loop);
  }

  /**
   * The loop along which an operand is contiguous, if it is neither the innermost one nor too
   * short; otherwise -1.
   */
  private static int contiguous(Loops all, int array) {
    if (all.rank() < 2 || Math.abs(all.stride(array)) <= 1) {
      return -1;
    }
    for (int loop = 0; loop < all.rank() - 1; loop++) {
      if (all.stride(array, loop) == 1 && all.size(loop) >= LEAST_TURNED) {
        return loop;
      }
    }
    return -1;
  }

  /**
   * The loop that continues a contiguous one without a gap, except the given loop; otherwise -1.
   */
  private static int follower(Loops all, int array, int loop, int other) {
    if (all.stride(array, loop) != 1) {
      return -1;
    }
    for (int each = 0; each < all.rank(); each++) {
      if (each != loop && each != other && all.stride(array, each) == all.size(loop)) {
        return each;
      }
    }
    return -1;
  }

  private static Optional<StepLabel> unit(List<StepLabel> labels, int array) {
    return labels.stream()
        .filter(label -> label.size() > 1 && label.stride(array) == 1)
        .findFirst();
  }
}
