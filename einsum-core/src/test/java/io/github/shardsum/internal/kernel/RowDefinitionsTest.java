package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Every operation on rows that is exact for whole numbers, of each type, with vectors and without,
 * against its definition as a loop over whole numbers.
 */
class RowDefinitionsTest {
  private static final int[] LENGTHS = {
    0, 1, 3, 7, 8, 15, 16, 17, 33, 64, 65, 100, 130, 527, 600, 1030
  };

  /** Where rows begin: what lies before and behind them must stay. */
  private static final int X = 1;

  private static final int Y = 2;
  private static final int TO = 3;
  private static final int ROWS = 5;

  private final Random random = new Random(27);

  /** The same numbers in each type; f32 has results of both widths. */
  private record Trial(KernelSet kernels, int n, long[] x, long[] y, long[] to, Typed typed) {
    FloatRows floats() {
      return kernels.floats();
    }

    DoubleRows doubles() {
      return kernels.doubles();
    }

    LongRows longs() {
      return kernels.longs();
    }

    /** Distance of rows. */
    int step() {
      return n + 3;
    }
  }

  private record Typed(
      float[] fx,
      float[] fy,
      float[] fto,
      double[] wide,
      double[] dx,
      double[] dy,
      double[] dto,
      long[] lto) {}

  /** Which results an operation writes. */
  private enum Results {
    ALL,
    FLOATING,
    /** Sums: those of f32 are f64. */
    WIDE
  }

  private interface Definition {
    void apply(long[] x, long[] y, long[] to, int n);
  }

  private void check(String name, Results results, Consumer<Trial> run, Definition definition) {
    for (int n : LENGTHS) {
      for (KernelSet kernels : List.of(KernelSelection.best(), KernelSelection.scalar())) {
        Trial trial = trial(kernels, n);
        run.accept(trial);
        long[] expected = trial.to.clone();
        definition.apply(trial.x, trial.y, expected, n);
        String what = name + ", n = " + n + ", " + kernels.getClass().getSimpleName();
        Typed typed = trial.typed;
        double[] wanted = doubles(expected);
        assertArrayEquals(wanted, positiveZeros(typed.dto), what);
        if (results == Results.WIDE) {
          assertArrayEquals(wanted, positiveZeros(typed.wide), what);
        } else {
          assertArrayEquals(wanted, positiveZeros(widened(typed.fto)), what);
        }
        if (results != Results.FLOATING) {
          assertArrayEquals(expected, typed.lto, what);
        }
      }
    }
  }

  /** Whole numbers have no negative zero, which a product of 0 and -1 is. */
  private static double[] positiveZeros(double[] values) {
    return Arrays.stream(values).map(value -> value + 0.0).toArray();
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private Trial trial(KernelSet kernels, int n) {
    int size = (ROWS + 1) * (n + 3) + 20;
    long[] x = random.longs(size, -4, 5).toArray();
    long[] y = random.longs(size, -4, 5).toArray();
    long[] to = random.longs(size, -4, 5).toArray();
    Typed typed =
        new Typed(
            floats(x),
            floats(y),
            floats(to),
            doubles(to),
            doubles(x),
            doubles(y),
            doubles(to),
            to.clone());
    return new Trial(kernels, n, x, y, to, typed);
  }

  private static float[] floats(long[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values[i];
    }
    return floats;
  }

  private static double[] doubles(long[] values) {
    return Arrays.stream(values).asDoubleStream().toArray();
  }

  @Test
  void elementByElement() {
    check(
        "fill",
        Results.ALL,
        t -> {
          t.floats().fill(7, t.typed.fto, TO, t.n);
          t.doubles().fill(7, t.typed.dto, TO, t.n);
          t.longs().fill(7, t.typed.lto, TO, t.n);
        },
        (x, y, to, n) -> Arrays.fill(to, TO, TO + n, 7));
    check(
        "add to",
        Results.ALL,
        t -> {
          t.floats().add(t.typed.fx, X, t.typed.fto, TO, t.n);
          t.doubles().add(t.typed.dx, X, t.typed.dto, TO, t.n);
          t.longs().add(t.x, X, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> old + x));
    check(
        "add",
        Results.ALL,
        t -> {
          t.floats().add(t.typed.fx, X, t.typed.fy, Y, t.typed.fto, TO, t.n);
          t.doubles().add(t.typed.dx, X, t.typed.dy, Y, t.typed.dto, TO, t.n);
          t.longs().add(t.x, X, t.y, Y, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> x + y));
    check(
        "multiply",
        Results.ALL,
        t -> {
          t.floats().multiply(t.typed.fx, X, t.typed.fy, Y, t.typed.fto, TO, t.n);
          t.doubles().multiply(t.typed.dx, X, t.typed.dy, Y, t.typed.dto, TO, t.n);
          t.longs().multiply(t.x, X, t.y, Y, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> x * y));
    check(
        "where positive",
        Results.FLOATING,
        t -> {
          t.floats().wherePositive(t.typed.fx, X, t.typed.fy, Y, t.typed.fto, TO, t.n);
          t.doubles().wherePositive(t.typed.dx, X, t.typed.dy, Y, t.typed.dto, TO, t.n);
        },
        each((x, y, old) -> x > 0 ? y : 0));
    check(
        "relu",
        Results.ALL,
        t -> {
          t.floats().relu(t.typed.fx, X, t.typed.fto, TO, t.n);
          t.doubles().relu(t.typed.dx, X, t.typed.dto, TO, t.n);
          t.longs().relu(t.x, X, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> Math.max(x, 0)));
  }

  @Test
  void timesAScalar() {
    check(
        "scale",
        Results.ALL,
        t -> {
          t.floats().scale(3, t.typed.fx, X, t.typed.fto, TO, t.n);
          t.doubles().scale(3, t.typed.dx, X, t.typed.dto, TO, t.n);
          t.longs().scale(3, t.x, X, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> 3 * x));
    check(
        "axpy",
        Results.ALL,
        t -> {
          t.floats().axpy(3, t.typed.fx, X, t.typed.fto, TO, t.n);
          t.doubles().axpy(3, t.typed.dx, X, t.typed.dto, TO, t.n);
          t.longs().axpy(3, t.x, X, t.typed.lto, TO, t.n);
        },
        each((x, y, old) -> 3 * x + old));
    for (int factor : new int[] {0, 1, 5}) {
      check(
          "axpby " + factor,
          Results.ALL,
          t -> {
            t.floats().axpby(3, t.typed.fx, X, factor, t.typed.fto, TO, t.n);
            t.doubles().axpby(3, t.typed.dx, X, factor, t.typed.dto, TO, t.n);
            t.longs().axpby(3, t.x, X, factor, t.typed.lto, TO, t.n);
          },
          each((x, y, old) -> 3 * x + factor * old));
    }
  }

  @Test
  void whatFollowsASum() {
    for (boolean relu : new boolean[] {false, true}) {
      check(
          "finish " + relu,
          Results.ALL,
          t -> {
            t.floats().finish(3, -2, relu, t.typed.fto, TO, t.n);
            t.doubles().finish(3, -2, relu, t.typed.dto, TO, t.n);
            t.longs().finish(3, -2, relu, t.typed.lto, TO, t.n);
          },
          each((x, y, old) -> Math.max(3 * old - 2, relu ? 0 : Long.MIN_VALUE)));
      check(
          "finish with a bias each " + relu,
          Results.ALL,
          t -> {
            t.floats().finish(3, t.typed.fx, X, relu, t.typed.fto, TO, t.n);
            t.doubles().finish(3, t.typed.dx, X, relu, t.typed.dto, TO, t.n);
            t.longs().finish(3, t.x, X, relu, t.typed.lto, TO, t.n);
          },
          each((x, y, old) -> Math.max(3 * old + x, relu ? 0 : Long.MIN_VALUE)));
    }
  }

  private interface Element {
    long of(long x, long y, long old);
  }

  private static Definition each(Element element) {
    return (x, y, to, n) -> {
      for (int i = 0; i < n; i++) {
        to[TO + i] = element.of(x[X + i], y[Y + i], to[TO + i]);
      }
    };
  }

  @Test
  void rowsAddedUpColumnByColumn() {
    check(
        "add rows",
        Results.WIDE,
        t -> {
          t.floats().addRows(t.typed.fx, X, t.step(), ROWS, t.typed.wide, TO, t.n);
          t.doubles().addRows(t.typed.dx, X, t.step(), ROWS, t.typed.dto, TO, t.n);
          t.longs().addRows(t.x, X, t.step(), ROWS, t.typed.lto, TO, t.n);
        },
        eachOfRows((x, y, r, i, n) -> x[X + r * (n + 3) + i]));
    check(
        "multiply and add rows",
        Results.WIDE,
        t -> {
          int step = t.step();
          Typed a = t.typed;
          t.floats().multiplyAddRows(a.fx, X, step, a.fy, Y, step, ROWS, a.wide, TO, t.n);
          t.doubles().multiplyAddRows(a.dx, X, step, a.dy, Y, step, ROWS, a.dto, TO, t.n);
          t.longs().multiplyAddRows(t.x, X, step, t.y, Y, step, ROWS, a.lto, TO, t.n);
        },
        eachOfRows(product(false)));
    check(
        "rows times a scalar each",
        Results.WIDE,
        t -> {
          int step = t.step();
          Typed a = t.typed;
          t.floats().axpyRows(a.fx, X, step, a.fy, Y, 2, ROWS, a.wide, TO, t.n);
          t.doubles().axpyRows(a.dx, X, step, a.dy, Y, 2, ROWS, a.dto, TO, t.n);
          t.longs().axpyRows(t.x, X, step, t.y, Y, 2, ROWS, a.lto, TO, t.n);
        },
        eachOfRows((x, y, r, i, n) -> x[X + r * (n + 3) + i] * y[Y + 2 * r]));
  }

  private interface Term {
    long at(long[] x, long[] y, int row, int i, int n);
  }

  private static Definition eachOfRows(Term term) {
    return (x, y, to, n) -> {
      for (int i = 0; i < n; i++) {
        for (int r = 0; r < ROWS; r++) {
          to[TO + i] += term.at(x, y, r, i, n);
        }
      }
    };
  }

  @Test
  void sumsAndDotsOfRows() {
    check(
        "sums",
        Results.WIDE,
        t -> {
          Typed a = t.typed;
          double[] lanes = new double[Sums.ROOM];
          t.floats().sums(a.fx, X, t.step(), t.n, ROWS, a.wide, TO, lanes);
          t.doubles().sums(a.dx, X, t.step(), t.n, ROWS, a.dto, TO, lanes);
          t.longs().sums(t.x, X, t.step(), t.n, ROWS, a.lto, TO, new long[Sums.ROOM]);
        },
        eachRow((x, y, r, i, n) -> x[X + r * (n + 3) + i]));
    for (boolean shared : new boolean[] {false, true}) {
      check(
          "dots, one factor shared: " + shared,
          Results.WIDE,
          t -> {
            Typed a = t.typed;
            int step = t.step();
            int yStep = shared ? 0 : step;
            double[] lanes = new double[Sums.ROOM];
            t.floats().dots(a.fx, X, step, a.fy, Y, yStep, t.n, ROWS, a.wide, TO, lanes);
            t.doubles().dots(a.dx, X, step, a.dy, Y, yStep, t.n, ROWS, a.dto, TO, lanes);
            long[] room = new long[Sums.ROOM];
            t.longs().dots(t.x, X, step, t.y, Y, yStep, t.n, ROWS, a.lto, TO, room);
          },
          eachRow(product(shared)));
    }
  }

  /** Elements of rows times those of other rows, or of the first of these. */
  private static Term product(boolean shared) {
    return (x, y, r, i, n) -> x[X + r * (n + 3) + i] * y[Y + (shared ? 0 : r * (n + 3)) + i];
  }

  private static Definition eachRow(Term term) {
    return (x, y, to, n) -> {
      for (int r = 0; r < ROWS; r++) {
        to[TO + r] = 0;
        for (int i = 0; i < n; i++) {
          to[TO + r] += term.at(x, y, r, i, n);
        }
      }
    };
  }

  @Test
  void oneSumDotAndMaximum() {
    check(
        "sum and dot",
        Results.WIDE,
        t -> {
          Typed a = t.typed;
          a.wide[0] = t.floats().sum(a.fx, X, t.n);
          a.dto[0] = t.doubles().sum(a.dx, X, t.n);
          a.lto[0] = t.longs().sum(t.x, X, t.n);
          a.wide[1] = t.floats().dot(a.fx, X, a.fy, Y, t.n);
          a.dto[1] = t.doubles().dot(a.dx, X, a.dy, Y, t.n);
          a.lto[1] = t.longs().dot(t.x, X, t.y, Y, t.n);
        },
        (x, y, to, n) -> {
          to[0] = 0;
          to[1] = 0;
          for (int i = 0; i < n; i++) {
            to[0] += x[X + i];
            to[1] += x[X + i] * y[Y + i];
          }
        });
    check(
        "maximum",
        Results.ALL,
        t -> {
          t.typed.fto[0] = t.floats().max(t.typed.fx, X, t.n + 1);
          t.typed.dto[0] = t.doubles().max(t.typed.dx, X, t.n + 1);
          t.typed.lto[0] = t.longs().max(t.x, X, t.n + 1);
        },
        (x, y, to, n) -> to[0] = Arrays.stream(x, X, X + n + 1).max().orElseThrow());
  }

  /** One element is larger than all others, at each place in turn. */
  @Test
  void theMaximumWhereverItStands() {
    for (KernelSet kernels : List.of(KernelSelection.best(), KernelSelection.scalar())) {
      for (int n = 1; n < 150; n++) {
        float[] floats = new float[n + 2];
        double[] doubles = new double[n + 2];
        long[] longs = new long[n + 2];
        for (int at = 1; at <= n; at++) {
          floats[at] = 1;
          doubles[at] = 1;
          longs[at] = 1;
          String what = kernels.getClass().getSimpleName() + ", " + at + " of " + n;
          assertEquals(1, kernels.floats().max(floats, 1, n), what);
          assertEquals(1, kernels.doubles().max(doubles, 1, n), what);
          assertEquals(1, kernels.longs().max(longs, 1, n), what);
          floats[at] = 0;
          doubles[at] = 0;
          longs[at] = 0;
        }
      }
    }
  }

  @Test
  void rowsMultiplied() {
    for (boolean shared : new boolean[] {false, true}) {
      check(
          "multiply rows, one factor shared: " + shared,
          Results.ALL,
          t -> {
            Typed a = t.typed;
            int step = t.step();
            int other = shared ? 0 : step;
            int to = t.n + 1;
            t.floats().multiplyRows(a.fx, X, step, a.fy, Y, other, ROWS, a.fto, TO, to, t.n);
            t.doubles().multiplyRows(a.dx, X, step, a.dy, Y, other, ROWS, a.dto, TO, to, t.n);
            t.longs().multiplyRows(t.x, X, step, t.y, Y, other, ROWS, a.lto, TO, to, t.n);
          },
          everyRow(product(shared)));
    }
    for (int apart : new int[] {0, 1, 2}) {
      check(
          "scale rows by scalars apart by " + apart,
          Results.ALL,
          t -> {
            Typed a = t.typed;
            int to = t.n + 1;
            t.floats().scaleRows(a.fy, Y, apart, a.fx, X, t.step(), ROWS, a.fto, TO, to, t.n);
            t.doubles().scaleRows(a.dy, Y, apart, a.dx, X, t.step(), ROWS, a.dto, TO, to, t.n);
            t.longs().scaleRows(t.y, Y, apart, t.x, X, t.step(), ROWS, a.lto, TO, to, t.n);
          },
          everyRow((x, y, r, i, n) -> y[Y + r * apart] * x[X + r * (n + 3) + i]));
    }
  }

  private static Definition everyRow(Term term) {
    return (x, y, to, n) -> {
      for (int r = 0; r < ROWS; r++) {
        for (int i = 0; i < n; i++) {
          to[TO + r * (n + 1) + i] = term.at(x, y, r, i, n);
        }
      }
    };
  }

  @Test
  void rowsMoved() {
    check(
        "copy rows",
        Results.ALL,
        t -> {
          Typed a = t.typed;
          t.floats().copyRows(a.fx, X, t.step(), ROWS, a.fto, TO, t.n + 1, t.n);
          t.doubles().copyRows(a.dx, X, t.step(), ROWS, a.dto, TO, t.n + 1, t.n);
          t.longs().copyRows(t.x, X, t.step(), ROWS, a.lto, TO, t.n + 1, t.n);
        },
        moved((i, j, n) -> i * (n + 1) + j));
    check(
        "transpose",
        Results.ALL,
        t -> {
          Typed a = t.typed;
          t.floats().transpose(a.fx, X, t.step(), ROWS, t.n, a.fto, TO, ROWS + 1);
          t.doubles().transpose(a.dx, X, t.step(), ROWS, t.n, a.dto, TO, ROWS + 1);
          t.longs().transpose(t.x, X, t.step(), ROWS, t.n, a.lto, TO, ROWS + 1);
        },
        moved((i, j, n) -> j * (ROWS + 1) + i));
    check(
        "transpose a square",
        Results.ALL,
        t -> {
          Typed a = t.typed;
          int k = side(t.n);
          t.floats().transpose(a.fx, X, k + 1, k, k, a.fto, TO, k + 2);
          t.doubles().transpose(a.dx, X, k + 1, k, k, a.dto, TO, k + 2);
          t.longs().transpose(t.x, X, k + 1, k, k, a.lto, TO, k + 2);
        },
        (x, y, to, n) -> {
          for (int at = 0; at < side(n) * side(n); at++) {
            int i = at / side(n);
            int j = at % side(n);
            to[TO + j * (side(n) + 2) + i] = x[X + i * (side(n) + 1) + j];
          }
        });
    check(
        "scatter",
        Results.ALL,
        t -> {
          Typed a = t.typed;
          int[] at = new int[t.n + 2];
          for (int j = 0; j < t.n; j++) {
            at[2 + j] = (t.n - 1 - j) * (ROWS + 1);
          }
          t.floats().scatter(a.fx, X, t.step(), ROWS, t.n, a.fto, TO, at, 2);
          t.doubles().scatter(a.dx, X, t.step(), ROWS, t.n, a.dto, TO, at, 2);
          t.longs().scatter(t.x, X, t.step(), ROWS, t.n, a.lto, TO, at, 2);
        },
        moved((i, j, n) -> (n - 1 - j) * (ROWS + 1) + i));
  }

  /** The side of a square that the arrays of rows of n hold with room. */
  private static int side(int n) {
    return (int) Math.sqrt(5.0 * n);
  }

  private interface Place {
    int of(int row, int column, int n);
  }

  private static Definition moved(Place place) {
    return (x, y, to, n) -> {
      for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < n; j++) {
          to[TO + place.of(i, j, n)] = x[X + i * (n + 3) + j];
        }
      }
    };
  }

  @Test
  void productsOfFewRows() {
    int k = 4;
    check(
        "add a product",
        Results.FLOATING,
        t -> {
          Typed a = t.typed;
          int step = t.step();
          t.floats().addProduct(3, t.n, k, a.fy, Y, 5, a.fx, X, step, a.fto, TO, step);
          t.doubles().addProduct(3, t.n, k, a.dy, Y, 5, a.dx, X, step, a.dto, TO, step);
        },
        (x, y, to, n) -> {
          for (int r = 0; r < 3; r++) {
            for (int i = 0; i < n; i++) {
              for (int p = 0; p < k; p++) {
                to[TO + r * (n + 3) + i] += y[Y + r * 5 + p] * x[X + p * (n + 3) + i];
              }
            }
          }
        });
  }

  /** Any number of rows and of terms: four terms go together, the last by themselves. */
  @Test
  void productsOfFewRowsAndAnyNumberOfTerms() {
    int n = 37;
    for (int m = 1; m <= 5; m++) {
      for (int k : new int[] {1, 3, 4, 5, 8, 11}) {
        double[] a = random.doubles(Y + m * (k + 2), -9, 9).map(Math::rint).toArray();
        double[] b = random.doubles(X + k * (n + 3), -9, 9).map(Math::rint).toArray();
        double[] c = random.doubles(TO + m * (n + 1), -9, 9).map(Math::rint).toArray();
        double[] expected = c.clone();
        for (int r = 0; r < m; r++) {
          for (int p = 0; p < k; p++) {
            for (int i = 0; i < n; i++) {
              expected[TO + r * (n + 1) + i] += a[Y + r * (k + 2) + p] * b[X + p * (n + 3) + i];
            }
          }
        }
        for (KernelSet kernels : List.of(KernelSelection.best(), KernelSelection.scalar())) {
          double[] to = c.clone();
          kernels.doubles().addProduct(m, n, k, a, Y, k + 2, b, X, n + 3, to, TO, n + 1);
          assertArrayEquals(expected, to, m + " rows, " + k + " terms");
          float[] sums = floats(c);
          kernels
              .floats()
              .addProduct(m, n, k, floats(a), Y, k + 2, floats(b), X, n + 3, sums, TO, n + 1);
          assertArrayEquals(floats(expected), sums, m + " rows, " + k + " terms");
        }
      }
    }
  }

  private static float[] floats(double[] values) {
    float[] all = new float[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values[i];
    }
    return all;
  }

  @Test
  void numbersNarrowed() {
    for (int n : LENGTHS) {
      for (KernelSet kernels : List.of(KernelSelection.best(), KernelSelection.scalar())) {
        double[] x = random.doubles(n + 3, -1e3, 1e3).toArray();
        float[] to = new float[n + 5];
        float[] expected = to.clone();
        kernels.floats().narrow(x, X, to, TO, n);
        for (int i = 0; i < n; i++) {
          expected[TO + i] = (float) x[X + i];
        }
        assertArrayEquals(expected, to);
      }
    }
  }
}
