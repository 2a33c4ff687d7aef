package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.EinsumOptions.KernelChoice;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.reference.ReferenceTreeSum;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sums by the fixed tree have the bits of its definition: real data whose exponents are far apart,
 * so that every other order shows.
 */
class SumOrderTest {
  private static final List<String> EQUATIONS =
      List.of(
          "mk,kn->mn",
          "km,kn->mn",
          "mk,nk->nm",
          "bmk,bkn->bmn",
          "bmk,bkn->mbn",
          "mkl,kln->mn",
          "mkl,lkn->nm",
          "bkm,bkn->mn",
          "mk,k->m",
          "km,k->m",
          "k,k->",
          "bk,bk->b",
          "kb,kb->b",
          "kl,kl->",
          "mbkc,kcnb->bmn",
          "k->",
          "mk->m",
          "km->m",
          "mkl->m",
          "kml->lm",
          "klm->m",
          "m,n->mn",
          "bm,bn->bmn",
          "bm,bm->bm",
          "mbk,kb->bm",
          "kmb,kb->bm");

  private static double real(Random random) {
    return (random.nextInt(1 << 12) + 1)
        * (random.nextBoolean() ? 1 : -1)
        * Math.scalb(1.0, random.nextInt(44) - 34);
  }

  /** A view in an order and memory of its own, and its elements as plain numbers. */
  private record Operand(Tensor tensor, ReferenceTreeSum.Elements elements) {
    static Operand of(DType dtype, int[] sizes, Random random) {
      int rank = sizes.length;
      int[] order = shuffled(rank, random);
      long[] strides = new long[rank];
      long count = random.nextBoolean() ? 1 : 2;
      for (int axis : order) {
        strides[axis] = count;
        count *= sizes[axis];
      }
      double[] values = new double[(int) count];
      Arrays.setAll(values, _ -> cut(dtype, real(random)));
      long[] shape = Arrays.stream(sizes).asLongStream().toArray();
      Tensor data = Tensor.of(values, count).convert(dtype);
      Tensor stored = random.nextInt(3) == 0 ? offHeap(data) : data;
      return new Operand(
          Tensor.ofStrided(dtype, stored.segment(), stored.offset(), Shape.of(shape), strides),
          index -> {
            int at = 0;
            for (int axis = 0; axis < rank; axis++) {
              at += index[axis] * (int) strides[axis];
            }
            return values[at];
          });
    }

    private static Tensor offHeap(Tensor data) {
      MemorySegment memory = Arena.ofAuto().allocate(data.segment().byteSize(), 8);
      Tensor copy = Tensor.of(data.dtype(), memory, data.shape().toArray());
      copy.assign(data);
      return copy;
    }
  }

  private static int[] shuffled(int rank, Random random) {
    int[] order = new int[rank];
    Arrays.setAll(order, i -> i);
    for (int i = rank - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int old = order[i];
      order[i] = order[j];
      order[j] = old;
    }
    return order;
  }

  private static double cut(DType dtype, double value) {
    return switch (dtype) {
      case F32 -> (float) value;
      case BF16 -> Bf16.toFloat(Bf16.fromFloat((float) value));
      default -> value;
    };
  }

  /** Sizes of which most are small, and now and then a contracted one has many leaves. */
  private static Map<Character, Integer> sizes(String labels, Random random) {
    Map<Character, Integer> sizes = new HashMap<>();
    for (int at = 0; at < labels.length(); at++) {
      char label = labels.charAt(at);
      boolean isLong = label == 'k' && random.nextInt(3) == 0;
      int most = random.nextInt(4) == 0 ? 40 : 6;
      sizes.put(label, isLong ? 1 + random.nextInt(1700) : 1 + random.nextInt(most));
    }
    return sizes;
  }

  private static int[] of(String labels, Map<Character, Integer> sizes) {
    return labels.chars().map(label -> sizes.get((char) label)).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 64, 512})
  void sumsHaveTheBitsOfTheDefinition(int leaf) {
    Random random = new Random(leaf);
    int tries = TestDepth.cases(2, 12, 16);
    try (Workers workers = Workers.of(3)) {
      for (int attempt = 0; attempt < tries; attempt++) {
        for (String equation : EQUATIONS) {
          compare(equation, leaf, workers, random);
        }
      }
    }
  }

  /** Results of more neighbours than are summed together, not a multiple of them. */
  @ParameterizedTest
  @ValueSource(strings = {"km->m", "kml->ml", "kml->lm", "km,k->m", "kmb,kb->bm", "mkb,kb->mb"})
  void longResultsHaveTheBitsOfTheDefinition(String equation) {
    Random random = new Random(8);
    try (Workers workers = Workers.of(3)) {
      for (int attempt = 0; attempt < 4; attempt++) {
        Map<Character, Integer> sizes = Map.of('m', 300 + attempt, 'k', 11, 'l', 3, 'b', 2);
        compare(equation, sizes, 2, workers, random);
      }
    }
  }

  private static void compare(String equation, int leaf, Workers workers, Random random) {
    Map<Character, Integer> sizes = sizes(equation.replaceAll("[^a-z]", ""), random);
    compare(equation, sizes, leaf, workers, random);
  }

  private static void compare(
      String equation, Map<Character, Integer> sizes, int leaf, Workers workers, Random random) {
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    DType dtype = List.of(DType.F32, DType.F64, DType.BF16).get(random.nextInt(3));
    Operand x = Operand.of(dtype, of(terms[0], sizes), random);
    boolean binary = terms.length == 2;
    Operand y = binary ? Operand.of(dtype, of(terms[1], sizes), random) : x;
    double[] expected =
        new ReferenceTreeSum(
                terms[0], binary ? terms[1] : "", sides[1], sizes, dtype != DType.F64, leaf)
            .run(x.elements(), y.elements());
    Arrays.setAll(expected, i -> cut(dtype, expected[i]));
    EinsumOptions options =
        EinsumOptions.defaults()
            .withSums(new SumOrder(leaf))
            .withKernels(random.nextBoolean() ? KernelChoice.BEST : KernelChoice.SCALAR)
            .withWorkers(random.nextBoolean() ? workers : Workers.sequential());
    Tensor[] operands = binary ? new Tensor[] {x.tensor(), y.tensor()} : new Tensor[] {x.tensor()};
    Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(operands));
    double[] got = einsum.run((io.github.shardsum.tensor.Operand[]) operands).toDoubleArray();
    assertArrayEquals(bits(expected), bits(got), () -> einsum.explain() + " of " + sizes);
  }

  private static long[] bits(double[] values) {
    return Arrays.stream(values).mapToLong(Double::doubleToRawLongBits).toArray();
  }

  /** Larger products, which are packed, streamed or cut in parts, against leaves of their own. */
  @ParameterizedTest
  @CsvSource({
    "70, 130, 1300, 4",
    "300, 90, 600, 1",
    "1, 700, 1100, 2",
    "2, 3000, 1030, 2",
    "500, 3, 2100, 2",
    "513, 1, 1025, 1",
    "1, 1, 1500, 1"
  })
  void largerProductsHaveTheBitsOfTheDefinition(int m, int n, int k, int threads) {
    Random random = new Random(7);
    Map<Character, Integer> sizes = Map.of('m', m, 'n', n, 'k', k);
    try (Workers workers = Workers.of(threads)) {
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Operand x = Operand.of(dtype, of("mk", sizes), random);
        Operand y = Operand.of(dtype, of("kn", sizes), random);
        Tensor[] operands = {x.tensor(), y.tensor()};
        EinsumOptions options =
            EinsumOptions.defaults().withSums(SumOrder.TREE).withWorkers(workers);
        Einsum einsum = Einsum.compile("mk,kn->mn", options, OperandSpec.like(operands));
        double[] got = einsum.run(x.tensor(), y.tensor()).toDoubleArray();
        for (int i = 0; i < m; i += Math.max(1, m / 7)) {
          for (int j = 0; j < n; j += Math.max(1, n / 11)) {
            double sum = element(x, y, i, j, k, dtype);
            assertEquals(sum, got[i * n + j], () -> einsum.explain().toString());
          }
        }
      }
    }
  }

  private static double element(Operand x, Operand y, int i, int j, int k, DType dtype) {
    Map<Character, Integer> sizes = Map.of('m', 1, 'k', k, 'n', 1);
    return new ReferenceTreeSum("mk", "kn", "mn", sizes, dtype == DType.F32, 512)
        .run(
            at -> x.elements().at(new int[] {i, at[1]}),
            at -> y.elements().at(new int[] {at[0], j}))[0];
  }

  @Test
  void aPartOfWholeSubtreesIsANodeOfTheWholeSum() {
    Random random = new Random(3);
    Operand x = Operand.of(DType.F32, new int[] {5, 24}, random);
    Operand y = Operand.of(DType.F32, new int[] {24, 7}, random);
    EinsumOptions options = EinsumOptions.defaults().withSums(new SumOrder(4));
    Tensor whole = run("mk,kn->mn", options, x.tensor(), y.tensor());
    Tensor left = part(options, x, y, 0, 16);
    Tensor right = part(options, x, y, 16, 24);
    double[] sum = left.toDoubleArray();
    double[] more = right.toDoubleArray();
    Arrays.setAll(sum, i -> (float) (sum[i] + more[i]));
    assertArrayEquals(bits(whole.toDoubleArray()), bits(sum));
  }

  private static Tensor part(EinsumOptions options, Operand x, Operand y, int from, int to) {
    return run("mk,kn->mn", options, x.tensor().slice(1, from, to), y.tensor().slice(0, from, to));
  }

  private static Tensor run(String equation, EinsumOptions options, Tensor... operands) {
    return Einsum.compile(equation, options, OperandSpec.like(operands))
        .run((io.github.shardsum.tensor.Operand[]) operands);
  }

  @Test
  void thisDataSeesAnotherOrder() {
    Random random = new Random(4);
    Operand x = Operand.of(DType.F64, new int[] {9, 40}, random);
    Operand y = Operand.of(DType.F64, new int[] {40, 9}, random);
    EinsumOptions options = EinsumOptions.defaults();
    double[] two =
        run("mk,kn->mn", options.withSums(new SumOrder(2)), x.tensor(), y.tensor()).toDoubleArray();
    double[] four =
        run("mk,kn->mn", options.withSums(new SumOrder(4)), x.tensor(), y.tensor()).toDoubleArray();
    assertFalse(Arrays.equals(two, four));
  }

  @Test
  void whatFollowsTheSumIsAppliedToAllOfIt() {
    Random random = new Random(5);
    Operand x = Operand.of(DType.F32, new int[] {6, 1100}, random);
    Operand y = Operand.of(DType.F32, new int[] {1100, 10}, random);
    Tensor bias = Operand.of(DType.F32, new int[] {10}, random).tensor();
    EinsumOptions plain = EinsumOptions.defaults().withSums(SumOrder.TREE);
    double[] sums = run("mk,kn->mn", plain, x.tensor(), y.tensor()).toDoubleArray();
    Epilogue epilogue = Epilogue.none().withBias("n", bias).withRelu();
    double[] got =
        run("mk,kn->mn", plain.withEpilogue(epilogue), x.tensor(), y.tensor()).toDoubleArray();
    double[] added = bias.toDoubleArray();
    Arrays.setAll(sums, i -> Math.max(0, (float) (sums[i] + added[i % 10])));
    assertArrayEquals(sums, got);
  }

  @Test
  void aMemoryLimitThatCutsAContractedLabelIsRefused() {
    EinsumOptions options = EinsumOptions.defaults().withSums(SumOrder.TREE).withMemoryLimit(64);
    Shape wide = Shape.of(8, 64);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Einsum.compile(
                        "ab,bc,cd->ad",
                        options,
                        DType.F32,
                        wide,
                        Shape.of(64, 64),
                        Shape.of(64, 8)))
            .getMessage();
    assertTrue(message.contains("fixed order of sums"), message);
  }

  @Test
  void aTunedEinsumKeepsTheOrder() {
    Random random = new Random(6);
    Operand x = Operand.of(DType.F32, new int[] {8, 700}, random);
    Operand y = Operand.of(DType.F32, new int[] {700, 8}, random);
    EinsumOptions options = EinsumOptions.defaults().withSums(SumOrder.TREE);
    Einsum einsum = Einsum.compile("mk,kn->mn", options, x.tensor(), y.tensor());
    Einsum tuned = einsum.tuned(java.time.Duration.ofMillis(1), x.tensor(), y.tensor());
    assertArrayEquals(
        bits(einsum.run(x.tensor(), y.tensor()).toDoubleArray()),
        bits(tuned.run(x.tensor(), y.tensor()).toDoubleArray()));
  }

  /** Groups of few and many rows; a matrix of one column, which is else another kernel's. */
  @ParameterizedTest
  @CsvSource({"F32, 9, 512", "F64, 9, 2", "BF16, 9, 4", "F32, 1, 4"})
  void groupedProductsAreThoseOfTheirGroups(DType dtype, int n, int leaf) {
    Random random = new Random(8);
    int[] groups = {3, 0, 40, 1};
    Tensor sizes = Tensor.of(groups, 4);
    Tensor x = Operand.of(dtype, new int[] {44, 700}, random).tensor();
    Tensor w = Operand.of(dtype, new int[] {4, 700, n}, random).tensor();
    Tensor y = Operand.of(dtype, new int[] {44, n}, random).tensor();
    Tensor rows = Tensor.zeros(dtype, 44, n);
    Tensor weights = Tensor.zeros(dtype, 4, 700, n);
    SumOrder sums = new SumOrder(leaf);
    EinsumOptions options = EinsumOptions.defaults().withSums(sums);
    try (Workers workers = Workers.of(2)) {
      GroupedProduct.rowsInto(workers, sums, rows, MatrixRows.of(x), w, sizes, Epilogue.none());
      GroupedProduct.weightsInto(workers, sums, weights, MatrixRows.of(x), MatrixRows.of(y), sizes);
    }
    int from = 0;
    for (int group = 0; group < groups.length; group++) {
      int to = from + groups[group];
      if (to > from) {
        Tensor some = x.slice(0, from, to);
        Tensor own = run("rk,kn->rn", options, some, w.select(0, group));
        assertArrayEquals(bits(own.toDoubleArray()), bits(rows.slice(0, from, to).toDoubleArray()));
        Tensor matrix = run("rk,rn->kn", options, some, y.slice(0, from, to));
        assertArrayEquals(
            bits(matrix.toDoubleArray()), bits(weights.select(0, group).toDoubleArray()));
      }
      from = to;
    }
  }

  @Test
  void sumsOverAxesKeepTheOrder() {
    Random random = new Random(9);
    Tensor x = Operand.of(DType.F32, new int[] {7, 900}, random).tensor();
    SumOrder sums = new SumOrder(4);
    Tensor expected = run("mk->m", EinsumOptions.defaults().withSums(sums), x);
    Tensor got = Reductions.sum(Target.on(Workers.sequential()), x, sums, Axes.of(1));
    assertArrayEquals(bits(expected.toDoubleArray()), bits(got.toDoubleArray()));
  }

  /** A softmax needs no order: its sums have one, whatever the strides and the number of rows. */
  @Test
  void aSoftmaxHasTheSameBitsInAnyStrides() {
    Random random = new Random(10);
    double[] logits = new double[37 * 600];
    Arrays.setAll(logits, _ -> 4 * random.nextGaussian());
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      Tensor rows = Tensor.of(logits, 37, 600).convert(dtype);
      Tensor columns = Tensor.zeros(dtype, 600, 37);
      columns.assign(rows.transpose(1, 0));
      Tensor whole = Reductions.softmax(Target.on(Workers.sequential()), rows, 1);
      Tensor turned =
          Reductions.softmax(Target.on(Workers.sequential()), columns, 0).transpose(1, 0);
      assertArrayEquals(bits(whole.toDoubleArray()), bits(turned.toDoubleArray()));
      Tensor one = Reductions.softmax(Target.on(Workers.sequential()), rows.slice(0, 5, 6), 1);
      assertArrayEquals(bits(whole.slice(0, 5, 6).toDoubleArray()), bits(one.toDoubleArray()));
    }
  }

  /** Without an order no kernel of a tree is chosen. */
  @Test
  void withoutAnOrderNoKernelOfATreeIsChosen() {
    OperandSpec x = OperandSpec.of(Shape.of(40, 700));
    OperandSpec y = OperandSpec.of(Shape.of(700, 50));
    OperandSpec v = OperandSpec.of(Shape.of(700));
    Map<String, OperandSpec[]> equations =
        Map.of(
            "ik,kj->ij", new OperandSpec[] {x, y},
            "ik,k->i", new OperandSpec[] {x, v},
            "k,k->", new OperandSpec[] {v, v},
            "ik->i", new OperandSpec[] {x},
            "ik->k", new OperandSpec[] {x});
    equations.forEach(
        (equation, operands) -> {
          EinsumOptions ordered = EinsumOptions.defaults().withSums(SumOrder.TREE);
          String plain =
              Einsum.compile(equation, EinsumOptions.defaults(), operands).explain().toString();
          assertFalse(plain.contains("tree"), plain);
          String tree = Einsum.compile(equation, ordered, operands).explain().toString();
          assertTrue(tree.contains("tree"), tree);
        });
  }

  @Test
  void aLeafIsAtLeastOneTerm() {
    assertThrows(IllegalArgumentException.class, () -> new SumOrder(-1));
    assertEquals("tree of leaves of 512", SumOrder.TREE.toString());
    assertEquals("fastest", SumOrder.FASTEST.toString());
  }
}
