package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.internal.moe.decomposition.RowComposites;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Kernels of the composites of {@link
 * io.github.shardsum.internal.moe.decomposition.LayerComposites}.
 */
public final class LayerKernels {
  private LayerKernels() {}

  private static CompositeKernel forward(
      ExpertsForm form, int positionsAt, double flops, boolean holdsRows, ExpertsKernel.Work work) {
    return new ExpertsKernel(
        form,
        positionsAt,
        OptionalInt.empty(),
        flops,
        false,
        holdsRows,
        Map.of(),
        _ -> Optional.empty(),
        work,
        new SharedExpertCost());
  }

  private static CompositeKernel backward(
      ExpertsForm form,
      int positionsAt,
      double flops,
      boolean holdsRows,
      Map<Integer, Integer> inPlace,
      ExpertsKernel.Work work) {
    return new ExpertsKernel(
        form,
        positionsAt,
        OptionalInt.empty(),
        flops,
        true,
        holdsRows,
        inPlace,
        _ -> Optional.empty(),
        work,
        new SharedExpertCost());
  }

  /** The kernel of {@code moe.experts}. */
  static Optional<CompositeKernel> experts(Composite composite) {
    return whole(composite, 0)
        .map(
            form ->
                new ExpertsKernel(
                    form,
                    Experts.Operands.POSITIONS,
                    startAt(composite),
                    form.flops(),
                    false,
                    true,
                    Map.of(),
                    sums -> ExpertsInOrder.of(form, composite, sums, false),
                    Experts::run,
                    new SharedExpertCost()));
  }

  /** The kernel of the gradient of {@code moe.experts}. */
  static Optional<CompositeKernel> gradient(Composite composite) {
    return whole(composite, 1)
        .map(
            form ->
                new ExpertsKernel(
                    form,
                    Experts.Operands.POSITIONS,
                    startAt(composite),
                    3 * form.flops(),
                    true,
                    true,
                    Map.of(),
                    sums -> ExpertsInOrder.of(form, composite, sums, true),
                    ExpertsGradient::run,
                    new SharedExpertCost()));
  }

  static Optional<ExpertsForm> whole(Composite composite, int cotangents) {
    int others = cotangents + (startAt(composite).isPresent() ? 1 : 0);
    return ExpertsForm.of(composite, Experts.Operands.POSITIONS, Experts.Operands.EXPERTS)
        .filter(form -> composite.operands().size() == Experts.Operands.count(form) + others);
  }

  /** The factories of the local composites that compute rows from other devices. */
  public static Map<String, CompositeKernel.Factory> ofRows() {
    return Map.of(
        RowComposites.SEND,
        RowsSend::of,
        RowComposites.EXPERTS,
        RowsExperts::forward,
        RowComposites.GRADIENT,
        RowsExperts::gradient,
        RowComposites.SUM,
        RowsSum::sum,
        RowComposites.PLACE,
        RowsSum::place);
  }

  /** The number of the last operand, if this operand is the first index of a chunk of experts. */
  private static OptionalInt startAt(Composite composite) {
    int last = composite.operands().size() - 1;
    ValueType type = composite.operands().get(last).type();
    return type.dtype() == DType.I64 && type.rank() == 0
        ? OptionalInt.of(last)
        : OptionalInt.empty();
  }

  /** The factory of {@code moe.experts_in}. */
  public static Optional<CompositeKernel> expertsIn(Composite composite) {
    return in(composite, 0)
        .map(
            form ->
                forward(form, ExpertsIn.Operands.POSITIONS, flopsIn(form), false, ExpertsIn::run));
  }

  /** The factory of the gradient of {@code moe.experts_in}. */
  public static Optional<CompositeKernel> expertsInGradient(Composite composite) {
    return in(composite, 1)
        .map(
            form ->
                backward(
                    form,
                    ExpertsIn.Operands.POSITIONS,
                    2 * flopsIn(form),
                    true,
                    Map.of(),
                    ExpertsInGradient::run));
  }

  private static double flopsIn(ExpertsForm form) {
    return form.flops() / form.products() * form.firstProducts();
  }

  private static Optional<ExpertsForm> in(Composite composite, int cotangents) {
    return ExpertsForm.of(composite, ExpertsIn.Operands.POSITIONS, ExpertsIn.Operands.MATRICES)
        .filter(
            form ->
                composite.operands().size()
                    == ExpertsIn.Operands.count(form) + cotangents * form.firstProducts());
  }

  /** The factory of {@code moe.experts_out}. */
  public static Optional<CompositeKernel> expertsOut(Composite composite) {
    return out(composite, 0)
        .map(
            form ->
                forward(
                    form, ExpertsOut.Operands.POSITIONS, flopsOut(form), true, ExpertsOut::run));
  }

  /** The factory of the gradient of {@code moe.experts_out}. */
  public static Optional<CompositeKernel> expertsOutGradient(Composite composite) {
    return out(composite, 1)
        .map(
            form ->
                backward(
                    form,
                    ExpertsOut.Operands.POSITIONS,
                    2 * flopsOut(form),
                    false,
                    ExpertsOutGradient.inPlace(form),
                    ExpertsOutGradient::run));
  }

  private static double flopsOut(ExpertsForm form) {
    return form.flops() / form.products();
  }

  private static Optional<ExpertsForm> out(Composite composite, int cotangents) {
    return ExpertsForm.of(composite, ExpertsOut.Operands.POSITIONS, ExpertsOut.Operands.MATRIX)
        .filter(
            form -> composite.operands().size() == ExpertsOut.Operands.count(form) + cotangents);
  }
}
