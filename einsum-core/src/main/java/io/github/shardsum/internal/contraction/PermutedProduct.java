package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.memory.F64Array;
import io.github.shardsum.internal.memory.I64Array;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A product of few rows, summed in the order of its right operand and then permuted into the
 * result. The operand is contiguous along another label than the result, so packing in the result's
 * order would transpose it; the result is much smaller.
 *
 * <p>Each sum has the same terms in the same order as without the permutation, and therefore the
 * same bits. The arrays of sums are as large as the result, or as the part for a range of one
 * label. A thread keeps its array for the next product.
 */
final class PermutedProduct implements StepKernel {
  /**
   * The kernels of a part of the result.
   *
   * @param elements number of elements of the part
   * @param product writes the sums
   * @param copy copies them into the result
   */
  private record Part(int elements, StepKernel product, StepKernel copy) {}

  private final ComputeType type;
  private final StepKernel direct;
  private final Optional<StepLabel> cut;
  private final long size;
  private final long chunk;
  private final Part full;
  private final Part rest;

  /**
   * A product.
   *
   * @param most the largest number of bytes of a part of the result
   * @param product makes a product of packed panels
   * @param copy makes a copy, element by element
   */
  PermutedProduct(
      ComputeType type,
      GemmLabels sides,
      long most,
      Function<GemmLabels, StepKernel> product,
      Function<List<StepLabel>, StepKernel> copy) {
    this.type = type;
    this.direct = product.apply(sides);
    this.cut = cut(sides);
    this.size = cut.map(StepLabel::size).orElse(1L);
    long row = StepLabel.points(sides.kept()) / size;
    this.chunk = Math.clamp(most / (row * type.dtype().byteSize()), 1, size);
    this.full = part(sides, chunk, product, copy);
    this.rest = size % chunk == 0 ? full : part(sides, size % chunk, product, copy);
  }

  /** Number of elements of the smallest part: a single index of the label that is cut. */
  static long least(GemmLabels sides) {
    return StepLabel.points(sides.kept()) / cut(sides).map(StepLabel::size).orElse(1L);
  }

  /**
   * The longest label of the columns, among those along which neither the result nor the operand is
   * contiguous.
   */
  private static Optional<StepLabel> cut(GemmLabels sides) {
    return sides.n().stream()
        .filter(label -> label.stride(OUT) != 1 && label.stride(RIGHT) != 1)
        .max(Comparator.comparingLong(StepLabel::size));
  }

  private Part part(
      GemmLabels sides,
      long indexes,
      Function<GemmLabels, StepKernel> product,
      Function<List<StepLabel>, StepKernel> copy) {
    List<StepLabel> order = new ArrayList<>(sides.batch());
    order.addAll(sides.m());
    List<StepLabel> columns = new ArrayList<>(sides.n());
    columns.sort(Comparator.comparingLong(label -> -Math.abs(label.stride(RIGHT))));
    order.addAll(columns);
    List<StepLabel> sums = new ArrayList<>(sides.k());
    List<StepLabel> copied = new ArrayList<>();
    long stride = 1;
    for (StepLabel label : order.reversed()) {
      long points = cut.filter(label::equals).isPresent() ? indexes : label.size();
      long[] strides = {stride, label.stride(LEFT), label.stride(RIGHT), 0};
      sums.add(new StepLabel(points, true, label.inLeft(), label.inRight(), strides));
      long[] out = {label.stride(OUT), stride, stride, label.stride(BIAS)};
      copied.add(new StepLabel(points, true, true, true, out));
      stride *= points;
    }
    return new Part(
        Math.toIntExact(stride), product.apply(GemmLabels.of(sums, false)), copy.apply(copied));
  }

  @Override
  public String name() {
    return full.product().name() + ", then " + full.copy().name();
  }

  @Override
  public void run(
      ArrayRef out, ArrayRef left, ArrayRef right, ResultScaling finish, Workers workers) {
    // Sums that begin with the result's elements, or that are multiplied by a factor, are finished
    // where they are summed.
    if (finish.alpha() != 1 || finish.beta() != 0 || finish.rows().isPresent()) {
      direct.run(out, left, right, finish, workers);
      return;
    }
    workers.run(
        1,
        (_, scratch) -> {
          ArrayRef sums = scratch.kept(Sums.class, Sums::new).of(type, full.elements());
          for (long from = 0; from < size; from += chunk) {
            Part part = from + chunk <= size ? full : rest;
            part.product()
                .run(sums, left, right.plus(at(from, RIGHT)), ResultScaling.PLAIN, workers);
            ResultScaling moved = finish.movedBy(0, at(from, BIAS));
            part.copy().run(out.plus(at(from, OUT)), sums, sums, moved, workers);
          }
        });
  }

  @Override
  public long packedBytes(int parallelism) {
    long parts =
        Math.max(full.product().packedBytes(parallelism), rest.product().packedBytes(parallelism));
    return Math.max(direct.packedBytes(parallelism), parts);
  }

  private long at(long index, int array) {
    return cut.isPresent() ? index * cut.get().stride(array) : 0;
  }

  /** An array of sums, kept by a thread. */
  private static final class Sums {
    private float[] floats = {};
    private double[] doubles = {};
    private long[] longs = {};

    ArrayRef of(ComputeType type, int elements) {
      return switch (type) {
        case FLOAT -> {
          floats = floats.length < elements ? new float[elements] : floats;
          yield new ArrayRef(new F32Array(floats), 0);
        }
        case DOUBLE -> {
          doubles = doubles.length < elements ? new double[elements] : doubles;
          yield new ArrayRef(new F64Array(doubles), 0);
        }
        case LONG -> {
          longs = longs.length < elements ? new long[elements] : longs;
          yield new ArrayRef(new I64Array(longs), 0);
        }
      };
    }
  }
}
