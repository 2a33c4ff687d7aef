package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.path.Slice;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scaled einsums against exact values: sums over all labels in {@link BigDecimal}. */
final class ScaledEinsumTest {
  private static final MathContext EXACTLY = new MathContext(60);

  /** Products of three hundred matrices, most of them far outside of f64's range. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1, 1e3, 1e30, 1e-30})
  void longChainsNeitherOverflowNorVanish(double scale) {
    int length = 300;
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Random random = new Random(35);
      Operand[] chain = new Operand[length];
      BigDecimal[][] exact = null;
      for (int i = 0; i < length; i++) {
        Tensor matrix = matrix(dtype, random, scale);
        chain[i] = matrix;
        exact = exact == null ? exact(matrix) : product(exact, exact(matrix));
      }
      String equation = chainEquation(length);
      EinsumOptions options = EinsumOptions.defaults().withPath(new PathFinder.Greedy());
      Einsum einsum = Einsum.compile(equation, options, chain);
      assertClose(exact, einsum.scaled().run(chain), dtype == DType.F32 ? 1e-4 : 1e-12);
      if (scale != 1) {
        double plain = einsum.run(chain).getDouble(0, 0);
        assertTrue(plain == 0 || !Double.isFinite(plain), "plain: " + plain);
      }
    }
  }

  @Test
  void powersOfTwoAreExact() {
    Operand[] factors = new Operand[400];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = Tensor.of(new float[] {0x1p-100f, 0x1p-101f}, 2);
    }
    String terms = String.join(",", Arrays.stream(factors).map(_ -> "i").toList());
    ScaledEinsum.Result result = Einsum.compile(terms + "->i", factors).scaled().run(factors);
    assertEquals(-40_000, result.exponent());
    assertEquals(1, result.mantissa().getDouble(0));
    // 2^-400 relative to the largest element is outside of f32.
    assertEquals(0, result.mantissa().getDouble(1));
    assertEquals(0, result.value().getDouble(0));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "BF16"})
  void randomNetworksAreTheExactSums(DType dtype) {
    Random random = new Random(17);
    for (int round = 0; round < 60; round++) {
      Drawn drawn = Drawn.draw(random, dtype);
      for (long limit : new long[] {0, 64, 24, 8}) {
        EinsumOptions options = EinsumOptions.defaults().withPath(new PathFinder.Greedy());
        EinsumOptions limited = limit == 0 ? options : options.withMemoryLimit(limit);
        Einsum einsum = Einsum.compile(drawn.equation(), limited, drawn.operands());
        drawn.check(einsum.scaled().run(drawn.operands()), einsum.explain().toString());
      }
    }
  }

  /** A pass whose own sum is 0 must not make later passes vanish, however large its factors are. */
  @Test
  void passesThatCancelLeaveTheOthers() {
    Tensor first = Tensor.of(new double[] {0x1p600, 0x1p-400}, 2);
    Tensor second = Tensor.of(new double[][] {{1, -1}, {1, 1}});
    Tensor third = Tensor.of(new double[][] {{0x1p500, 0x1p500}, {0x1p-500, 0x1p-500}});
    EinsumOptions options =
        EinsumOptions.defaults()
            .withPath(
                new PathFinder.Given(ContractionPath.ofLinear(3, new int[][] {{0, 1}, {0, 1}})))
            .withMemoryLimit(16);
    Einsum einsum = Einsum.compile("s,sk,sk->", options, first, second, third);
    ScaledEinsum.Result result = einsum.scaled().run(first, second, third);
    assertEquals(
        List.of(0), einsum.explain().contraction().slices().stream().map(Slice::label).toList());
    assertEquals(1, result.mantissa().getDouble());
    assertEquals(-899, result.exponent());
  }

  @Test
  void threadsChangeNothing() {
    Random random = new Random(3);
    Operand[] chain = new Operand[40];
    for (int i = 0; i < chain.length; i++) {
      chain[i] = tensor(DType.F32, random, 1e-4, 64, 64);
    }
    String equation = chainEquation(chain.length);
    Einsum alone = Einsum.compile(equation, chain);
    ScaledEinsum.Result want = alone.scaled().run(chain);
    try (Workers workers = Workers.of(3)) {
      EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
      ScaledEinsum.Result got = Einsum.compile(equation, options, chain).scaled().run(chain);
      assertEquals(want.exponent(), got.exponent());
      assertEquals(
          Arrays.toString(want.mantissa().toFloatArray()),
          Arrays.toString(got.mantissa().toFloatArray()));
    }
  }

  @Test
  void otherStridesAndRoutingOperandsAreTheSameValues() {
    Tensor x = Tensor.of(new double[][] {{1e200, 2e200, 3e200}, {4e200, 5e200, -6e200}});
    RoutingTensor route =
        RoutingTensor.of(
            Shape.of(2, 4),
            Tensor.of(new int[] {3, 0}, 2, 1),
            Tensor.of(new double[] {1e150, 1e150}, 2, 1));
    Einsum einsum = Einsum.compile("te,tm,mt->em", route, x, x.transpose());
    ScaledEinsum.Result result = einsum.scaled().run(route, x, x.transpose());
    ScaledEinsum.Result copied = einsum.scaled().run(route, x, x.transpose().copy());
    BigDecimal scale = BigDecimal.TEN.pow(550);
    double[] squares = {16, 25, 36, 0, 0, 0, 0, 0, 0, 1, 4, 9};
    for (int i = 0; i < squares.length; i++) {
      BigDecimal exact = new BigDecimal(squares[i]).multiply(scale);
      assertNear(exact, value(result, i), scale, 1e-13, "element " + i);
      assertNear(exact, value(copied, i), scale, 1e-13, "element " + i);
    }
  }

  @Test
  void zerosInfinitiesAndRepeatedLabels() {
    Tensor zeros = Tensor.zeros(DType.F32, 2, 2);
    ScaledEinsum.Result nothing =
        Einsum.compile("ij,jk->ik", zeros, zeros).scaled().run(zeros, zeros);
    assertEquals(0, nothing.exponent());
    assertEquals(0, nothing.mantissa().getDouble(1, 1));
    Tensor infinite = Tensor.of(new float[] {Float.POSITIVE_INFINITY, 3e38f}, 2);
    ScaledEinsum.Result mixed =
        Einsum.compile("i,i,i->i", infinite, infinite, infinite)
            .scaled()
            .run(infinite, infinite, infinite);
    assertEquals(Double.POSITIVE_INFINITY, mixed.mantissa().getDouble(0));
    double cube = Math.pow(3e38f, 3);
    assertEquals(
        cube, Math.scalb(mixed.mantissa().getDouble(1), (int) mixed.exponent()), cube * 1e-6);
    Tensor large = Tensor.of(new double[] {1e300, 2e300}, 2);
    ScaledEinsum.Result diagonal =
        Einsum.compile("i,i->ii", large, large).scaled().run(large, large);
    assertEquals(0, diagonal.mantissa().getDouble(0, 1));
    assertEquals(
        4, diagonal.mantissa().getDouble(1, 1) / diagonal.mantissa().getDouble(0, 0), 1e-15);
    assertEquals(Double.POSITIVE_INFINITY, diagonal.value().getDouble(1, 1));
    ScaledEinsum.Result empty =
        Einsum.compile("ij,jk->ik", DType.F32, Shape.of(0, 2), Shape.of(2, 2))
            .scaled()
            .run(Tensor.zeros(DType.F32, 0, 2), zeros);
    assertEquals(Shape.of(0, 2), empty.mantissa().shape());
  }

  @Test
  void valuesInsideTheRangeAreThoseOfTheEinsum() {
    Random random = new Random(8);
    Tensor a = tensor(DType.F32, random, 1, 30, 40);
    Tensor b = tensor(DType.F32, random, 1, 40, 50);
    Tensor c = tensor(DType.F32, random, 1, 50, 20);
    Einsum einsum = Einsum.compile("ij,jk,kl->il", a, b, c);
    // Powers of two round nothing, so the same kernels give the same bits.
    assertEquals(
        Arrays.toString(einsum.run(a, b, c).toFloatArray()),
        Arrays.toString(einsum.scaled().run(a, b, c).value().toFloatArray()));
  }

  @Test
  void integersAndEpiloguesAreRefused() {
    Tensor ints = Tensor.of(new int[] {1, 2}, 2);
    Einsum integers = Einsum.compile("i,i->", ints, ints);
    assertThrows(IllegalStateException.class, integers::scaled);
    EinsumOptions relu = EinsumOptions.defaults().withEpilogue(Epilogue.none().withRelu());
    Einsum fused = Einsum.compile("i,i->", relu, DType.F32, Shape.of(2), Shape.of(2));
    assertThrows(IllegalStateException.class, fused::scaled);
    Tensor two = Tensor.zeros(DType.F32, 2);
    ScaledEinsum other = Einsum.compile("i,i->", DType.F32, Shape.of(3), Shape.of(3)).scaled();
    assertThrows(IllegalArgumentException.class, () -> other.run(two, two));
  }

  /** A network of small tensors, each with a scale of its own. */
  private record Drawn(String equation, Operand[] operands, int[] sizes) {
    static Drawn draw(Random random, DType dtype) {
      int labels = 3 + random.nextInt(4);
      int[] sizes = IntStream.range(0, labels).map(_ -> 1 + random.nextInt(3)).toArray();
      int count = 2 + random.nextInt(5);
      Operand[] operands = new Operand[count];
      List<String> terms = new ArrayList<>();
      int most = dtype == DType.F64 ? 300 : 36;
      for (int i = 0; i < count; i++) {
        String term = labels(random, labels, 1 + random.nextInt(3));
        double scale = Math.pow(10, random.nextInt(2 * most + 1) - most);
        long[] shape = term.chars().mapToLong(label -> sizes[label - 'a']).toArray();
        operands[i] = tensor(dtype, random, scale, shape);
        terms.add(term);
      }
      String all = String.join("", terms);
      String output =
          labels(random, labels, random.nextInt(3))
              .chars()
              .filter(label -> all.indexOf(label) >= 0)
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
      return new Drawn(String.join(",", terms) + "->" + output, operands, sizes);
    }

    private static String labels(Random random, int labels, int count) {
      return random
          .ints(0, labels)
          .distinct()
          .limit(Math.min(count, labels))
          .mapToObj(label -> Character.toString('a' + label))
          .collect(Collectors.joining());
    }

    /** Each element is near the exact sum, relative to the largest sum of magnitudes. */
    void check(ScaledEinsum.Result got, String plan) {
      String output = equation.substring(equation.indexOf('>') + 1);
      int elements = (int) got.mantissa().shape().elementCount();
      BigDecimal[] sums = new BigDecimal[elements];
      BigDecimal[] magnitudes = new BigDecimal[elements];
      Arrays.fill(sums, BigDecimal.ZERO);
      Arrays.fill(magnitudes, BigDecimal.ZERO);
      int all = Arrays.stream(sizes).reduce(1, (x, y) -> x * y);
      for (int at = 0; at < all; at++) {
        int[] index = index(at);
        BigDecimal term = BigDecimal.ONE;
        String[] terms = equation.substring(0, equation.indexOf('-')).split(",", -1);
        for (int i = 0; i < terms.length; i++) {
          term = term.multiply(element((Tensor) operands[i], terms[i], index));
        }
        if (unused(index)) {
          continue;
        }
        int to = 0;
        for (int i = 0; i < output.length(); i++) {
          char label = output.charAt(i);
          to = to * sizes[label - 'a'] + index[label - 'a'];
        }
        sums[to] = sums[to].add(term);
        magnitudes[to] = magnitudes[to].add(term.abs());
      }
      BigDecimal largest = Arrays.stream(magnitudes).reduce(BigDecimal.ZERO, BigDecimal::max);
      double error =
          got.mantissa().dtype() == DType.F64
              ? 1e-13
              : got.mantissa().dtype() == DType.F32 ? 1e-5 : 5e-3;
      for (int i = 0; i < elements; i++) {
        assertNear(sums[i], value(got, i), largest, error, equation + "\n" + plan);
      }
    }

    /** Whether a label of no term has another index than 0: such labels are not summed over. */
    private boolean unused(int[] index) {
      for (int label = 0; label < index.length; label++) {
        if (index[label] > 0 && equation.indexOf('a' + label) < 0) {
          return true;
        }
      }
      return false;
    }

    private int[] index(int at) {
      int[] index = new int[sizes.length];
      int left = at;
      for (int label = 0; label < sizes.length; label++) {
        index[label] = left % sizes[label];
        left /= sizes[label];
      }
      return index;
    }

    private static BigDecimal element(Tensor tensor, String term, int[] index) {
      long[] at = term.chars().mapToLong(label -> index[label - 'a']).toArray();
      return new BigDecimal(tensor.getDouble(at));
    }
  }

  private static String chainEquation(int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(i == 0 ? "" : ", ").append("l").append(i).append(" l").append(i + 1);
    }
    return text.append(" -> l0 l").append(length).toString();
  }

  private static Tensor matrix(DType dtype, Random random, double scale) {
    return tensor(dtype, random, scale, 3, 3);
  }

  private static Tensor tensor(DType dtype, Random random, double scale, long... shape) {
    int n = (int) Shape.of(shape).elementCount();
    double[] elements = random.doubles(n, -1, 1).map(x -> x * scale).toArray();
    return Tensor.of(elements, shape).convert(dtype);
  }

  private static BigDecimal[][] exact(Tensor matrix) {
    BigDecimal[][] exact = new BigDecimal[3][3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        exact[i][j] = new BigDecimal(matrix.getDouble(i, j));
      }
    }
    return exact;
  }

  private static BigDecimal[][] product(BigDecimal[][] left, BigDecimal[][] right) {
    BigDecimal[][] product = new BigDecimal[3][3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        BigDecimal sum = BigDecimal.ZERO;
        for (int k = 0; k < 3; k++) {
          sum = sum.add(left[i][k].multiply(right[k][j], EXACTLY), EXACTLY);
        }
        product[i][j] = sum;
      }
    }
    return product;
  }

  private static void assertClose(BigDecimal[][] exact, ScaledEinsum.Result got, double error) {
    BigDecimal largest = BigDecimal.ZERO;
    for (BigDecimal[] row : exact) {
      for (BigDecimal element : row) {
        largest = largest.max(element.abs());
      }
    }
    for (int i = 0; i < 9; i++) {
      assertNear(exact[i / 3][i % 3], value(got, i), largest, error, "element " + i);
    }
  }

  /** The exact value of an element. */
  private static BigDecimal value(ScaledEinsum.Result result, int element) {
    BigDecimal mantissa = new BigDecimal(result.mantissa().toDoubleArray()[element]);
    BigDecimal power = new BigDecimal(BigInteger.TWO.pow((int) Math.abs(result.exponent())));
    return result.exponent() < 0 ? mantissa.divide(power, EXACTLY) : mantissa.multiply(power);
  }

  private static void assertNear(
      BigDecimal exact, BigDecimal got, BigDecimal scale, double error, String message) {
    BigDecimal most = scale.multiply(new BigDecimal(error));
    assertTrue(
        exact.subtract(got).abs().compareTo(most) <= 0,
        () ->
            message
                + ": expected "
                + exact.round(MathContext.DECIMAL64)
                + ", got "
                + got.round(MathContext.DECIMAL64));
  }
}
