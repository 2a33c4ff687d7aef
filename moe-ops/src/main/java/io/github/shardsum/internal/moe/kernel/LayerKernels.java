package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.internal.moe.decomposition.RowComposites;
import java.util.Map;

/** Kernels of the composites of {@link LayerComposites}. */
public final class LayerKernels {
  private static final String GRADIENT = ".gradient";

  private LayerKernels() {}

  /** The factories of the composites of whole experts, and of experts in two stages. */
  public static Map<String, CompositeKernel.Factory> ofExperts() {
    return Map.of(
        LayerComposites.EXPERTS,
        new ExpertPartition(false),
        LayerComposites.EXPERTS + GRADIENT,
        new ExpertPartition(true),
        LayerComposites.EXPERTS_IN,
        composite -> ExpertsKernel.of(ExpertStage.IN, composite, false),
        LayerComposites.EXPERTS_IN + GRADIENT,
        composite -> ExpertsKernel.of(ExpertStage.IN, composite, true),
        LayerComposites.EXPERTS_OUT,
        composite -> ExpertsKernel.of(ExpertStage.OUT, composite, false),
        LayerComposites.EXPERTS_OUT + GRADIENT,
        composite -> ExpertsKernel.of(ExpertStage.OUT, composite, true));
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
}
