package io.github.shardsum.internal.local.run;

import io.github.shardsum.program.Scalar;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The loops of a run of a kernel, over the arrays of its operands and results. A loop uses every
 * array at the same indices, since C2 makes no vectors otherwise. One operand whose elements are at
 * other indices may first be copied into the result of the last loop, if only earlier loops read
 * this operand. Immutable.
 */
final class ElementLoops {
  /** Elements of a block: four arrays of it fit in a second-level cache of 256 KiB. */
  private static final int BLOCK = 2048;

  private static final float[] NONE = {};

  private final List<ElementLoop> loops;

  /** The arrays by the numbers of the kernel's blocks. */
  private final float[][] arrays;

  private final float[] factors;
  private final long start;
  private final float[] copied;
  private final long copiedStart;

  private ElementLoops(
      List<ElementLoop> loops,
      float[][] arrays,
      float[] factors,
      long start,
      float[] copied,
      long copiedStart) {
    this.loops = loops;
    this.arrays = arrays;
    this.factors = factors;
    this.start = start;
    this.copied = copied;
    this.copiedStart = copiedStart;
  }

  /** The loops of a kernel; empty if the arrays of its operands and results do not allow loops. */
  static Optional<ElementLoops> of(
      FusedKernel kernel, List<ElementLoop> loops, List<Tensor> outputs, Tensor... operands) {
    int blocks = operands.length + kernel.instructions().size();
    float[][] arrays = new float[blocks][];
    Arrays.fill(arrays, NONE);
    long start = outputs.getFirst().arrayOffset();
    for (int i = 0; i < outputs.size(); i++) {
      float[] array = array(outputs.get(i));
      if (array.length == 0 || outputs.get(i).arrayOffset() != start) {
        return Optional.empty();
      }
      arrays[kernel.results().get(i).block()] = array;
    }
    int last = loops.getLast().result();
    int elsewhere = -1;
    for (ElementLoop loop : loops) {
      for (int read : loop.reads()) {
        if (arrays[read].length > 0) {
          continue;
        }
        float[] array = array(operands[read]);
        boolean here = operands[read].arrayOffset() == start;
        boolean another = elsewhere >= 0 || loops.getLast().reads().contains(read);
        if (array.length == 0 || (!here && another)) {
          return Optional.empty();
        }
        elsewhere = here ? elsewhere : read;
        arrays[read] = here ? array : arrays[last];
      }
    }
    return Optional.of(
        new ElementLoops(
            loops,
            arrays,
            factors(kernel, loops, operands),
            start,
            elsewhere < 0 ? NONE : array(operands[elsewhere]),
            elsewhere < 0 ? 0 : operands[elsewhere].arrayOffset()));
  }

  /** The array that has the elements of a tensor in C order; empty if there is none. */
  private static float[] array(Tensor tensor) {
    return tensor.isContiguous() && tensor.array().orElse(NONE) instanceof float[] floats
        ? floats
        : NONE;
  }

  private static float[] factors(FusedKernel kernel, List<ElementLoop> loops, Tensor... operands) {
    float[] factors = new float[operands.length + kernel.instructions().size()];
    for (ElementLoop loop : loops) {
      for (int factor : loop.factors()) {
        if (factor >= 0) {
          factors[factor] =
              factor < operands.length
                  ? (float) operands[factor].getDouble()
                  : number(kernel.instructions().get(factor - operands.length));
        }
      }
    }
    return factors;
  }

  private static float number(FusedInstruction instruction) {
    if (instruction instanceof FusedInstruction.Fill(_, Scalar value)) {
      return (float) value.toDouble();
    }
    throw new IllegalStateException("factor: must be a constant, got " + instruction);
  }

  private float factor(int block) {
    return block == ElementLoop.NO_FACTOR ? 1 : factors[block];
  }

  /** Makes the results of a range of elements. */
  void run(long from, long end) {
    float[] lent = arrays[loops.getLast().result()];
    for (long at = from; at < end; at += BLOCK) {
      int begin = (int) (start + at);
      int to = (int) (start + Math.min(end, at + BLOCK));
      if (copied.length > 0) {
        System.arraycopy(copied, (int) (copiedStart + at), lent, begin, to - begin);
      }
      for (ElementLoop loop : loops) {
        run(loop, begin, to);
      }
    }
  }

  private void run(ElementLoop loop, int from, int to) {
    float[] out = arrays[loop.result()];
    switch (loop) {
      case ElementLoop.Mean(_, int x, int keep, int y, int scale, int take) ->
          mean(arrays[x], factor(keep), arrays[y], factor(scale), factor(take), out, from, to);
      case ElementLoop.MeanOfSquares(_, int x, int keep, int y, int scale, int take) ->
          squares(arrays[x], factor(keep), arrays[y], factor(scale), factor(take), out, from, to);
      case ElementLoop.Move(_, int x, int y, int z, int floor, int by) ->
          move(arrays[x], arrays[y], arrays[z], factor(floor), factor(by), out, from, to);
      case ElementLoop.Approach(_, int x, int y, int share) ->
          approach(arrays[x], arrays[y], factor(share), out, from, to);
    }
  }

  private static void mean(
      float[] x, float keep, float[] y, float scale, float take, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = x[i] * keep + y[i] * scale * take;
    }
  }

  private static void squares(
      float[] x, float keep, float[] y, float scale, float take, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      float scaled = y[i] * scale;
      out[i] = x[i] * keep + scaled * scaled * take;
    }
  }

  private static void move(
      float[] x, float[] y, float[] z, float floor, float by, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = x[i] - y[i] / ((float) Math.sqrt(z[i]) + floor) * by;
    }
  }

  private static void approach(float[] x, float[] y, float share, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = x[i] + (y[i] - x[i]) * share;
    }
  }
}
