package io.github.shardsum.netlib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.netlib.Calls.Stored;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Each routine beside plain loops over the elements, on small whole numbers, whose sums are exact:
 * so the result is equal, in f32 too. All that a routine may not touch is a NaN before and after.
 */
class ShardsumBlasProperties {
  private static final double NAN = Double.NaN;

  private final ShardsumBlas blas = new ShardsumBlas();

  @Property(tries = 60)
  void gemm(
      @ForAll @IntRange(min = 1, max = 40) int m,
      @ForAll @IntRange(min = 1, max = 40) int n,
      @ForAll @IntRange(min = 1, max = 40) int k,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean turnA,
      @ForAll boolean turnB,
      @ForAll @IntRange(min = -1, max = 2) int beta) {
    Random random = new Random(seed);
    double[][] a = numbers(random, m, k);
    double[][] b = numbers(random, k, n);
    double[][] c = beta == 0 ? filled(m, n, NAN) : numbers(random, m, n);
    Stored stored = stored(random, c);
    calls(floats)
        .gemm(
            turnA ? "T" : "n",
            turnB ? "c" : "N",
            m,
            n,
            k,
            3,
            stored(random, turnA ? turned(a) : a),
            stored(random, turnB ? turned(b) : b),
            beta,
            stored);
    equal(stored, sum(3, product(a, b), beta, c));
  }

  @Property(tries = 60)
  void gemv(
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 70) int n,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean turn,
      @ForAll @IntRange(min = -1, max = 2) int beta,
      @ForAll @IntRange(min = -2, max = 2) int stepX,
      @ForAll @IntRange(min = -2, max = 2) int stepY) {
    Random random = new Random(seed);
    double[][] a = numbers(random, m, n);
    double[][] x = numbers(random, turn ? m : n, 1);
    double[][] y = beta == 0 ? filled(turn ? n : m, 1, NAN) : numbers(random, turn ? n : m, 1);
    Stored to = vector(random, y, stepY == 0 ? 1 : stepY);
    calls(floats)
        .gemv(
            turn ? "T" : "N",
            m,
            n,
            2,
            stored(random, a),
            vector(random, x, stepX == 0 ? 1 : stepX),
            beta,
            to);
    equalVector(to, sum(2, product(turn ? turned(a) : a, x), beta, y));
  }

  @Property(tries = 40)
  void ger(
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 70) int n,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean back) {
    Random random = new Random(seed);
    double[][] x = numbers(random, m, 1);
    double[][] y = numbers(random, n, 1);
    double[][] a = numbers(random, m, n);
    Stored stored = stored(random, a);
    calls(floats).ger(m, n, -2, vector(random, x, back ? -1 : 2), vector(random, y, 1), stored);
    equal(stored, sum(-2, product(x, turned(y)), 1, a));
  }

  @Property(tries = 60)
  void syrk(
      @ForAll @IntRange(min = 1, max = 150) int n,
      @ForAll @IntRange(min = 1, max = 20) int k,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean lower,
      @ForAll boolean turn,
      @ForAll @IntRange(min = 0, max = 2) int beta) {
    Random random = new Random(seed);
    double[][] a = numbers(random, n, k);
    double[][] c = triangle(beta == 0 ? filled(n, n, NAN) : numbers(random, n, n), lower);
    Stored stored = stored(random, c);
    calls(floats)
        .syrk(
            lower ? "L" : "U",
            turn ? "T" : "N",
            n,
            k,
            2,
            stored(random, turn ? turned(a) : a),
            beta,
            stored);
    equal(stored, triangle(sum(2, product(a, turned(a)), beta, c), lower));
  }

  @Property(tries = 60)
  void symm(
      @ForAll @IntRange(min = 1, max = 40) int m,
      @ForAll @IntRange(min = 1, max = 40) int n,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean lower,
      @ForAll boolean left,
      @ForAll @IntRange(min = 0, max = 2) int beta) {
    Random random = new Random(seed);
    int size = left ? m : n;
    double[][] a = numbers(random, size, size);
    double[][] whole = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        whole[i][j] = (i > j) == lower ? a[i][j] : a[j][i];
      }
    }
    double[][] b = numbers(random, m, n);
    double[][] c = beta == 0 ? filled(m, n, NAN) : numbers(random, m, n);
    Stored stored = stored(random, c);
    calls(floats)
        .symm(
            left ? "L" : "R",
            lower ? "L" : "U",
            m,
            n,
            2,
            stored(random, triangle(a, lower)),
            stored(random, b),
            beta,
            stored);
    equal(stored, sum(2, left ? product(whole, b) : product(b, whole), beta, c));
  }

  @Property(tries = 80)
  void trsm(
      @ForAll @IntRange(min = 1, max = 140) int m,
      @ForAll @IntRange(min = 1, max = 140) int n,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll boolean lower,
      @ForAll boolean left,
      @ForAll boolean turn,
      @ForAll boolean ones) {
    Random random = new Random(seed);
    int size = left ? m : n;
    // Few other elements than those of the diagonal, a power of two, keep the solution exact.
    double[][] a = new double[size][size];
    for (int i = 0; i < size; i++) {
      a[i][i] = ones ? 1 : 1 << random.nextInt(3);
      int j = random.nextInt(size);
      if (i != j && (i > j) == lower && i / 8 % 3 == 0) {
        a[i][j] = random.nextInt(3) - 1;
      }
    }
    double[][] x = numbers(random, m, n);
    double[][] op = turn ? turned(a) : a;
    double[][] b = left ? product(op, x) : product(x, op);
    double[][] given = triangle(a, lower);
    for (int i = 0; i < size && ones; i++) {
      given[i][i] = NAN;
    }
    Stored stored = stored(random, b);
    calls(floats)
        .trsm(
            left ? "L" : "R",
            lower ? "L" : "U",
            turn ? "T" : "N",
            ones ? "U" : "N",
            m,
            n,
            2,
            stored(random, given),
            stored);
    equal(stored, sum(2, x, 0, x));
  }

  @Property(tries = 60)
  void vectors(
      @ForAll @IntRange(min = 1, max = 700) int n,
      @ForAll int seed,
      @ForAll boolean floats,
      @ForAll @IntRange(min = 1, max = 2) int stepX,
      @ForAll boolean back) {
    Random random = new Random(seed);
    double[][] x = numbers(random, n, 1);
    double[][] y = numbers(random, n, 1);
    Stored one = vector(random, x, back ? -stepX : stepX);
    Stored other = vector(random, y, 1);
    double dot = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      dot += x[i][0] * y[i][0];
      squares += y[i][0] * y[i][0];
    }
    Calls calls = calls(floats);
    assertEquals(dot, calls.dot(n, one, other));
    double norm = Math.sqrt(squares);
    assertEquals(floats ? (float) norm : norm, calls.nrm2(n, other), norm * 1e-6);
    calls.axpy(n, 3, one, other);
    double[][] sum = sum(3, x, 1, y);
    equalVector(other, sum);
    calls.scal(n, -2, other);
    equalVector(other, sum(-2, sum, 0, sum));
  }

  private Calls calls(boolean floats) {
    return floats ? new Calls.Floats(blas) : new Calls.Doubles(blas);
  }

  private static double[][] numbers(Random random, int rows, int columns) {
    double[][] numbers = new double[rows][columns];
    for (double[] row : numbers) {
      for (int j = 0; j < columns; j++) {
        row[j] = random.nextInt(9) - 4;
      }
    }
    return numbers;
  }

  private static double[][] filled(int rows, int columns, double value) {
    double[][] all = new double[rows][columns];
    for (double[] row : all) {
      java.util.Arrays.fill(row, value);
    }
    return all;
  }

  /** One triangle with the diagonal; NaN elsewhere. */
  private static double[][] triangle(double[][] a, boolean lower) {
    double[][] part = filled(a.length, a.length, NAN);
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        if (i == j || (i > j) == lower) {
          part[i][j] = a[i][j];
        }
      }
    }
    return part;
  }

  private static double[][] turned(double[][] a) {
    double[][] turned = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        turned[j][i] = a[i][j];
      }
    }
    return turned;
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] sum(double alpha, double[][] a, double beta, double[][] b) {
    double[][] sum = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        sum[i][j] = alpha * a[i][j] + (beta == 0 ? 0 : beta * b[i][j]);
      }
    }
    return sum;
  }

  /** Column by column, behind some NaN and with some below each column. */
  private static Stored stored(Random random, double[][] a) {
    int at = random.nextInt(4);
    int step = a.length + random.nextInt(3);
    double[] data = filled(1, at + step * a[0].length + 3, NAN)[0];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        data[at + i + j * step] = a[i][j];
      }
    }
    return new Stored(data, at, step);
  }

  /** Each element so many steps from the last, from the end of memory on where they go back. */
  private static Stored vector(Random random, double[][] x, int step) {
    int at = random.nextInt(4);
    double[] data = filled(1, at + x.length * Math.abs(step) + 3, NAN)[0];
    for (int i = 0; i < x.length; i++) {
      data[place(at, x.length, step, i)] = x[i][0];
    }
    return new Stored(data, at, step);
  }

  private static int place(int at, int n, int step, int i) {
    return at + (step > 0 ? i * step : (n - 1 - i) * -step);
  }

  private static void equal(Stored stored, double[][] expected) {
    double[] whole = filled(1, stored.data().length, NAN)[0];
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[0].length; j++) {
        whole[stored.at() + i + j * stored.step()] = expected[i][j];
      }
    }
    same(whole, stored.data());
  }

  private static void equalVector(Stored stored, double[][] expected) {
    double[] whole = filled(1, stored.data().length, NAN)[0];
    for (int i = 0; i < expected.length; i++) {
      whole[place(stored.at(), expected.length, stored.step(), i)] = expected[i][0];
    }
    same(whole, stored.data());
  }

  private static void same(double[] expected, double[] actual) {
    for (int i = 0; i < expected.length; i++) {
      // A zero may have either sign.
      assertEquals(expected[i] + 0.0, actual[i] + 0.0);
    }
  }
}
