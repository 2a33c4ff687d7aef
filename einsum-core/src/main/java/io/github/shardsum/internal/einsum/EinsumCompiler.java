package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.contraction.ContractionLowering;
import io.github.shardsum.internal.contraction.ContractionProgram;
import io.github.shardsum.internal.contraction.ContractionSpec;
import io.github.shardsum.internal.contraction.ContractionView;
import io.github.shardsum.internal.contraction.StepKernelChoices;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.PathCost;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Turns a bound equation and the operands' specs into a program of kernels. */
public final class EinsumCompiler {
  private EinsumCompiler() {}

  /** The program for a result with the given strides; no axis of the result is empty. */
  public static ContractionProgram program(
      BoundEquation bound,
      List<OperandSpec> operands,
      DType dtype,
      long[] resultStrides,
      ContractionPlan plan,
      EinsumOptions options,
      StepKernelChoices choices) {
    return ContractionLowering.lower(
        spec(bound, operands, dtype, resultStrides, plan, options, false),
        kernels(options),
        choices);
  }

  /**
   * The program that takes powers of two out of values. Its result is in C order, in the type of
   * its computation.
   */
  public static ContractionProgram scaled(
      BoundEquation bound,
      List<OperandSpec> operands,
      DType dtype,
      ContractionPlan plan,
      EinsumOptions options) {
    long[] strides = bound.outputShape().rowMajorStrides();
    return ContractionLowering.lower(
        spec(bound, operands, dtype, strides, plan, options, true),
        kernels(options),
        StepKernelChoices.NONE);
  }

  /** Names of the kernels that each step of that program could use, the model's choice first. */
  public static List<List<String>> candidates(
      BoundEquation bound,
      List<OperandSpec> operands,
      DType dtype,
      long[] resultStrides,
      ContractionPlan plan,
      EinsumOptions options) {
    return ContractionLowering.candidates(
        spec(bound, operands, dtype, resultStrides, plan, options, false), kernels(options));
  }

  private static KernelSet kernels(EinsumOptions options) {
    return switch (options.kernels()) {
      case BEST -> KernelSelection.best();
      case SCALAR -> KernelSelection.scalar();
    };
  }

  private static ContractionSpec spec(
      BoundEquation bound,
      List<OperandSpec> operands,
      DType dtype,
      long[] resultStrides,
      ContractionPlan plan,
      EinsumOptions options,
      boolean scaled) {
    List<ContractionView> views = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      views.add(view(bound, i, operands.get(i)));
    }
    return new ContractionSpec(
        EquationPathPlanning.computeType(operands, dtype),
        dtype,
        sizes(bound),
        views,
        bound.outputLabels(),
        resultStrides,
        biasStrides(bound, options.epilogue()),
        !options.epilogue().isNone(),
        options.epilogue().scale() != 1 || options.epilogue().bias().isPresent(),
        plan.path(),
        plan.slices(),
        levels(plan.cost().steps()),
        options.sums().leaf(),
        scaled);
  }

  private static int[] levels(List<PathCost.Step> steps) {
    int[] levels = new int[steps.size()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = steps.get(i).level();
    }
    return levels;
  }

  private static long[] sizes(BoundEquation bound) {
    long[] sizes = new long[bound.labelCount()];
    for (int label = 0; label < sizes.length; label++) {
      sizes[label] = bound.labelSize(label);
    }
    return sizes;
  }

  private static ContractionView view(BoundEquation bound, int operand, OperandSpec spec) {
    return spec.isRouting() ? routed(bound, operand, spec) : dense(bound, operand, spec);
  }

  private static ContractionView.Dense dense(BoundEquation bound, int operand, OperandSpec spec) {
    boolean[] present = new boolean[bound.labelCount()];
    long[] strides = new long[bound.labelCount()];
    for (int axis = 0; axis < bound.operandRank(operand); axis++) {
      if (!bound.isBroadcast(operand, axis)) {
        int label = bound.operandLabel(operand, axis);
        present[label] = true;
        strides[label] += spec.stride(axis);
      }
    }
    return new ContractionView.Dense(spec.dtype(), present, strides);
  }

  private static ContractionView.Routed routed(BoundEquation bound, int operand, OperandSpec spec) {
    int leadRank = spec.leadRank().orElseThrow();
    int tailRank = bound.operandRank(operand) - leadRank;
    List<Integer> lead = new ArrayList<>();
    boolean[] leading = new boolean[bound.labelCount()];
    long[] positions = new long[bound.labelCount()];
    long[] weights = new long[bound.labelCount()];
    int[] tail = new int[tailRank];
    long[] tailSizes = new long[tailRank];
    for (int axis = 0; axis < leadRank + tailRank; axis++) {
      int label = bound.operandLabel(operand, axis);
      boolean absent = bound.isBroadcast(operand, axis);
      if (axis >= leadRank) {
        tail[axis - leadRank] = absent ? -1 : label;
        tailSizes[axis - leadRank] = spec.shape().size(axis);
      } else if (!absent) {
        lead.add(label);
        leading[label] = true;
        positions[label] = spec.positionStride(axis);
        weights[label] = spec.weightStride(axis);
      }
    }
    int[] order = lead.stream().mapToInt(Integer::intValue).toArray();
    return new ContractionView.Routed(
        spec.dtype(), order, leading, tail, tailSizes, positions, weights);
  }

  /** Stride of the bias along each axis of the result. */
  private static long[] biasStrides(BoundEquation bound, Epilogue epilogue) {
    long[] strides = new long[bound.outputRank()];
    if (epilogue.bias().isEmpty()) {
      return strides;
    }
    Epilogue.Bias bias = epilogue.bias().get();
    Tensor tensor = bias.tensor();
    if (bias.term().size() != tensor.rank()) {
      throw new IllegalArgumentException(
          "bias: expected one axis a label of \""
              + bias.term()
              + "\", got shape "
              + tensor.shape());
    }
    for (int axis = 0; axis < tensor.rank(); axis++) {
      String label = bias.term().axis(axis).label();
      int of = resultAxis(bound, label);
      boolean once =
          timesIn(bias.term(), label) == 1 && timesIn(bound.equation().output(), label) == 1;
      boolean one = tensor.size(axis) == 1;
      if (of < 0 || !once || (!one && tensor.size(axis) != bound.outputShape().size(of))) {
        throw new IllegalArgumentException(
            "bias: expected labels that it and the result have once, with the result's sizes or 1,"
                + " got label "
                + label
                + " of size "
                + tensor.size(axis)
                + " of bias \""
                + bias.term()
                + "\" for "
                + bound);
      }
      strides[of] = one ? 0 : tensor.stride(axis);
    }
    return strides;
  }

  private static long timesIn(Term term, String label) {
    return term.axes().stream().filter(axis -> axis.label().equals(label)).count();
  }

  private static int resultAxis(BoundEquation bound, String label) {
    for (int axis = 0; axis < bound.outputRank(); axis++) {
      if (bound.labelName(bound.outputLabel(axis)).equals(label)) {
        return axis;
      }
    }
    return -1;
  }
}
