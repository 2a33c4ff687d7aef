package io.github.shardsum.internal.contract;

import static io.github.shardsum.internal.contract.StepKernel.LEFT;
import static io.github.shardsum.internal.contract.StepKernel.OUT;
import static io.github.shardsum.internal.contract.StepKernel.RIGHT;

import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.kernel.FloatThin;
import io.github.shardsum.internal.kernel.Kernels;
import io.github.shardsum.internal.kernel.Products;
import io.github.shardsum.internal.memory.Loops;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Chooses the kernel of a step by a small model of what each would cost. */
final class StepPlanner {
  /** Below this many products a sum, reading and writing C is all the work. */
  private static final long LEAST_K = 4;

  /** Most terms that a row alone sums in f32: 16 * 2^-24 is below the 1e-6 promised for vectors. */
  private static final long MOST_ROW_TERMS = 16;

  /** Most multiply-adds of a product that is not packed: packing 32^3 costs as much as it saves. */
  private static final long MOST_SMALL = 32 * 32 * 32;

  /** Terms from which on vectors along the sum pay for adding up their lanes. */
  private static final long LEAST_THIN = 64;

  /** The same if the last terms do not fill a vector: they are packed. */
  private static final long LEAST_THIN_WITH_REST = 512;

  /** Elements along an operand from which on squares are turned over. */
  private static final long LEAST_TURNED = 4;

  /** Elements that memory moves in the time that it takes to begin a row: 5 ns. */
  private static final double ROW_BEGIN = 20;

  private final Kernels kernels;
  private final ComputeType type;

  StepPlanner(Kernels kernels, ComputeType type) {
    this.kernels = kernels;
    this.type = type;
  }

  /** The kernel of a step of one operand; no label is empty. */
  Choice unary(List<StepLabel> labels) {
    List<StepLabel> kept = select(labels, StepLabel::inOut);
    List<StepLabel> summed = select(labels, label -> !label.inOut());
    if (StepLabel.points(summed) == 1) {
      return new Choice(elementwise(kept, false), false, "nothing is summed");
    }
    return new Choice(nest(kept, summed, false), false, nestReason(kept, summed, false));
  }

  /** A copy that may write where it reads: element by element, in one order. */
  StepKernel inPlace(List<StepLabel> labels) {
    return elementwise(labels, false);
  }

  /** The kernel of a step of two operands; no label is empty. */
  Choice binary(List<StepLabel> labels) {
    boolean swap = resultIsContiguousAlongLeft(labels);
    List<StepLabel> sided =
        swap ? labels.stream().map(StepLabel::swapped).toList() : List.copyOf(labels);
    List<StepLabel> k = select(sided, label -> !label.inOut());
    List<StepLabel> m = select(sided, label -> label.inOut() && label.inLeft() && !label.inRight());
    List<StepLabel> n = select(sided, label -> label.inOut() && label.inRight() && !label.inLeft());
    List<StepLabel> batch =
        select(sided, label -> label.inOut() && label.inLeft() == label.inRight());
    double packed =
        StepLabel.points(batch)
            * productCost(StepLabel.points(m), StepLabel.points(n), StepLabel.points(k));
    if (isThin(batch, m, n, k)) {
      return new Choice(thin(batch, m, n, k), swap, "too few columns for a register tile");
    }
    if (batch.isEmpty() && isSmall(m, n, k)) {
      return new Choice(small(m, n, k), swap, "too small or narrow to be packed");
    }
    // A row or a column alone reads its matrix once: packing gains nothing, and the nest sums in
    // f64.
    boolean matrices = StepLabel.points(m) > 1 && StepLabel.points(n) > 1;
    double nested = nestCost(sided);
    if (matrices && StepLabel.points(k) >= LEAST_K && packed < nested) {
      return new Choice(product(batch, m, n, k), swap, costs(packed, "rows at", nested));
    }
    List<StepLabel> kept = select(sided, StepLabel::inOut);
    if (StepLabel.points(k) == 1) {
      return new Choice(elementwise(kept, true), swap, "nothing is summed");
    }
    String why =
        !matrices || StepLabel.points(k) < LEAST_K
            ? nestReason(kept, k, true)
            : costs(nested, "packed at", packed);
    return new Choice(nest(kept, k, true), swap, why);
  }

  private static String costs(double chosen, String other, double cost) {
    return String.format(Locale.ROOT, "%.1e cycles, %s %.1e", chosen, other, cost);
  }

  /** What decides between the loops of a nest. */
  private static String nestReason(List<StepLabel> kept, List<StepLabel> summed, boolean binary) {
    Loops sum = StepLabel.loops(summed, binary ? RIGHT : LEFT);
    Loops out = StepLabel.loops(kept, OUT);
    return String.format(
        Locale.ROOT,
        "%.2g a term along the sum, %.2g along the result, in elements read",
        dotCost(sum, binary),
        rowSumCost(out, binary));
  }

  /**
   * The kernel of a step.
   *
   * @param swapped whether it takes the right operand as its left
   * @param why what decided for it, for a plan
   */
  record Choice(StepKernel kernel, boolean swapped, String why) {}

  private static List<StepLabel> select(List<StepLabel> labels, Predicate<StepLabel> which) {
    return labels.stream().filter(which).toList();
  }

  /** Whether the result's innermost label is one of the left operand alone: then left and right. */
  private static boolean resultIsContiguousAlongLeft(List<StepLabel> labels) {
    return labels.stream()
        .filter(label -> label.inOut() && label.size() > 1 && label.inLeft() != label.inRight())
        .min(Comparator.comparingLong(label -> Math.abs(label.stride(OUT))))
        .map(StepLabel::inLeft)
        .orElse(false);
  }

  /**
   * Cycles of a packed product: multiply-adds of whole register tiles, packing, C, and a fixed
   * part.
   */
  private double productCost(double m, double n, double k) {
    double lanes = lanes();
    double mTiles = Math.ceil(m / tileRows()) * tileRows();
    double nTiles = Math.ceil(n / tileColumns()) * tileColumns();
    double packing = 0.5 * (m + n) * k + mTiles * nTiles / lanes;
    return mTiles * nTiles * k / lanes + packing + 2_000;
  }

  /** Cycles of a nest of row operations: a call a row, and two loads a multiply-add. */
  private double nestCost(List<StepLabel> labels) {
    double points = 1;
    for (StepLabel label : labels) {
      points *= label.size();
    }
    double row = rowLength(labels);
    return points / row * 20 + points * (row >= lanes() ? 2.5 / lanes() : 2);
  }

  /** The longest label along which both operands are contiguous or constant. */
  private static double rowLength(List<StepLabel> labels) {
    double longest = 1;
    for (StepLabel label : labels) {
      boolean left = label.stride(LEFT) == 1 || label.stride(LEFT) == 0;
      boolean right = label.stride(RIGHT) == 1 || label.stride(RIGHT) == 0;
      if (left && right) {
        longest = Math.max(longest, label.size());
      }
    }
    return longest;
  }

  private double lanes() {
    int bits = type == ComputeType.FLOAT ? 32 : 64;
    return Math.max(1.0, (double) kernels.bits() / bits);
  }

  private int tileRows() {
    return switch (type) {
      case FLOAT -> kernels.products().floats().rows();
      case DOUBLE -> kernels.products().doubles().rows();
      case LONG -> kernels.products().longs().rows();
    };
  }

  private int tileColumns() {
    return switch (type) {
      case FLOAT -> kernels.products().floats().columns();
      case DOUBLE -> kernels.products().doubles().columns();
      case LONG -> kernels.products().longs().columns();
    };
  }

  /**
   * Whether a product is taken unpacked: small in all, or with no more columns than a vector has
   * lanes, where a packed tile would be mostly padding.
   */
  private boolean isSmall(List<StepLabel> m, List<StepLabel> n, List<StepLabel> k) {
    long mSize = StepLabel.points(m);
    long nSize = StepLabel.points(n);
    long kSize = StepLabel.points(k);
    boolean thin = nSize <= lanes() && kSize >= LEAST_K && type != ComputeType.LONG;
    return oneLoop(m)
        && oneLoop(n)
        && oneLoop(k)
        && nSize > 1
        && mSize < Integer.MAX_VALUE
        && (mSize > 1 || kSize <= MOST_ROW_TERMS)
        && (mSize * nSize * kSize <= MOST_SMALL || thin)
        && kSize * nSize <= (thin ? FloatSmallProduct.MOST_THIN : FloatSmallProduct.MOST);
  }

  /**
   * Whether vectors run along the sum, since there are too few columns for them to run along those.
   */
  private boolean isThin(
      List<StepLabel> batch, List<StepLabel> m, List<StepLabel> n, List<StepLabel> k) {
    long nSize = StepLabel.points(n);
    long kSize = StepLabel.points(k);
    return type == ComputeType.FLOAT
        && oneLoop(n)
        && StepLabel.points(m) > 1
        && nSize > 1
        && nSize <= lanes() / 2
        && kSize >= (kSize % FloatThin.LANES == 0 ? LEAST_THIN : LEAST_THIN_WITH_REST)
        && StepLabel.points(batch) * StepLabel.points(m) * nSize * kSize > MOST_SMALL
        && kSize * nSize <= FloatThinProduct.MOST;
  }

  private StepKernel thin(
      List<StepLabel> batch, List<StepLabel> m, List<StepLabel> n, List<StepLabel> k) {
    Loops b = StepLabel.loops(batch, OUT);
    Loops rows = StepLabel.loops(m, OUT);
    Loops columns = StepLabel.loops(n, OUT);
    Loops sum = StepLabel.loops(k, RIGHT);
    Products products = kernels.products();
    return new FloatThinProduct(
        products.thin(), products.floats(), kernels.floats(), b, rows, columns, sum);
  }

  private static boolean oneLoop(List<StepLabel> labels) {
    return StepLabel.loops(labels, OUT).rank() <= 1;
  }

  private StepKernel small(List<StepLabel> m, List<StepLabel> n, List<StepLabel> k) {
    Loops rows = StepLabel.loops(m, OUT);
    Loops columns = StepLabel.loops(n, OUT);
    Loops sum = StepLabel.loops(k, RIGHT);
    Products products = kernels.products();
    return switch (type) {
      case FLOAT -> new FloatSmallProduct(products.floats(), kernels.floats(), rows, columns, sum);
      case DOUBLE ->
          new DoubleSmallProduct(products.doubles(), kernels.doubles(), rows, columns, sum);
      case LONG -> new LongSmallProduct(products.longs(), kernels.longs(), rows, columns, sum);
    };
  }

  private StepKernel product(
      List<StepLabel> batch, List<StepLabel> m, List<StepLabel> n, List<StepLabel> k) {
    Loops b = StepLabel.loops(batch, OUT);
    Loops rows = StepLabel.loops(m, OUT);
    Loops columns = StepLabel.ordered(columnOrder(n));
    Loops sum = StepLabel.loops(k, RIGHT);
    return switch (type) {
      case FLOAT ->
          new FloatPackedProduct(
              kernels.products().floats(),
              kernels.floats(),
              Blocking.of(kernels.bits(), FloatPackedProduct.BYTES),
              b,
              rows,
              columns,
              sum);
      case DOUBLE ->
          new DoublePackedProduct(
              kernels.products().doubles(),
              kernels.doubles(),
              Blocking.of(kernels.bits(), DoublePackedProduct.BYTES),
              b,
              rows,
              columns,
              sum);
      case LONG ->
          new LongPackedProduct(
              kernels.products().longs(),
              kernels.longs(),
              Blocking.of(0, LongPackedProduct.BYTES),
              b,
              rows,
              columns,
              sum);
    };
  }

  /**
   * Columns with the result's contiguous label innermost. If the operand is contiguous along
   * another one, that comes next, so that a block of columns turns whole lines of the operand over,
   * and the others follow the operand's memory.
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

  private StepKernel nest(List<StepLabel> kept, List<StepLabel> summed, boolean binary) {
    Loops sum = StepLabel.loops(summed, binary ? RIGHT : LEFT);
    Loops out = StepLabel.loops(kept, OUT);
    // A single sum has no row of results to add up along.
    boolean byDots = out.rank() == 0 || dotCost(sum, binary) <= rowSumCost(out, binary);
    String name = nestName(binary, byDots);
    return switch (type) {
      case FLOAT -> new FloatLoopNest(kernels.floats(), name, binary, byDots, out, sum);
      case DOUBLE -> new DoubleLoopNest(kernels.doubles(), name, binary, byDots, out, sum);
      case LONG -> new LongLoopNest(kernels.longs(), name, binary, byDots, out, sum);
    };
  }

  private static String nestName(boolean binary, boolean byDots) {
    if (!binary) {
      return byDots ? "reduce rows" : "reduce columns";
    }
    return byDots ? "dots" : "row sums";
  }

  /** What a term costs in a dot along the contracted labels, in elements read from memory. */
  private static double dotCost(Loops sum, boolean binary) {
    return reading(sum, binary) + ROW_BEGIN / sum.row();
  }

  /** What a term costs where rows are added up along the result: the sums are read and written. */
  private static double rowSumCost(Loops out, boolean binary) {
    return reading(out, binary) + 1 + ROW_BEGIN / out.row();
  }

  /** Elements that memory moves to read one of each operand along the innermost loop. */
  private static double reading(Loops loops, boolean binary) {
    double cost = reading(Math.abs(loops.stride(LEFT)));
    return binary ? cost + reading(Math.abs(loops.stride(RIGHT))) : cost;
  }

  private static double reading(long stride) {
    // A line holds 16 elements; beyond a page every element costs a translation too.
    return stride <= 16 ? stride : stride < 1024 ? 16 : 32;
  }

  private StepKernel elementwise(List<StepLabel> labels, boolean binary) {
    Loops all = StepLabel.loops(labels, OUT);
    int x = all.rank() - 1;
    int turned = contiguous(all, LEFT);
    if (turned < 0 && binary) {
      turned = contiguous(all, RIGHT);
    }
    int y = turned < 0 ? x - 1 : turned;
    boolean grouped = !binary && turned >= 0;
    int next = grouped ? follower(all, OUT, x, y) : -1;
    int above = grouped ? follower(all, LEFT, y, x) : -1;
    above = above == next ? -1 : above;
    int[] taken = {x, y, next, above};
    int[] others =
        IntStream.range(0, all.rank())
            .filter(loop -> IntStream.of(taken).noneMatch(each -> each == loop))
            .toArray();
    Loops outer = all.only(others);
    Loops[] parts =
        IntStream.of(above, y, next, x).mapToObj(l -> one(all, l)).toArray(Loops[]::new);
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
   * The loop that an operand is contiguous along, if it is neither the innermost one nor too short;
   * else -1.
   */
  private static int contiguous(Loops all, int array) {
    if (all.rank() < 2 || Math.abs(all.stride(array)) <= 1) {
      return -1;
    }
    return IntStream.range(0, all.rank() - 1)
        .filter(loop -> all.stride(array, loop) == 1 && all.size(loop) >= LEAST_TURNED)
        .findFirst()
        .orElse(-1);
  }

  /** The loop that follows a contiguous one in an array without a gap, but another; else -1. */
  private static int follower(Loops all, int array, int loop, int other) {
    long end = all.size(loop);
    return IntStream.range(0, all.rank())
        .filter(each -> each != loop && each != other && all.stride(array, loop) == 1)
        .filter(each -> all.stride(array, each) == end)
        .findFirst()
        .orElse(-1);
  }

  private static Optional<StepLabel> unit(List<StepLabel> labels, int array) {
    return labels.stream()
        .filter(label -> label.size() > 1 && label.stride(array) == 1)
        .findFirst();
  }
}
