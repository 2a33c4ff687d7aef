package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Makes the kernel of a step with a routing operand. */
final class RoutedContractionPlanner {
  private final KernelSet kernels;
  private final ContractionSpec spec;
  private final long[] sizes;

  RoutedContractionPlanner(KernelSet kernels, ContractionSpec spec, long[] sizes) {
    this.kernels = kernels;
    this.spec = spec;
    this.sizes = sizes;
  }

  /** The kernel of the step. Labels that only the dense operand has must all be in the result. */
  RoutedContractionKernel plan(
      ContractionView.Routed routing, ContractionView.Dense dense, ContractionView.Dense out) {
    boolean scatters = IntStream.of(routing.tail()).anyMatch(l -> l >= 0 && out.has(l));
    boolean apart = labels(l -> routing.leading()[l] && sizes[l] > 1).allMatch(out::has);
    long[] tailCounts = routing.tailSizes().clone();
    Arrays.setAll(tailCounts, axis -> routing.tail()[axis] < 0 ? 1 : sizes[routing.tail()[axis]]);
    RoutedContractionLoops loops =
        new RoutedContractionLoops(
            scatters ? "routed scatter" : "routed gather",
            apart && !scatters,
            lead(routing, dense, out),
            free(routing, dense, out),
            result(out),
            routing.tailSizes(),
            tailCounts,
            new long[][] {tail(routing, out), tail(routing, dense)},
            apart,
            routing.dtype() == DType.BOOL);
    return switch (spec.type()) {
      case FLOAT -> new FloatRoutedContraction(kernels.floats(), loops);
      case DOUBLE -> new DoubleRoutedContraction(kernels.doubles(), loops);
      case LONG -> new LongRoutedContraction(kernels.longs(), loops);
    };
  }

  private IntStream labels(IntPredicate which) {
    return IntStream.range(0, sizes.length).filter(which);
  }

  /**
   * Labels in the order of the leading axes; the strides of the positions need not be row-major.
   */
  private Loops lead(
      ContractionView.Routed routing, ContractionView.Dense dense, ContractionView.Dense out) {
    int[] lead = routing.leadOrder();
    long[] counts = new long[lead.length];
    long[][] strides = new long[6][lead.length];
    long order = 1;
    for (int i = lead.length - 1; i >= 0; i--) {
      int label = lead[i];
      counts[i] = sizes[label];
      strides[0][i] = order;
      strides[1 + RoutedContractionKernel.OUT][i] = out.strides()[label];
      strides[1 + RoutedContractionLoops.DENSE][i] = dense.strides()[label];
      strides[1 + RoutedContractionLoops.POSITIONS][i] = routing.positionStrides()[label];
      strides[1 + RoutedContractionLoops.WEIGHTS][i] = routing.weightStrides()[label];
      strides[1 + RoutedContractionLoops.LEAD_BIAS][i] = spec.biasStride(label);
      order *= counts[i];
    }
    return Loops.of(counts, strides).without(0);
  }

  private Loops free(
      ContractionView.Routed routing, ContractionView.Dense dense, ContractionView.Dense out) {
    List<StepLabel> free = new ArrayList<>();
    labels(l -> !routing.has(l) && (dense.has(l) || out.has(l)))
        .forEach(l -> free.add(label(l, out, dense)));
    return StepLabel.loops(free, RoutedContractionKernel.OUT);
  }

  private Loops result(ContractionView.Dense out) {
    List<StepLabel> all = new ArrayList<>();
    labels(out::has).forEach(l -> all.add(label(l, out, out)));
    return StepLabel.loops(all, RoutedContractionKernel.OUT);
  }

  private StepLabel label(int label, ContractionView.Dense out, ContractionView.Dense dense) {
    long from = dense.strides()[label];
    long[] strides = {out.strides()[label], from, from, spec.biasStride(label)};
    return new StepLabel(sizes[label], true, true, true, strides);
  }

  private static long[] tail(ContractionView.Routed routing, ContractionView.Dense value) {
    return IntStream.of(routing.tail()).mapToLong(l -> l < 0 ? 0 : value.strides()[l]).toArray();
  }
}
