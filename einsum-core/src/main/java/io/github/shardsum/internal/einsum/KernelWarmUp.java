package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.EinsumPlan;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Runs an einsum's kernels until they get no faster. */
public final class KernelWarmUp {
  /**
   * Labels are first cut to this size, which selects the same kernels as most larger sizes and runs
   * quickly.
   */
  private static final long FEW = 96;

  /**
   * Labels are cut to this size if the first size selects other kernels: products of more than 128
   * terms may have larger tiles.
   */
  private static final long MORE = 192;

  /** The largest number of elements of a small tensor. */
  private static final long SMALL = 1 << 24;

  /** The least time of a block of runs, in ns. */
  private static final long BLOCK = 10_000_000;

  /** A block counts as progress if it takes less than this share of the best time so far. */
  private static final double SETTLED = 0.95;

  /** After this number of blocks without progress the compiler is assumed to have finished. */
  private static final int QUIET = 5;

  private static final Duration LONGEST = Duration.ofDays(365);

  private final Einsum einsum;
  private final BoundEquation bound;
  private final EinsumOptions options;
  private final List<OperandSpec> specs;

  public KernelWarmUp(
      Einsum einsum, BoundEquation bound, EinsumOptions options, List<OperandSpec> specs) {
    this.einsum = einsum;
    this.bound = bound;
    this.options = options;
    this.specs = specs;
  }

  public void run(Duration most) {
    if (most.isNegative()) {
      throw new IllegalArgumentException("warm-up: expected a time of at least 0, got " + most);
    }
    long end = endOf(most);
    Operand[] operands = operands(FEW);
    Einsum same = smaller(operands, FEW);
    if (differs(same) && fits(MORE, SMALL)) {
      operands = operands(MORE);
      same = smaller(operands, MORE);
    }
    if (differs(same) && fits(Long.MAX_VALUE, Shape.LONGEST_ARRAY)) {
      operands = operands(Long.MAX_VALUE);
      same = einsum;
    }
    Tensor out = Tensor.zeros(same.dtype(), same.outputShape());
    double best = Double.MAX_VALUE;
    for (int quiet = 0; quiet < QUIET && System.nanoTime() < end; ) {
      double time = block(same, out, operands, end);
      quiet = time > SETTLED * best ? quiet + 1 : 0;
      best = Math.min(best, time);
    }
  }

  /** The System.nanoTime at the end of a duration that begins now, limited to a year. */
  public static long endOf(Duration most) {
    Duration bounded = most.compareTo(LONGEST) > 0 ? LONGEST : most;
    return System.nanoTime() + bounded.toNanos();
  }

  /** Nanoseconds of a run. */
  private static double block(Einsum einsum, Tensor out, Operand[] operands, long end) {
    long begin = System.nanoTime();
    long now = begin;
    long runs = 0;
    while (now - begin < BLOCK && (runs == 0 || now < end)) {
      einsum.runInto(out, operands);
      runs++;
      now = System.nanoTime();
    }
    return (double) (now - begin) / runs;
  }

  private boolean differs(Einsum other) {
    return !kernels(other).equals(kernels(einsum));
  }

  /**
   * Whether every tensor, with its labels cut to a size, has at most the given number of elements.
   */
  private boolean fits(long most, long elements) {
    return Stream.concat(Stream.of(bound.outputShape()), bound.operandShapes().stream())
        .allMatch(shape -> cut(shape, most).elementCount() <= elements);
  }

  private static Shape cut(Shape shape, long most) {
    return Shape.of(LongStream.of(shape.toArray()).map(size -> Math.min(size, most)).toArray());
  }

  private Einsum smaller(Operand[] operands, long most) {
    Map<String, Long> sizes = new HashMap<>();
    options.sizes().forEach((label, size) -> sizes.put(label, Math.min(size, most)));
    EinsumOptions plain = options.withSizes(sizes).withEpilogue(Epilogue.none());
    return Einsum.compile(bound.equation(), plain, OperandSpec.like(operands));
  }

  private static List<String> kernels(Einsum einsum) {
    return einsum.explain().steps().stream().map(EinsumPlan.Step::kernel).toList();
  }

  /** Zeros of the compiled shapes, with sizes cut to a given one. */
  private Operand[] operands(long most) {
    Operand[] operands = new Operand[specs.size()];
    for (int i = 0; i < operands.length; i++) {
      OperandSpec spec = specs.get(i);
      Shape shape = cut(spec.shape(), most);
      operands[i] = spec.isRouting() ? routing(spec, shape) : Tensor.zeros(spec.dtype(), shape);
    }
    return operands;
  }

  private static RoutingTensor routing(OperandSpec spec, Shape shape) {
    int leadRank = spec.leadRank().orElseThrow();
    long[] slots = Arrays.copyOf(shape.toArray(), leadRank + 1);
    slots[leadRank] = shape.elementCount() == 0 ? 0 : 1;
    return RoutingTensor.of(
        shape, Tensor.zeros(DType.I32, slots), Tensor.zeros(spec.dtype(), slots));
  }
}
