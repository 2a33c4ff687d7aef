package io.github.shardsum.ops;

import static io.github.shardsum.tensor.DType.F32;
import static io.github.shardsum.tensor.DType.F64;
import static io.github.shardsum.tensor.DType.I64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.tensor.TextOptions;
import org.junit.jupiter.api.Test;

/** Comparing whole tensors, and looking at them. */
class ClosenessTest {
  private static final double NAN = Double.NaN;
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  private static Tensor of(double... values) {
    return Tensor.of(values, values.length);
  }

  @Test
  void examplesOfNumPysPages() {
    assertFalse(Logic.allClose(of(1e10, 1e-7), of(1.00001e10, 1e-8)));
    assertTrue(Logic.allClose(of(1e10, 1e-8), of(1.00001e10, 1e-9)));
    assertFalse(Logic.allClose(of(1e10, 1e-8), of(1.0001e10, 1e-9)));
    assertTrue(Logic.allClose(of(1, NAN), of(1, NAN)));
  }

  @Test
  void theWorstElementIsInTheMessage() {
    Tensor expected = Tensor.of(new double[][] {{1, 2, 4}, {10, 100, 1000}});
    Tensor actual = Tensor.of(new double[][] {{1, 2.5, 4}, {10, 101, 1000}});
    Closeness closeness = Closeness.of(actual, expected, 0.001, 0);
    assertFalse(closeness.isClose());
    assertEquals(2, closeness.far());
    assertArrayEquals(new long[] {0, 1}, closeness.worst());
    assertEquals(
        "2 of 6 elements of [2, 3] are beyond their bound; the worst at [0, 1]: expected 2.0 within"
            + " 0.002, got 2.5 (0.5 away)",
        closeness.toString());
    assertEquals(
        closeness.toString(), assertThrows(AssertionError.class, closeness::require).getMessage());
    assertEquals(closeness, Closeness.of(actual, expected, 0.001, 0));
    Closeness.of(actual, expected, 0.25, 0).require();
  }

  @Test
  void nanAndInfinitiesAreCloseToThemselvesOnly() {
    double[] values = {NAN, INFINITY, -INFINITY, 0, 1e308};
    for (double x : values) {
      for (double y : values) {
        boolean same = Double.isNaN(x) ? Double.isNaN(y) : x == y;
        assertEquals(same, Logic.allClose(of(x), of(y)), x + " and " + y);
      }
    }
    // A bound of 0 over a difference of 0, and over one.
    assertTrue(Logic.allClose(of(3), of(3), 0, 0));
    assertFalse(Logic.allClose(of(Math.nextUp(3.0)), of(3), 0, 0));
    // A difference whose quotient by the bound is rounded to 1 is beyond it.
    assertTrue(Logic.allClose(of(2), of(1), 0, 1));
    assertFalse(Logic.allClose(of(Math.nextUp(2.0)), of(1), 0, 1));
  }

  @Test
  void emptyTensorsAndScalarsAreCompared() {
    assertTrue(Logic.allClose(Tensor.zeros(F32, 0, 3), Tensor.zeros(F64, 0, 3)));
    Closeness scalars = Closeness.of(Tensor.scalar(F32, 1), Tensor.scalar(F32, 2));
    assertArrayEquals(new long[0], scalars.worst());
    assertEquals(1, scalars.far());
    Oracles.refused("closeness: expected a shape of [2]", () -> Closeness.of(of(1), of(1, 2)));
    Oracles.refused(
        "closeness: tolerances must be at least 0", () -> Closeness.of(of(1), of(1), -1, 0));
    Oracles.refused(
        "closeness: tolerances must be at least 0", () -> Closeness.of(of(1), of(1), NAN, 0));
  }

  @Test
  void equalityIsByShapeAndValue() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    assertTrue(Logic.arrayEqual(x, x.convert(I64)));
    assertTrue(Logic.arrayEqual(x, x.transpose().copy().transpose()));
    assertFalse(Logic.arrayEqual(x, x.transpose()));
    assertFalse(Logic.arrayEqual(x, x.reshape(4)));
    assertFalse(Logic.arrayEqual(of(NAN), of(NAN)));
    assertTrue(Logic.arrayEqual(Tensor.zeros(F32, 0), Tensor.zeros(F32, 0)));
  }

  @Test
  void elementsAreReadAsArrays() {
    Tensor x = Tensor.of(new double[][] {{1.5, -2}, {0, 4}});
    assertArrayEquals(new int[] {1, -2, 0, 4}, x.toIntArray());
    assertArrayEquals(new boolean[] {true, true, false, true}, x.toBooleanArray());
    assertArrayEquals(new float[][] {{1.5f, 0}, {-2, 4}}, x.transpose().toFloatMatrix());
    assertArrayEquals(new double[][] {{1.5, -2}, {0, 4}}, x.toDoubleMatrix());
    Oracles.refused("rows: expected a matrix", () -> of(1).toFloatMatrix());
  }

  @Test
  void optionsSayWhatIsPrinted() {
    Tensor x = Tensor.of(new double[][] {{1, 2.125, NAN}, {-0.5, 1e3, 0}});
    assertEquals(
        "f64[2, 3]\n[[   1.00    2.12     NaN]\n [  -0.50 1000.00    0.00]]",
        x.toString(TextOptions.DEFAULTS.withDecimals(2)));
    assertEquals(
        "i64[9]\n[0 ... 8]",
        Creation.arange(I64, 9).toString(TextOptions.DEFAULTS.withThreshold(8).withEdge(1)));
    assertEquals(x.toString(), x.toString(TextOptions.DEFAULTS));
    Oracles.refused("text: expected", () -> TextOptions.DEFAULTS.withDecimals(18));
    Oracles.refused("text: expected", () -> TextOptions.DEFAULTS.withThreshold(0));
    Oracles.refused("text: expected", () -> TextOptions.DEFAULTS.withEdge(0));
  }
}
