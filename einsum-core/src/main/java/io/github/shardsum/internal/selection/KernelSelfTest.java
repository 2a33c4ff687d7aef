package io.github.shardsum.internal.selection;

import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.DoubleMicrokernel;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.LongRows;
import io.github.shardsum.internal.kernel.Sums;
import io.github.shardsum.internal.scalar.ScalarKernels;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Compares kernels with the plain loops to the bit, on a short row or a small product of each kind.
 * On a JDK whose Vector API was not tried, this test decides whether vectors are used.
 */
public final class KernelSelfTest {
  /** Elements of a row: whole vectors of every width, and some that are left over. */
  private static final int N = 83;

  /** Index of the first element of an operand's row. */
  private static final int AT = 3;

  private static final int ROWS = 5;

  private final List<Check> checks = new ArrayList<>();
  private final float[] x = new float[ROWS * (N + AT)];
  private final float[] y = new float[ROWS * (N + AT)];
  private final double[] wideX = new double[x.length];
  private final double[] wideY = new double[x.length];
  private final long[] longX = new long[x.length];
  private final long[] longY = new long[x.length];

  /** A computation of the kernels, with a number or an array as its result. */
  private record Check(String name, Function<KernelSet, Object> result) {}

  private KernelSelfTest() {
    for (int i = 0; i < x.length; i++) {
      longX[i] = i * 37L % 61 - 30;
      longY[i] = i * 23L % 53 + 1;
      x[i] = longX[i] / 16f;
      y[i] = longY[i] / 16f;
      wideX[i] = longX[i] / 16d;
      wideY[i] = longY[i] / 16d;
    }
    rows();
    functions();
    arithmetic();
    conversions();
    products();
  }

  /**
   * The first computation that fails, or whose result differs from that of the plain loops.
   *
   * @return the name of the computation and its failure; empty if all results agree
   */
  public static Optional<String> failure(KernelSet kernels) {
    for (Check check : new KernelSelfTest().checks) {
      try {
        Object expected = check.result.apply(ScalarKernels.ALL);
        if (!Objects.deepEquals(expected, check.result.apply(kernels))) {
          return Optional.of(check.name + " differs from the plain loops");
        }
      } catch (LinkageError | RuntimeException e) {
        return Optional.of(check.name + ": " + e);
      }
    }
    return Optional.empty();
  }

  private void add(String name, Function<KernelSet, Object> result) {
    checks.add(new Check(name, result));
  }

  /** Adds an operation on rows; its result is the array that the operation writes. */
  private <R, A> void add(
      String name, Function<KernelSet, R> rows, IntFunction<A> array, BiConsumer<R, A> use) {
    add(
        name,
        kernels -> {
          A to = array.apply(x.length);
          use.accept(rows.apply(kernels), to);
          return to;
        });
  }

  private void floats(String name, BiConsumer<FloatRows, float[]> use) {
    add(name + " of f32", KernelSet::floats, float[]::new, use);
  }

  private void doubles(String name, BiConsumer<DoubleRows, double[]> use) {
    add(name + " of f64", KernelSet::doubles, double[]::new, use);
  }

  private void longs(String name, BiConsumer<LongRows, long[]> use) {
    add(name + " of i64", KernelSet::longs, long[]::new, use);
  }

  private void rows() {
    int step = N + AT;
    add("sum of f32", kernels -> kernels.floats().sum(x, AT, N));
    add("sum of f64", kernels -> kernels.doubles().sum(wideX, AT, N));
    add("sum of i64", kernels -> kernels.longs().sum(longX, AT, N));
    add("dot of f32", kernels -> kernels.floats().dot(x, AT, y, 0, N));
    add("dot of f64", kernels -> kernels.doubles().dot(wideX, AT, wideY, 0, N));
    add("dot of i64", kernels -> kernels.longs().dot(longX, AT, longY, 0, N));
    add("maximum of f32", kernels -> kernels.floats().max(x, AT, N));
    add("maximum of f64", kernels -> kernels.doubles().max(wideX, AT, N));
    add("maximum of i64", kernels -> kernels.longs().max(longX, AT, N));
    floats("product", (r, to) -> r.multiply(x, AT, y, 0, to, 1, N));
    doubles("product", (r, to) -> r.multiply(wideX, AT, wideY, 0, to, 1, N));
    longs("random words", (r, to) -> r.random(-34, 1L << 40, -3, to, 1, N));
    longs("product", (r, to) -> r.multiply(longX, AT, longY, 0, to, 1, N));
    floats("multiply-add", (r, to) -> r.axpy(0.75f, x, AT, to, 1, N));
    doubles("multiply-add", (r, to) -> r.axpy(0.75, wideX, AT, to, 1, N));
    longs("multiply-add", (r, to) -> r.axpy(3, longX, AT, to, 1, N));
    floats("transpose", (r, to) -> r.transpose(x, 0, step, ROWS, N, to, 0, ROWS));
    doubles("transpose", (r, to) -> r.transpose(wideX, 0, step, ROWS, N, to, 0, ROWS));
    longs("transpose", (r, to) -> r.transpose(longX, 0, step, ROWS, N, to, 0, ROWS));
    floats("product of rows", (r, to) -> r.addProduct(3, N, 4, y, 0, 4, x, 0, step, to, 0, step));
    doubles(
        "product of rows",
        (r, to) -> r.addProduct(3, N, 4, wideY, 0, 4, wideX, 0, step, to, 0, step));
    add(
        "sums of rows of f32",
        kernels -> {
          double[] to = new double[ROWS + N];
          kernels.floats().sums(x, 0, step, N, ROWS, to, 0, new double[Sums.ROOM]);
          kernels.floats().addRows(x, 0, step, ROWS, to, ROWS, N);
          return to;
        });
  }

  private void functions() {
    int step = N + AT;
    floats("exp", (r, to) -> r.exp(x, AT, to, 1, N));
    doubles("exp", (r, to) -> r.exp(wideX, AT, to, 1, N));
    floats("log", (r, to) -> r.log(y, AT, to, 1, N));
    doubles("log", (r, to) -> r.log(wideY, AT, to, 1, N));
    floats("tanh", (r, to) -> r.tanh(x, AT, to, 1, N));
    doubles("tanh", (r, to) -> r.tanh(wideX, AT, to, 1, N));
    floats("logistic", (r, to) -> r.logistic(x, AT, to, 1, N));
    doubles("logistic", (r, to) -> r.logistic(wideX, AT, to, 1, N));
    floats("sine", (r, to) -> r.sine(x, AT, to, 1, N));
    doubles("sine", (r, to) -> r.sine(wideX, AT, to, 1, N));
    floats("cosine", (r, to) -> r.cosine(x, AT, to, 1, N));
    doubles("cosine", (r, to) -> r.cosine(wideX, AT, to, 1, N));
    floats("softmax", (r, to) -> r.softmax(x, 0, step, ROWS, to, 0, N, N));
    doubles("softmax", (r, to) -> r.softmax(wideX, 0, step, ROWS, to, 0, N, N));
  }

  private void arithmetic() {
    add(
        "arithmetic of f32",
        kernels -> {
          FloatArithmetic k = kernels.floatArithmetic();
          float[][] to = new float[8][x.length];
          k.subtract(x, AT, y, 0, to[0], 1, N);
          k.divide(x, AT, y, 0, to[1], 1, N);
          k.remainder(x, AT, y, 0, to[2], 1, N);
          k.maximum(x, AT, y, 0, to[3], 1, N);
          k.minimum(x, AT, y, 0, to[4], 1, N);
          k.sqrt(y, AT, y, AT, to[5], 1, N);
          k.floor(x, AT, x, AT, to[6], 1, N);
          k.power(y, AT, x, 0, to[7], 1, N);
          return to;
        });
    add(
        "arithmetic of f64",
        kernels -> {
          DoubleArithmetic k = kernels.doubleArithmetic();
          double[][] to = new double[6][x.length];
          k.subtract(wideX, AT, wideY, 0, to[0], 1, N);
          k.divide(wideX, AT, wideY, 0, to[1], 1, N);
          k.maximum(wideX, AT, wideY, 0, to[2], 1, N);
          k.minimum(wideX, AT, wideY, 0, to[3], 1, N);
          k.sqrt(wideY, AT, wideY, AT, to[4], 1, N);
          k.floor(wideX, AT, wideX, AT, to[5], 1, N);
          return to;
        });
    add(
        "comparisons",
        kernels -> {
          byte[][] to = new byte[2][N];
          float[] chosen = new float[N];
          kernels.floatArithmetic().lt(x, AT, y, 0, to[0], 0, N);
          kernels.doubleArithmetic().eq(wideX, AT, wideY, 0, to[1], 0, N);
          kernels.floatArithmetic().where(to[0], 0, x, AT, y, 0, chosen, 0, N);
          return new Object[] {to, chosen};
        });
  }

  private void conversions() {
    add(
        "conversion to bf16 and back",
        kernels -> {
          short[] bits = new short[N];
          float[] back = new float[N];
          kernels.bf16().narrow(x, AT, bits, 0, N);
          kernels.bf16().widen(bits, 0, back, 0, N);
          return new Object[] {bits, back};
        });
    add(
        "blocks of 4 to 16 bits",
        kernels -> {
          byte[] blocks = new byte[3 * 210];
          for (int i = 0; i < blocks.length; i++) {
            blocks[i] = (byte) (i * 59);
          }
          float[][] to = new float[8][3 * 256];
          kernels.blocks().f16(blocks, 1, to[0], 1, N);
          kernels.blocks().bf16(blocks, 1, to[1], 1, N);
          kernels.blocks().q40(blocks, 1, to[2], 1, 3);
          kernels.blocks().q50(blocks, 1, to[3], 1, 3);
          kernels.blocks().q80(blocks, 1, to[4], 1, 3);
          kernels.blocks().q4k(blocks, 1, to[5], 1, 2);
          kernels.blocks().q6k(blocks, 1, to[6], 1, 2);
          kernels.blocks().mxfp4(blocks, 1, to[7], 1, 3);
          return to;
        });
    add(
        "dots of bytes",
        kernels -> {
          byte[] bytes = new byte[ROWS * N];
          for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 59);
          }
          int[] to = new int[ROWS];
          kernels.bytes().dots(bytes, 0, ROWS, bytes, 1, N - 1, MemorySegment.ofArray(to), 0, 1);
          return to;
        });
  }

  /** Products of integers, so that tiles of different sizes have the same sums. */
  private void products() {
    float[] a = integers(x.length);
    float[] b = integers(x.length);
    add(
        "small product of f32",
        kernels -> {
          float[] c = new float[8 * 17];
          kernels.gemm().floats().unpacked(8, 17, 9, a, 0, 9, 1, b, 0, 17, c, 0, 17);
          return c;
        });
    add("register tile of f32", kernels -> tileAgrees(kernels.gemm().floats()));
    add("register tile of f64", kernels -> tileAgrees(kernels.gemm().doubles()));
  }

  private static float[] integers(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i * 13 % 7 - 3;
    }
    return values;
  }

  private static boolean tileAgrees(FloatMicrokernel product) {
    int height = product.height(product.rows());
    int columns = product.columns();
    int apart = product.blocking().aStride();
    float[] a = integers(height * apart);
    float[] b = integers(7 * columns);
    float[] c = new float[height * columns];
    product.tile(height, 7, a, 0, b, 0, c, 0, columns, false);
    for (int i = 0; i < c.length; i++) {
      float sum = 0;
      for (int p = 0; p < 7; p++) {
        sum += a[i / columns * apart + p] * b[p * columns + i % columns];
      }
      if (sum != c[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean tileAgrees(DoubleMicrokernel product) {
    int height = product.height(product.rows());
    int columns = product.columns();
    int apart = product.blocking().aStride();
    double[] a = new double[height * apart];
    double[] b = new double[7 * columns];
    for (int i = 0; i < a.length; i++) {
      a[i] = i * 13 % 7 - 3;
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = i * 11 % 5 - 2;
    }
    double[] c = new double[height * columns];
    product.tile(height, 7, a, 0, b, 0, c, 0, columns, false);
    for (int i = 0; i < c.length; i++) {
      double sum = 0;
      for (int p = 0; p < 7; p++) {
        sum += a[i / columns * apart + p] * b[p * columns + i % columns];
      }
      if (sum != c[i]) {
        return false;
      }
    }
    return true;
  }
}
