package io.github.shardsum.internal.contraction;

import static io.github.shardsum.internal.contraction.StepKernel.LEFT;
import static io.github.shardsum.internal.contraction.StepKernel.OUT;
import static io.github.shardsum.internal.contraction.StepKernel.RIGHT;

import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.kernel.FloatPrefetch;
import io.github.shardsum.internal.kernel.FloatSkinnyMicrokernel;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.memory.Loops;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Chooses the kernel of a step by a small model of all kernels' costs. */
final class StepPlanner {
  /** Below this many products in a sum, reads and writes of C take all the time. */
  private static final long LEAST_K = 4;

  /**
   * Up to this many multiply-adds a product with few columns is too small for vectors along the
   * sum, whose lanes must be added up.
   */
  private static final long MOST_NOT_THIN = 32 * 32 * 32;

  /**
   * The largest number of elements of an outer product that is not packed: tiles would write more
   * of C than fits into a near cache.
   */
  private static final long MOST_OUTER = 32 * 32;

  /** The least number of elements of a transposed B that is packed. */
  private static final long LEAST_PACKED = 1 << 14;

  /**
   * The least number of rows for which a transposition of B pays in a product that is not packed.
   */
  private static final long LEAST_ROWS_TURNED = 16;

  /**
   * The least number of terms for which vectors along the sum pay, since the lanes of a vector must
   * be added up.
   */
  private static final long LEAST_THIN = 64;

  /**
   * The least number of terms for vectors along the sum if the last terms do not fill a vector and
   * are therefore packed.
   */
  private static final long LEAST_THIN_WITH_REST = 512;

  /**
   * The least number of elements of B for which few rows read it unpacked, in the order of memory:
   * a smaller B is soon in the second-level cache.
   */
  private static final long LEAST_STREAMED = 1 << 15;

  /** The least number of columns for which it pays to restart at each row of B. */
  private static final long LEAST_STREAMED_COLUMNS = 64;

  /** Kernels that cost more than this many times the chosen one, by the model, are not tried. */
  private static final double HOPELESS = 8;

  private final ComputeType type;
  private final StepKernels make;
  private final StepCosts costs;

  StepPlanner(KernelSet kernels, ComputeType type) {
    this.type = type;
    this.make = new StepKernels(kernels, type);
    this.costs = new StepCosts(kernels, type);
  }

  /**
   * The kernel of a step.
   *
   * @param swapped whether the kernel takes the right operand as its left one
   * @param reason the reason for the choice, a format if there are values
   * @param values the values of the format
   */
  record Choice(StepKernel kernel, boolean swapped, String reason, Object... values) {
    /** The reason for the choice, for a plan; formatted on request, since formats are slow. */
    String why() {
      return values.length == 0 ? reason : String.format(Locale.ROOT, reason, values);
    }

    private boolean isLike(Choice other) {
      return swapped == other.swapped && kernel.name().equals(other.kernel.name());
    }
  }

  /** The kernel of a step of one operand; no label is empty. */
  Choice unary(List<StepLabel> labels) {
    List<StepLabel> kept = GemmLabels.select(labels, StepLabel::inOut);
    List<StepLabel> summed = GemmLabels.select(labels, label -> !label.inOut());
    if (StepLabel.points(summed) == 1) {
      return new Choice(make.elementwise(kept, false), false, "nothing is summed");
    }
    return nest(kept, summed, false, false);
  }

  /** All kernels for a step of one operand, the choice of {@link #unary} first. */
  List<Choice> unaryCandidates(List<StepLabel> labels) {
    Choice best = unary(labels);
    List<StepLabel> summed = GemmLabels.select(labels, label -> !label.inOut());
    return StepLabel.points(summed) == 1
        ? List.of(best)
        : candidates(
            best, nests(GemmLabels.select(labels, StepLabel::inOut), summed, false, false));
  }

  /** A copy that may write in place: element by element, in one order. */
  StepKernel inPlace(List<StepLabel> labels) {
    return make.elementwise(labels, false);
  }

  /** The kernel of a step of two operands; no label is empty. */
  Choice binary(List<StepLabel> labels) {
    GemmLabels sides = GemmLabels.alongResult(labels);
    if (isThin(sides)) {
      return new Choice(make.skinny(sides), sides.swapped(), "too few columns for a register tile");
    }
    // A single row goes to the loop nest, which sums in f64.
    if (sides.matrices() && isStreamed(sides)) {
      return new Choice(make.fewRows(sides), sides.swapped(), "few rows: B is read once");
    }
    long terms = StepLabel.points(sides.k());
    // Each row is multiplied by a scalar; as products these would be many small ones.
    if (terms == 1 && !sides.matrices()) {
      return new Choice(make.elementwise(sides.kept(), true), sides.swapped(), "nothing is summed");
    }
    if (isUnpacked(sides)) {
      return new Choice(
          make.unpacked(sides),
          sides.swapped(),
          "packing gains nothing: small, narrow or in a near cache");
    }
    double packed = costs.product(sides);
    double nested = costs.nest(sides);
    // A single row or column reads its matrix once, so packing gains nothing, and the loop nest
    // sums in f64.
    boolean packs = sides.matrices() && terms >= LEAST_K;
    if (packs && packed < nested) {
      return new Choice(
          make.product(sides), sides.swapped(), "%.1e cycles, rows at %.1e", packed, nested);
    }
    if (terms == 1) {
      return new Choice(make.elementwise(sides.kept(), true), sides.swapped(), "nothing is summed");
    }
    Choice nest = nest(sides.kept(), sides.k(), true, sides.swapped());
    return packs
        ? new Choice(nest.kernel, nest.swapped, "%.1e cycles, packed at %.1e", nested, packed)
        : nest;
  }

  /**
   * The kernel of rows times a matrix, where the bits of a row must not depend on the number of
   * rows: it adds one term after another.
   */
  Choice rows(List<StepLabel> labels) {
    GemmLabels given = GemmLabels.of(labels, false);
    if (type == ComputeType.LONG) {
      return binary(labels);
    }
    if (StepLabel.points(given.n()) == 1) {
      Loops sum = StepLabel.loops(given.k(), RIGHT);
      Loops out = StepLabel.loops(given.kept(), OUT);
      return new Choice(make.nest(sum, out, true, true), false, "a single column");
    }
    return chain(labels, "rows are packed");
  }

  /**
   * The kernel of a step whose sums follow the tree of {@link io.github.shardsum.einsum.SumOrder}.
   * The form depends only on the labels: sizes differ between the parts of a result.
   *
   * @param labels all labels, the contracted ones outermost first
   * @param leaf number of terms of a leaf
   */
  Choice tree(List<StepLabel> labels, boolean binary, int leaf) {
    return tree(labels, binary, leaf, TreeProduct.MOST);
  }

  /**
   * The same kernel with a largest number of elements for a part of the result; each level of the
   * tree has one part.
   */
  Choice tree(List<StepLabel> labels, boolean binary, int leaf, long most) {
    List<StepLabel> kept = GemmLabels.select(labels, StepLabel::inOut);
    List<StepLabel> summed = GemmLabels.select(labels, label -> !label.inOut());
    if (summed.isEmpty()) {
      return new Choice(make.elementwise(kept, binary), false, "nothing is summed");
    }
    boolean product =
        binary
            && kept.stream().anyMatch(label -> label.inLeft() && !label.inRight())
            && kept.stream().anyMatch(label -> label.inRight() && !label.inLeft());
    return product
        ? new Choice(treeProduct(kept, summed, leaf, most), false, "a tree over leaves of %d", leaf)
        : new Choice(
            make.treeRows(kept, summed, binary, leaf), false, "lanes, and a tree of %d", leaf);
  }

  /**
   * The kernel of a product with one contracted label, whose terms are leaves of the given lengths.
   * A leaf without terms keeps its place in the tree.
   */
  Choice tree(List<StepLabel> labels, int... sizes) {
    GemmLabels sides = GemmLabels.alongResult(labels);
    boolean takesOnePass = StepLabel.points(sides.k()) <= make.mostTerms();
    return new Choice(
        takesOnePass
            ? make.packedInOrder(sides, Leaves.of(sizes))
            : new LeafTree(type, make, sides, sizes),
        sides.swapped(),
        "a tree over %d leaves",
        sizes.length);
  }

  private StepKernel treeProduct(
      List<StepLabel> kept, List<StepLabel> summed, int leaf, long most) {
    TreeProduct.Maker maker =
        new TreeProduct.Maker() {
          @Override
          public Choice product(List<StepLabel> labels) {
            return chain(labels, "packed");
          }

          @Override
          public Choice tree(List<StepLabel> labels, Leaves leaves) {
            GemmLabels sides = GemmLabels.alongResult(labels);
            return new Choice(
                make.packedInOrder(sides, leaves), sides.swapped(), "leaves are packed together");
          }

          @Override
          public long mostTerms(List<StepLabel> kept) {
            return mostPackedTerms(GemmLabels.of(kept, false));
          }

          @Override
          public StepKernel copy(List<StepLabel> labels) {
            return make.elementwise(labels, false);
          }

          @Override
          public TreeProduct.Adder adder() {
            return make.adder();
          }
        };
    return new TreeProduct(type, maker, kept, summed, leaf, most);
  }

  /**
   * A kernel that computes each element as one chain of multiply-adds, in order, from +0.
   *
   * @param packed the reason to give if operands are packed
   */
  private Choice chain(List<StepLabel> labels, String packed) {
    GemmLabels sides = GemmLabels.alongResult(labels);
    if (isStreamed(sides)) {
      return new Choice(make.fewRows(sides), sides.swapped(), "few rows: B is read once");
    }
    return isUnpacked(sides)
        ? new Choice(
            make.unpacked(sides),
            sides.swapped(),
            "packing gains nothing: small or in a near cache")
        : new Choice(make.product(sides), sides.swapped(), packed);
  }

  /** The limit of the terms of leaves that are packed together; 0 if the result is too small. */
  private long mostPackedTerms(GemmLabels result) {
    return result.matrices() && result.products() * LEAST_K >= make.mostSmall()
        ? make.mostTerms()
        : 0;
  }

  /**
   * Whether B is read once, in the order of memory, because it may be in main memory and there are
   * too few rows to pay for packing.
   */
  private boolean isStreamed(GemmLabels sides) {
    long n = StepLabel.points(sides.n());
    return n >= LEAST_STREAMED_COLUMNS
        && n * StepLabel.points(sides.k()) >= LEAST_STREAMED
        && StepKernels.isStoredInRows(sides, false)
        && make.canBeOfFewRows(sides);
  }

  /**
   * All kernels to try for a step of two operands, the choice of {@link #binary} first. All have
   * the promised accuracy.
   */
  List<Choice> binaryCandidates(List<StepLabel> labels) {
    Choice best = binary(labels);
    GemmLabels along = GemmLabels.alongResult(labels);
    if (StepLabel.points(along.k()) == 1) {
      return List.of(best);
    }
    double packed = costs.product(along);
    double nested = costs.nest(along);
    List<Choice> others = new ArrayList<>();
    for (GemmLabels sides : List.of(along, GemmLabels.of(labels, !along.swapped()))) {
      if (make.canBeThin(sides)) {
        others.add(new Choice(make.skinny(sides), sides.swapped(), ""));
      }
      if (make.canBeUnpacked(sides, FloatUnpackedProduct.MOST_THIN)) {
        others.add(new Choice(make.unpacked(sides), sides.swapped(), ""));
      }
      if (sides.matrices() && packed < HOPELESS * nested) {
        others.add(new Choice(make.product(sides), sides.swapped(), ""));
      }
    }
    if (nested < HOPELESS * packed || !along.matrices()) {
      others.addAll(nests(along.kept(), along.k(), true, along.swapped()));
    }
    return candidates(best, others);
  }

  private static List<Choice> candidates(Choice best, List<Choice> others) {
    List<Choice> candidates = new ArrayList<>(List.of(best));
    for (Choice other : others) {
      if (candidates.stream().noneMatch(other::isLike)) {
        candidates.add(other);
      }
    }
    return candidates;
  }

  /** The cheaper one of two nests. */
  private Choice nest(
      List<StepLabel> kept, List<StepLabel> summed, boolean binary, boolean swapped) {
    Loops sum = StepLabel.loops(summed, binary ? RIGHT : LEFT);
    Loops out = StepLabel.loops(kept, OUT);
    double dots = StepCosts.dots(sum, binary);
    double rowSums = StepCosts.rowSums(out, binary);
    // A single sum has no row of results to add up along.
    boolean byDots = out.rank() == 0 || dots <= rowSums;
    return new Choice(
        make.nest(sum, out, binary, byDots),
        swapped,
        "%.2g a term along the sum, %.2g along the result, in elements read",
        dots,
        rowSums);
  }

  private List<Choice> nests(
      List<StepLabel> kept, List<StepLabel> summed, boolean binary, boolean swapped) {
    Loops sum = StepLabel.loops(summed, binary ? RIGHT : LEFT);
    Loops out = StepLabel.loops(kept, OUT);
    Choice dots = new Choice(make.nest(sum, out, binary, true), swapped, "");
    return out.rank() == 0
        ? List.of(dots)
        : List.of(dots, new Choice(make.nest(sum, out, binary, false), swapped, ""));
  }

  /**
   * Whether a product is computed unpacked: a small product, one whose B stays in a near cache
   * without packing, or one with at most as many columns as a vector has lanes, for which a packed
   * tile would be mostly padding.
   */
  private boolean isUnpacked(GemmLabels sides) {
    long m = StepLabel.points(sides.m());
    long n = StepLabel.points(sides.n());
    long k = StepLabel.points(sides.k());
    if (n <= costs.lanes() && k >= LEAST_K && type != ComputeType.LONG) {
      return make.canBeUnpacked(sides, FloatUnpackedProduct.MOST_THIN);
    }
    if (isNear(sides, m, n * k)) {
      return make.canBeUnpacked(sides, n * k);
    }
    return (double) m * n * k <= (k == 1 ? MOST_OUTER : make.mostSmall())
        && make.canBeUnpacked(sides, FloatUnpackedProduct.MOST);
  }

  /**
   * Whether B is read unpacked also for more than 32^3 multiply-adds, because it stays in a near
   * cache or has few rows to read it.
   */
  private boolean isNear(GemmLabels sides, long m, long elements) {
    long k = StepLabel.points(sides.k());
    if (k < LEAST_K || elements > make.mostUnpacked(m)) {
      return false;
    }
    if (StepKernels.isStoredInRows(sides, false)) {
      if (!sides.batch().isEmpty()) {
        // A B from main memory needs room in the cache even if few rows read it.
        long bytes = StepLabel.points(sides.batch()) * elements * type.dtype().byteSize();
        return elements <= make.mostUnpacked(Long.MAX_VALUE)
            || bytes < FloatPrefetch.FAR * Float.BYTES;
      }
      long rowBytes = sides.k().getLast().stride(RIGHT) * type.dtype().byteSize();
      return m <= GemmKernels.UNPACKED_ROWS || Blocking.staysNear(k, rowBytes);
    }
    return StepKernels.isStoredInRows(sides, true)
        && m >= LEAST_ROWS_TURNED
        && elements < LEAST_PACKED;
  }

  /**
   * Whether vectors run along the sum, because there are too few columns for vectors along the
   * columns.
   */
  private boolean isThin(GemmLabels sides) {
    long terms = StepLabel.points(sides.k());
    return StepLabel.points(sides.n()) <= costs.lanes() / 2
        && terms >= (terms % FloatSkinnyMicrokernel.LANES == 0 ? LEAST_THIN : LEAST_THIN_WITH_REST)
        && sides.products() > MOST_NOT_THIN
        && make.canBeThin(sides);
  }
}
