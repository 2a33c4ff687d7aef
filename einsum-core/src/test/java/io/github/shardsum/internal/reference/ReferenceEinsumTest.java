package io.github.shardsum.internal.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReferenceEinsumTest {
  private static Tensor run(String equation, Tensor... operands) {
    Shape[] shapes = List.of(operands).stream().map(Tensor::shape).toArray(Shape[]::new);
    return ReferenceEinsum.evaluate(Equation.parse(equation).bind(shapes), operands);
  }

  private static Tensor vector(double... data) {
    return Tensor.of(data, data.length);
  }

  private static final Tensor TWO_BY_THREE = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void multipliesMatrices() {
    Tensor identityAndSum = Tensor.of(new double[] {1, 0, 1, 0, 1, 1, 0, 0, 1}, 3, 3);
    assertArrayEquals(
        new double[] {1, 2, 6, 4, 5, 15},
        run("ij,jk->ik", TWO_BY_THREE, identityAndSum).toDoubleArray());
  }

  @Test
  void sumsTransposesAndTakesDiagonals() {
    assertArrayEquals(new double[] {21}, run("ij->", TWO_BY_THREE).toDoubleArray());
    assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, run("ij->ji", TWO_BY_THREE).toDoubleArray());
    Tensor square = TWO_BY_THREE.slice(1, 0, 2);
    assertArrayEquals(new double[] {1, 5}, run("ii->i", square).toDoubleArray());
    assertArrayEquals(new double[] {6}, run("ii", square).toDoubleArray());
  }

  @Test
  void emptySumsAreZeroAndEmptyProductsAreOne() {
    assertArrayEquals(
        new double[] {0, 0}, run("ij->i", Tensor.zeros(DType.F64, 2, 0)).toDoubleArray());
    assertEquals(Shape.of(0, 2), run("i,j->ij", vector(), vector(1, 2)).shape());
    assertArrayEquals(new double[] {6}, run(",", scalar(2), scalar(3)).toDoubleArray());
  }

  private static Tensor scalar(double value) {
    return Tensor.scalar(DType.F64, value);
  }

  @Test
  void writesDiagonalsAndRepeats() {
    assertArrayEquals(new double[] {2, 0, 0, 3}, run("i->ii", vector(2, 3)).toDoubleArray());
    BoundEquation repeat =
        Equation.parse("i->ji").bind(List.of(Shape.of(2)), Map.of("j", 2L), Strictness.LENIENT);
    assertArrayEquals(
        new double[] {2, 3, 2, 3}, ReferenceEinsum.evaluate(repeat, vector(2, 3)).toDoubleArray());
  }

  @Test
  void broadcastsAxesOfSizeOne() {
    assertArrayEquals(
        new double[] {10, 20},
        run("ij,j->i", vector(1, 2).expand(1), vector(4, 6)).toDoubleArray());
  }

  @Test
  void f32AndBf16AreSummedInF64AndRoundedOnce() {
    float[] values = {1e8f, 1, -1e8f};
    assertArrayEquals(new float[] {1}, run("i->", Tensor.of(values, 3)).toFloatArray());
    Tensor ones = Tensor.full(DType.BF16, 1, 1000);
    Tensor sum = run("i->", ones);
    assertEquals(DType.BF16, sum.dtype());
    assertArrayEquals(new float[] {1000}, sum.toFloatArray());
    // 257 is between the bf16 values 256 and 258; the sum 257.25 is nearer to 258.
    Tensor near = Tensor.of(new float[] {256, 1, 0.25f}, 3).convert(DType.BF16);
    assertArrayEquals(new float[] {258}, run("i->", near).toFloatArray());
  }

  @Test
  void integersWrap() {
    Tensor ints = Tensor.of(new int[] {Integer.MAX_VALUE, 1}, 2);
    assertArrayEquals(new long[] {Integer.MIN_VALUE}, run("i->", ints).toLongArray());
    assertEquals(DType.I32, run("i->", ints).dtype());
    Tensor longs = Tensor.of(new long[] {Long.MAX_VALUE, 2}, 2);
    assertArrayEquals(new long[] {Long.MAX_VALUE + 2}, run("i->", longs).toLongArray());
    assertArrayEquals(
        new long[] {-2}, run("i,i->", longs.slice(0, 0, 1), longs.slice(0, 1, 2)).toLongArray());
  }

  @Test
  void boolIsAnyOfAll() {
    Tensor left = Tensor.ofBool(new byte[] {1, 1, 0, 1}, 2, 2);
    Tensor right = Tensor.ofBool(new byte[] {0, 5}, 2);
    Tensor result = run("ij,j->i", left, right);
    assertEquals(DType.BOOL, result.dtype());
    assertArrayEquals(new long[] {1, 1}, result.toLongArray());
    assertArrayEquals(
        new long[] {0}, run("i,i->", right, Tensor.ofBool(new byte[] {1, 0}, 2)).toLongArray());
  }

  @Test
  void mixedDtypesArePromoted() {
    Tensor ints = Tensor.of(new int[] {1, 2}, 2);
    assertEquals(DType.F64, run("i,i->", ints, vector(0.5, 0.25)).dtype());
    assertArrayEquals(new double[] {1}, run("i,i->", ints, vector(0.5, 0.25)).toDoubleArray());
    assertEquals(DType.I64, run("i,i->", ints, Tensor.of(new long[] {1, 1}, 2)).dtype());
    assertEquals(DType.I32, run("i,i->", ints, Tensor.ofBool(new byte[] {1, 0}, 2)).dtype());
  }

  private static Tensor into(Tensor out, double alpha, double beta, String equation, Tensor x) {
    BoundEquation bound = Equation.parse(equation).bind(x.shape());
    ReferenceEinsum.evaluate(bound, alpha, beta, List.of(x), out);
    return out;
  }

  @Test
  void scalesAndAccumulates() {
    Tensor out = Tensor.of(new double[] {1, 1, 1, 1}, 2, 2);
    assertArrayEquals(
        new double[] {14, 10, 10, 16}, into(out, 2, 10, "i->ii", vector(2, 3)).toDoubleArray());
    Tensor ints = Tensor.of(new int[] {1, 2}, 2);
    assertArrayEquals(new long[] {13, 26}, into(ints.copy(), 3, 10, "i->i", ints).toLongArray());
    Tensor bools = Tensor.ofBool(new byte[] {1, 0}, 2);
    Tensor other = Tensor.ofBool(new byte[] {0, 0}, 2);
    assertArrayEquals(new long[] {1, 0}, into(bools.copy(), 1, 1, "i->i", other).toLongArray());
    assertArrayEquals(new long[] {0, 0}, into(bools.copy(), 1, 0, "i->i", other).toLongArray());
    assertArrayEquals(new long[] {0, 0}, into(other.copy(), 0, 1, "i->i", bools).toLongArray());
  }

  @Test
  void outIsNotReadWhenBetaIsZeroAndMayBeAView() {
    Tensor out = Tensor.full(DType.F64, Double.NaN, 3, 2).transpose();
    assertArrayEquals(
        new double[] {1, 2, 3, 4, 5, 6}, into(out, 1, 0, "ij->ij", TWO_BY_THREE).toDoubleArray());
  }

  @Test
  void routingOperandsHaveTheirDenseValue() {
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {2, -1}, 2), 3, DType.F64);
    BoundEquation bound = Equation.parse("st,td->sd").bind(routing.shape(), Shape.of(3, 2));
    Tensor rows = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    assertArrayEquals(
        new double[] {5, 6, 0, 0}, ReferenceEinsum.evaluate(bound, routing, rows).toDoubleArray());
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
    BoundEquation bound = Equation.parse("i->i").bind(Shape.of(2));
    Tensor out = Tensor.of(new int[] {7, 7}, 2);
    Tensor ints = Tensor.of(new int[] {1, 2}, 2);
    assertThrows(IllegalArgumentException.class, () -> ReferenceEinsum.evaluate(bound));
    assertThrows(
        IllegalArgumentException.class, () -> ReferenceEinsum.evaluate(bound, vector(1, 2, 3)));
    assertThrows(
        IllegalArgumentException.class,
        () -> ReferenceEinsum.evaluate(bound, 0.5, 0, List.of(ints), out));
    assertThrows(
        IllegalArgumentException.class,
        () -> ReferenceEinsum.evaluate(bound, 1, 0, List.of(ints), Tensor.zeros(DType.I32, 3)));
    assertArrayEquals(new long[] {7, 7}, out.toLongArray());
  }
}
