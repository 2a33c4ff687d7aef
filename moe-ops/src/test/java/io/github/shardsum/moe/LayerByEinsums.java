package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.RoundingBound;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Algorithm 2, an einsum a line, with {@link Route#of} between the first two: what programs of the
 * layer are held against, to the bit where their matrices have the same sizes.
 */
record LayerByEinsums(
    Route route,
    Tensor logits,
    Tensor dispatched,
    Tensor hidden,
    Tensor expertOutputs,
    Tensor outputs) {
  /** A sum of f32 has fewer terms here, its gates' roundings included. */
  private static final int MOST_TERMS = 64;

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
    return new LayerByEinsums(route, logits, dispatched, h, expertOutputs, outputs);
  }

  static LayerByEinsums of(
      MoeWeights weights, RouteOptions options, Tensor tokens, Randomness randomness) {
    return of(weights, options, tokens, Optional.empty(), Optional.empty(), randomness);
  }

  /**
   * How far two layers of bf16 by the same route may be apart at each output [G, S, M]: each is
   * within the roundings of its exact value, which are those of hidden units, expert outputs,
   * weights and outputs to bf16, and those of the sums, in f32. The relu brings no values further
   * apart.
   */
  double[] bounds(MoeWeights weights) {
    Tensor errorsOfHidden =
        errors("EGCM,EMH->EGCH", dispatched, zeros(dispatched), weights.in(), 0, hidden);
    Tensor errorsOfExperts =
        errors("EGCH,EHM->GECM", hidden, errorsOfHidden, weights.out(), 0, expertOutputs);
    Tensor combine = route.combine().toDense().convert(DType.F64);
    double ofWeight = RoundingBound.ofSum(RoundingBound.BF16, 1, 1);
    Tensor errors =
        errors("GECM,GSEC->GSM", expertOutputs, errorsOfExperts, combine, ofWeight, outputs);
    return Arrays.stream(errors.toDoubleArray()).map(error -> 2 * error).toArray();
  }

  /**
   * Errors of sums of products that are stored as bf16.
   *
   * @param x values with errors
   * @param of the errors
   * @param y factors
   * @param relative the error of a factor, as a part of it
   * @param sums the sums
   */
  private static Tensor errors(
      String equation, Tensor x, Tensor of, Tensor y, double relative, Tensor sums) {
    Tensor factors = magnitudes(y);
    double[] carried =
        einsum(equation, DType.F64, of, scaled(factors, 1 + relative)).toDoubleArray();
    double[] whole = einsum(equation, DType.F64, magnitudes(x), factors).toDoubleArray();
    double[] values = sums.toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      double terms = relative * whole[i] + carried[i];
      double added = RoundingBound.ofSum(RoundingBound.F32, MOST_TERMS, whole[i] + terms);
      double error = terms + added;
      // The exact sum is within the error and one rounding of the one that was stored.
      double largest = (Math.abs(values[i]) + error) * (1 + 2 * RoundingBound.BF16);
      carried[i] = RoundingBound.stored(error, RoundingBound.BF16, largest);
    }
    return Tensor.of(carried, sums.shape().toArray());
  }

  private static Tensor zeros(Tensor like) {
    return Tensor.zeros(DType.F64, like.shape().toArray());
  }

  private static Tensor magnitudes(Tensor x) {
    return Tensor.of(
        Arrays.stream(x.toDoubleArray()).map(Math::abs).toArray(), x.shape().toArray());
  }

  private static Tensor scaled(Tensor x, double by) {
    return Tensor.of(
        Arrays.stream(x.toDoubleArray()).map(value -> value * by).toArray(), x.shape().toArray());
  }

  /** Fails where a layer of this dtype is further away than roundings bring it. */
  void assertNear(MoeWeights weights, Tensor given, Supplier<String> message) {
    double[] expected = outputs.toDoubleArray();
    double[] values = given.toDoubleArray();
    double[] bounds = new double[expected.length];
    switch (outputs.dtype()) {
      case BF16 -> bounds = bounds(weights);
      case F64 -> Arrays.fill(bounds, 1e-12);
      default -> Arrays.fill(bounds, 1e-5);
    }
    assertEquals(expected.length, values.length, message);
    for (int i = 0; i < values.length; i++) {
      assertEquals(expected[i], values[i], Math.max(bounds[i], Double.MIN_VALUE), message);
    }
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
