package io.github.shardsum.moe;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/**
 * What a forward pass computes on its way, and what a backward pass needs of it.
 *
 * @param logits {@code [G, S, E]}: router logits, f32 where the layer is in bf16
 * @param dispatched {@code [E, G, C, M]}: the experts' inputs
 * @param hidden {@code [E, G, C, H]}: after the first layer and relu
 * @param expertOutputs {@code [G, E, C, M]}
 * @param outputs {@code [G, S, M]}
 */
public record MoeActivations(
    Tensor logits, Tensor dispatched, Tensor hidden, Tensor expertOutputs, Tensor outputs) {

  /**
   * Fresh memory for a pass, on the heap.
   *
   * @param sizes the layer's sizes
   * @param dtype the layer's dtype
   * @return tensors of zeros
   */
  public static MoeActivations allocate(MoeSizes sizes, DType dtype) {
    return around(Tensor.zeros(logitsOf(dtype), sizes.shape("GSE")), sizes, dtype);
  }

  static MoeActivations around(Tensor logits, MoeSizes sizes, DType dtype) {
    return new MoeActivations(
        logits,
        Tensor.zeros(dtype, sizes.shape("EGCM")),
        Tensor.zeros(dtype, sizes.shape("EGCH")),
        Tensor.zeros(dtype, sizes.shape("GECM")),
        Tensor.zeros(dtype, sizes.shape("GSM")));
  }

  /** Logits of 8 significant bits would tie too often to route by. */
  static DType logitsOf(DType layer) {
    return layer == DType.BF16 ? DType.F32 : layer;
  }

  /**
   * Whether a pass of these sizes fits.
   *
   * @param sizes the layer's sizes
   * @param dtype the layer's dtype
   * @return true if all shapes and dtypes are those of {@link #allocate}
   */
  public boolean fits(MoeSizes sizes, DType dtype) {
    return fits(logits, logitsOf(dtype), sizes, "GSE")
        && fits(dispatched, dtype, sizes, "EGCM")
        && fits(hidden, dtype, sizes, "EGCH")
        && fits(expertOutputs, dtype, sizes, "GECM")
        && fits(outputs, dtype, sizes, "GSM");
  }

  private static boolean fits(Tensor tensor, DType dtype, MoeSizes sizes, String letters) {
    return tensor.dtype() == dtype && tensor.shape().equals(sizes.shape(letters));
  }
}
