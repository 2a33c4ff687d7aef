package io.github.shardsum.moe;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/**
 * Algorithm 2, an einsum a line, with {@link Route#of} between the first two: what programs of the
 * layer are held against, to the bit where their matrices have the same sizes.
 */
record LayerByEinsums(
    Route route, Tensor logits, Tensor dispatched, Tensor expertOutputs, Tensor outputs) {

  static LayerByEinsums of(
      MoeWeights weights,
      RouteOptions options,
      Tensor tokens,
      Optional<Tensor> nonPadding,
      Optional<Tensor> uniform,
      Randomness randomness) {
    DType dtype = weights.dtype();
    Tensor logits =
        einsum("GSM,ME->GSE", dtype == DType.BF16 ? DType.F32 : dtype, tokens, weights.gate());
    RouteInput<Tensor> input =
        new RouteInput<>(
            logits,
            RouteInput.Kind.LOGITS,
            nonPadding,
            uniform,
            Optional.empty(),
            Optional.empty());
    Route route = Route.of(input, options, randomness, Workers.sequential());
    Tensor dispatched = einsum("GSEC,GSM->EGCM", dtype, route.dispatch(), tokens);
    Epilogue relu = Epilogue.none().withRelu();
    Tensor h = einsum("EGCM,EMH->EGCH", dtype, relu, dispatched, weights.in());
    Tensor expertOutputs = einsum("EGCH,EHM->GECM", dtype, h, weights.out());
    Tensor outputs = einsum("GSEC,GECM->GSM", dtype, route.combine(), expertOutputs);
    return new LayerByEinsums(route, logits, dispatched, expertOutputs, outputs);
  }

  static LayerByEinsums of(
      MoeWeights weights, RouteOptions options, Tensor tokens, Randomness randomness) {
    return of(weights, options, tokens, Optional.empty(), Optional.empty(), randomness);
  }

  private static Tensor einsum(String equation, DType dtype, Operand a, Operand b) {
    return einsum(equation, dtype, Epilogue.none(), a, b);
  }

  private static Tensor einsum(
      String equation, DType dtype, Epilogue epilogue, Operand a, Operand b) {
    EinsumOptions options = EinsumOptions.defaults().withDtype(dtype).withEpilogue(epilogue);
    return Einsum.compile(equation, options, OperandSpec.like(a, b)).run(a, b);
  }
}
