package io.github.shardsum.internal.contraction;

import static io.github.shardsum.internal.contraction.StepKernel.LEFT;
import static io.github.shardsum.internal.contraction.StepKernel.RIGHT;

import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.memory.Loops;
import java.util.List;

/** Estimated costs of the kernels of a step. */
final class StepCosts {
  /** Number of elements that memory moves in the 5 ns in which a row begins. */
  private static final double ROW_BEGIN = 20;

  private final KernelSet kernels;
  private final ComputeType type;

  StepCosts(KernelSet kernels, ComputeType type) {
    this.kernels = kernels;
    this.type = type;
  }

  /**
   * Cycles of a packed product: multiply-adds of whole register tiles, packing, C, and a fixed
   * part.
   */
  double product(GemmLabels sides) {
    double m = StepLabel.points(sides.m());
    double n = StepLabel.points(sides.n());
    double k = StepLabel.points(sides.k());
    double lanes = lanes();
    double tiled = tiled(m, n, k);
    double packing = 0.5 * (m + n) * k + tiled / lanes;
    return StepLabel.points(sides.batch()) * (tiled * k / lanes + packing + 2_000);
  }

  /**
   * Cycles of a nest of row operations: one call for each row, and two loads for each multiply-add.
   */
  double nest(GemmLabels sides) {
    double points = sides.products();
    double row = rowLength(sides.labels());
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

  /** Number of elements of a vector. */
  double lanes() {
    int bits = type == ComputeType.FLOAT ? 32 : 64;
    return Math.max(1.0, (double) kernels.bits() / bits);
  }

  /** Number of elements of the result in whole tiles. */
  private double tiled(double m, double n, double k) {
    return switch (type) {
      case FLOAT -> {
        var product = kernels.gemm().floats().forSizes((long) n, (long) k);
        yield whole(m, product.rows()) * whole(n, product.columns());
      }
      case DOUBLE -> {
        var product = kernels.gemm().doubles().forSizes((long) n, (long) k);
        yield whole(m, product.rows()) * whole(n, product.columns());
      }
      case LONG -> {
        var product = kernels.gemm().longs().forSizes((long) n, (long) k);
        yield whole(m, product.rows()) * whole(n, product.columns());
      }
    };
  }

  private static double whole(double size, int tile) {
    return Math.ceil(size / tile) * tile;
  }

  /** Cost of a term in a dot along the contracted labels, in elements read from memory. */
  static double dots(Loops sum, boolean binary) {
    return reading(sum, binary) + ROW_BEGIN / sum.row();
  }

  /** Cost of a term where rows are added up along the result: the sums are read and written. */
  static double rowSums(Loops out, boolean binary) {
    return reading(out, binary) + 1 + ROW_BEGIN / out.row();
  }

  /** Elements that memory moves for one element of each operand along the innermost loop. */
  private static double reading(Loops loops, boolean binary) {
    double cost = reading(Math.abs(loops.stride(LEFT)));
    return binary ? cost + reading(Math.abs(loops.stride(RIGHT))) : cost;
  }

  private static double reading(long stride) {
    // A cache line holds 16 elements; with strides beyond a page every element costs an address
    // translation too.
    return stride <= 16 ? stride : stride < 1024 ? 16 : 32;
  }
}
