package io.github.shardsum.einsum;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ContractionProgram;
import io.github.shardsum.internal.einsum.EinsumRunChecks;
import io.github.shardsum.internal.einsum.NormalizedOperands;
import io.github.shardsum.internal.einsum.RoutingDiagonals;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * An einsum that keeps the scale of its result apart, so that a network of thousands of tensors
 * neither overflows nor vanishes (cotengra's {@code strip_exponent}). Immutable and thread-safe;
 * made by {@link Einsum#scaled}.
 *
 * <pre>{@code
 * ScaledEinsum.Result z = Einsum.compile("ab,bc,cd,da->", a, b, c, d).scaled().run(a, b, c, d);
 * double logarithm = Math.log(z.mantissa().getDouble()) + z.exponent() * Math.log(2);
 * }</pre>
 *
 * <p>A power of two is taken out of every intermediate, of every pass over slices, of the result
 * and of operands whose largest magnitude is far from 1. This rounds nothing: each element has the
 * accuracy that {@link Einsum} promises, relative to the largest element of its intermediates.
 * Elements that are smaller than the largest by more than the range of the dtype vanish. Each
 * intermediate is read and written once more.
 *
 * <p>Infinities and NaN pass through. Path, slices, kernels and threads are those of the einsum.
 */
public final class ScaledEinsum {
  private final Einsum einsum;
  private final Optional<ContractionProgram> program;

  /**
   * A tensor and its scale.
   *
   * @param mantissa the result divided by 2 to the exponent, of the einsum's dtype, in C order on
   *     the heap; the largest finite magnitude is from 1 to 2, unless all elements are 0
   * @param exponent the power of two; 0 if all elements are 0
   */
  public record Result(Tensor mantissa, long exponent) {
    /**
     * Multiplies the mantissa by the scale.
     *
     * @return the result, of the same dtype; elements too large for the dtype are infinite,
     *     elements too small are 0
     */
    public Tensor value() {
      double[] elements = mantissa.toDoubleArray();
      int power = Math.clamp(exponent, -4 * Double.MAX_EXPONENT, 4 * Double.MAX_EXPONENT);
      for (int i = 0; i < elements.length; i++) {
        elements[i] = Math.scalb(elements[i], power);
      }
      return Tensor.of(elements, mantissa.shape().toArray()).convert(mantissa.dtype());
    }
  }

  ScaledEinsum(Einsum einsum) {
    this.einsum = einsum;
    this.program =
        einsum.outputShape().elementCount() == 0
            ? Optional.empty()
            : Optional.of(einsum.scaledProgram(einsum.specs()));
  }

  /**
   * Runs the einsum.
   *
   * @param operands operands of the compiled shapes and dtypes
   * @return the result and its scale
   * @throws IllegalArgumentException if the number of operands, a shape or a dtype is not the
   *     compiled one, or the result does not fit in one Java array
   * @throws IllegalStateException if an operand's arena is closed, before or during the run
   * @throws WrongThreadException if an operand is in a confined arena of another thread
   */
  public Result run(Operand... operands) {
    EinsumRunChecks.operands(einsum.bound(), einsum.specs(), operands);
    DType dtype = einsum.dtype();
    DType computed = einsum.computeType().dtype();
    Tensor out = Tensor.zeros(computed, einsum.outputShape());
    if (program.isEmpty()) {
      return new Result(out.convert(dtype), 0);
    }
    Operand[] ready = RoutingDiagonals.densified(einsum.bound(), operands);
    Workers workers =
        EinsumRunChecks.reachable(out, ready, Epilogue.none())
            ? einsum.workers()
            : einsum.workers().alone();
    NormalizedOperands near = NormalizedOperands.of(ready, einsum.computeType());
    ContractionProgram fitting = programFor(near.operands());
    long exponent = fitting.runScaled(out, near.operands(), near.exponents(), workers);
    return new Result(dtype == computed ? out : out.convert(dtype), exponent);
  }

  private ContractionProgram programFor(Operand[] operands) {
    boolean same = program.isPresent();
    for (int i = 0; i < operands.length; i++) {
      same = same && einsum.specs().get(i).matches(operands[i]);
    }
    return same ? program.get() : einsum.scaledProgram(List.of(OperandSpec.like(operands)));
  }
}
