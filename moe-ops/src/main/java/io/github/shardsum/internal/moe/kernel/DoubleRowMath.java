package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.ops.MathFunction;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Rows of double. */
final class DoubleRowMath implements RowMath<double[]> {
  private static final double CUBE = 0.044715;
  private static final double ROOT = Math.sqrt(2 / Math.PI);

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public double[] array(Scratch scratch, int slot, int length) {
    return scratch.doubles(slot, length);
  }

  @Override
  public Tensor matrix(double[] array, int at, long... shape) {
    Shape of = Shape.of(shape);
    return Tensor.ofStrided(DType.F64, MemorySegment.ofArray(array), at, of, of.rowMajorStrides());
  }

  @Override
  public void load(Elements from, long at, long stride, int n, double[] to, int toAt) {
    from.load(at, stride, n, to, toAt);
  }

  @Override
  public void store(Elements to, long at, long stride, int n, double[] from, int fromAt) {
    to.store(at, stride, n, from, fromAt);
  }

  @Override
  public void activate(
      Activation activation, double[] z, double[] v, int at, int n, double[] spare) {
    switch (activation) {
      case RELU -> {
        for (int i = at; i < at + n; i++) {
          z[i] = Math.max(z[i], 0);
        }
      }
      case GELU -> {
        tanh(z, at, n, spare);
        for (int i = 0; i < n; i++) {
          z[at + i] = z[at + i] * 0.5 * (spare[i] + 1);
        }
      }
      case SILU -> {
        MathFunction.LOGISTIC.of(z, at, spare, 0, n);
        for (int i = 0; i < n; i++) {
          z[at + i] = z[at + i] * spare[i];
        }
      }
      case SWIGLU -> {
        MathFunction.LOGISTIC.of(z, at, spare, 0, n);
        for (int i = 0; i < n; i++) {
          z[at + i] = z[at + i] * spare[i] * v[at + i];
        }
      }
    }
  }

  /** The hyperbolic tangent in gelu. */
  private static void tanh(double[] z, int at, int n, double[] to) {
    for (int i = 0; i < n; i++) {
      double x = z[at + i];
      to[i] = (x + x * x * x * CUBE) * ROOT;
    }
    MathFunction.TANH.of(to, 0, to, 0, n);
  }

  @Override
  public double back(
      Activation activation,
      double weight,
      double[] d,
      double[] z,
      double[] v,
      int at,
      int n,
      double[] spare) {
    return switch (activation) {
      case RELU -> backRelu(weight, d, z, at, n, spare);
      case GELU -> backGelu(weight, d, z, at, n, spare);
      case SILU -> backSilu(weight, d, z, at, n, spare);
      case SWIGLU -> backGated(weight, d, z, v, at, n, spare);
    };
  }

  /** By bits: a branch on what is random would take longer than all the rest of a row. */
  private static double backRelu(
      double weight, double[] d, double[] h, int at, int n, double[] spare) {
    for (int i = 0; i < n; i++) {
      double x = h[at + i];
      double given = d[at + i];
      spare[i] = given * x;
      long magnitude = Double.doubleToRawLongBits(x) & Long.MAX_VALUE;
      long isPositive = (-magnitude & (magnitude - 0x7ff0000000000001L)) >> 63;
      d[at + i] = Double.longBitsToDouble(Double.doubleToRawLongBits(weight * given) & isPositive);
      h[at + i] = weight * x;
    }
    return sum(spare, n);
  }

  private static double backGelu(
      double weight, double[] d, double[] z, int at, int n, double[] spare) {
    tanh(z, at, n, spare);
    // Of each the slope, and then the activation.
    for (int i = 0; i < n; i++) {
      double x = z[at + i];
      double t = spare[i];
      double inner = (1 + 3 * CUBE * x * x) * ROOT;
      spare[i] = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
      z[at + i] = x * 0.5 * (t + 1);
    }
    return finish(weight, d, z, at, n, spare);
  }

  private static double backSilu(
      double weight, double[] d, double[] z, int at, int n, double[] spare) {
    MathFunction.LOGISTIC.of(z, at, spare, 0, n);
    for (int i = 0; i < n; i++) {
      double x = z[at + i];
      double s = spare[i];
      spare[i] = s * (1 + x * (1 - s));
      z[at + i] = x * s;
    }
    return finish(weight, d, z, at, n, spare);
  }

  /** Of slopes in spare. */
  private static double finish(
      double weight, double[] d, double[] h, int at, int n, double[] spare) {
    for (int i = 0; i < n; i++) {
      double x = h[at + i];
      double given = d[at + i];
      d[at + i] = weight * given * spare[i];
      spare[i] = given * x;
      h[at + i] = weight * x;
    }
    return sum(spare, n);
  }

  private static double backGated(
      double weight, double[] d, double[] z, double[] v, int at, int n, double[] spare) {
    MathFunction.LOGISTIC.of(z, at, spare, 0, n);
    for (int i = 0; i < n; i++) {
      double s = spare[i];
      double x = z[at + i];
      double y = v[at + i];
      double given = d[at + i];
      double silu = x * s;
      double own = weight * given;
      spare[i] = given * (silu * y);
      d[at + i] = own * y * (s * (1 + x * (1 - s)));
      z[at + i] = weight * (silu * y);
      v[at + i] = own * silu;
    }
    return sum(spare, n);
  }

  /** Halves are added to each other, which vectors do, and which keeps errors small. */
  private static double sum(double[] x, int n) {
    for (int left = n; left > 1; ) {
      int half = (left + 1) / 2;
      for (int i = 0; i < left - half; i++) {
        x[i] += x[half + i];
      }
      left = half;
    }
    return n == 0 ? 0 : x[0];
  }

  @Override
  public double dot(double[] x, int xAt, double[] y, int yAt, int n, double[] spare) {
    for (int i = 0; i < n; i++) {
      spare[i] = x[xAt + i] * y[yAt + i];
    }
    return sum(spare, n);
  }

  @Override
  public void scale(double factor, double[] x, int at, double[] to, int toAt, int n) {
    double by = factor;
    for (int i = 0; i < n; i++) {
      to[toAt + i] = by * x[at + i];
    }
  }

  @Override
  public void add(double factor, double[] x, int at, double[] to, int toAt, int n) {
    double by = factor;
    for (int i = 0; i < n; i++) {
      to[toAt + i] += by * x[at + i];
    }
  }

  @Override
  public void addTo(double[] sums, double factor, double[] x, int at, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += factor * x[at + i];
    }
  }

  @Override
  public void clear(double[] to, int at, int n) {
    Arrays.fill(to, at, at + n, 0);
  }
}
