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

/** Rows of float. */
final class FloatRowMath implements RowMath<float[]> {
  private static final float CUBE = 0.044715f;
  private static final float ROOT = (float) Math.sqrt(2 / Math.PI);

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public float[] array(Scratch scratch, int slot, int length) {
    return scratch.floats(slot, length);
  }

  @Override
  public Tensor matrix(float[] array, int at, long... shape) {
    Shape of = Shape.of(shape);
    return Tensor.ofStrided(DType.F32, MemorySegment.ofArray(array), at, of, of.rowMajorStrides());
  }

  @Override
  public void load(Elements from, long at, long stride, int n, float[] to, int toAt) {
    from.load(at, stride, n, to, toAt);
  }

  @Override
  public void store(Elements to, long at, long stride, int n, float[] from, int fromAt) {
    to.store(at, stride, n, from, fromAt);
  }

  @Override
  public void activate(Activation activation, float[] z, float[] v, int at, int n, float[] spare) {
    switch (activation) {
      case RELU -> {
        for (int i = at; i < at + n; i++) {
          z[i] = Math.max(z[i], 0);
        }
      }
      case GELU -> {
        tanh(z, at, n, spare);
        for (int i = 0; i < n; i++) {
          z[at + i] = z[at + i] * 0.5f * (spare[i] + 1);
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
  private static void tanh(float[] z, int at, int n, float[] to) {
    for (int i = 0; i < n; i++) {
      float x = z[at + i];
      to[i] = (x + x * x * x * CUBE) * ROOT;
    }
    MathFunction.TANH.of(to, 0, to, 0, n);
  }

  @Override
  public double back(
      Activation activation,
      double weight,
      float[] d,
      float[] z,
      float[] v,
      int at,
      int n,
      float[] spare) {
    return switch (activation) {
      case RELU -> backRelu((float) weight, d, z, at, n, spare);
      case GELU -> backGelu((float) weight, d, z, at, n, spare);
      case SILU -> backSilu((float) weight, d, z, at, n, spare);
      case SWIGLU -> backGated((float) weight, d, z, v, at, n, spare);
    };
  }

  /** By bits: a branch on what is random would take longer than all the rest of a row. */
  private static double backRelu(float weight, float[] d, float[] h, int at, int n, float[] spare) {
    for (int i = 0; i < n; i++) {
      float x = h[at + i];
      float given = d[at + i];
      spare[i] = given * x;
      int magnitude = Float.floatToRawIntBits(x) & Integer.MAX_VALUE;
      int isPositive = (-magnitude & (magnitude - 0x7f800001)) >> 31;
      d[at + i] = Float.intBitsToFloat(Float.floatToRawIntBits(weight * given) & isPositive);
      h[at + i] = weight * x;
    }
    return sum(spare, n);
  }

  private static double backGelu(float weight, float[] d, float[] z, int at, int n, float[] spare) {
    tanh(z, at, n, spare);
    // Of each the slope, and then the activation.
    for (int i = 0; i < n; i++) {
      float x = z[at + i];
      float t = spare[i];
      float inner = (1 + 3 * CUBE * x * x) * ROOT;
      spare[i] = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * inner;
      z[at + i] = x * 0.5f * (t + 1);
    }
    return finish(weight, d, z, at, n, spare);
  }

  private static double backSilu(float weight, float[] d, float[] z, int at, int n, float[] spare) {
    MathFunction.LOGISTIC.of(z, at, spare, 0, n);
    for (int i = 0; i < n; i++) {
      float x = z[at + i];
      float s = spare[i];
      spare[i] = s * (1 + x * (1 - s));
      z[at + i] = x * s;
    }
    return finish(weight, d, z, at, n, spare);
  }

  /** Of slopes in spare. */
  private static double finish(float weight, float[] d, float[] h, int at, int n, float[] spare) {
    for (int i = 0; i < n; i++) {
      float x = h[at + i];
      float given = d[at + i];
      d[at + i] = weight * given * spare[i];
      spare[i] = given * x;
      h[at + i] = weight * x;
    }
    return sum(spare, n);
  }

  private static double backGated(
      float weight, float[] d, float[] z, float[] v, int at, int n, float[] spare) {
    MathFunction.LOGISTIC.of(z, at, spare, 0, n);
    for (int i = 0; i < n; i++) {
      float s = spare[i];
      float x = z[at + i];
      float y = v[at + i];
      float given = d[at + i];
      float silu = x * s;
      float own = weight * given;
      spare[i] = given * (silu * y);
      d[at + i] = own * y * (s * (1 + x * (1 - s)));
      z[at + i] = weight * (silu * y);
      v[at + i] = own * silu;
    }
    return sum(spare, n);
  }

  /** Halves are added to each other, which vectors do, and which keeps errors small. */
  private static double sum(float[] x, int n) {
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
  public double dot(float[] x, int xAt, float[] y, int yAt, int n, float[] spare) {
    for (int i = 0; i < n; i++) {
      spare[i] = x[xAt + i] * y[yAt + i];
    }
    return sum(spare, n);
  }

  @Override
  public void scale(double factor, float[] x, int at, float[] to, int toAt, int n) {
    float by = (float) factor;
    for (int i = 0; i < n; i++) {
      to[toAt + i] = by * x[at + i];
    }
  }

  @Override
  public void add(double factor, float[] x, int at, float[] to, int toAt, int n) {
    float by = (float) factor;
    for (int i = 0; i < n; i++) {
      to[toAt + i] += by * x[at + i];
    }
  }

  @Override
  public void addTo(double[] sums, double factor, float[] x, int at, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += factor * x[at + i];
    }
  }

  @Override
  public void clear(float[] to, int at, int n) {
    Arrays.fill(to, at, at + n, 0);
  }
}
