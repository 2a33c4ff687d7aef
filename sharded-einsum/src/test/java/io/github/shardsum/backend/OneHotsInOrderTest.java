package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One-hots that einsums read by positions in a fixed order of sums: the bits are those of the
 * product with the elements of the same matrix.
 */
class OneHotsInOrderTest {
  private static final String SIZES = "A=3 B=5 T=13 U=2 V=7 M=6 N=4 W=1030";

  /** A program that multiplies by a one-hot, or by an input with its elements. */
  private static Program program(
      DType dtype, String hot, String equation, String other, boolean elements) {
    String lead = hot.substring(0, hot.length() - 1);
    boolean isFirst = equation.startsWith(hot + ",");
    String text =
        String.format(
            Locale.ROOT,
            """
            program product {
              input x: %1$s[%2$s]
              input %3$s
              %4$s
              y = einsum(%5$s) {equation="%6$s"}
              output y
            }
            """,
            dtype,
            sizes(other),
            elements
                ? String.format(Locale.ROOT, "hot: %s[%s]", dtype, sizes(hot))
                : String.format(Locale.ROOT, "indices: i32[%s]", sizes(lead)),
            elements
                ? ""
                : String.format(
                    Locale.ROOT, "hot = one_hot(indices) {label=\"V\", size=7, dtype=%s}", dtype),
            isFirst ? "hot, x" : "x, hot",
            equation);
    return Program.parse(text);
  }

  private static String sizes(String labels) {
    List<String> all = List.of(SIZES.split(" ", -1));
    return String.join(
        " ",
        Arrays.stream(labels.split("", 0))
            .map(label -> all.stream().filter(size -> size.startsWith(label)).findFirst())
            .flatMap(size -> size.stream())
            .toList());
  }

  /** Numbers of forty orders of two, some of them zeros of either sign. */
  private static Tensor spread(Value input, Random random) {
    double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
    Arrays.setAll(
        values,
        _ ->
            switch (random.nextInt(8)) {
              case 0 -> -0.0;
              case 1 -> 0.0;
              default -> random.nextGaussian() * Math.scalb(1.0, random.nextInt(40) - 20);
            });
    return Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype());
  }

  /** Some rows of the matrix are all zeros. */
  private static int[] indices(int count, Random random) {
    return random.ints(count, -2, 9).toArray();
  }

  private static Tensor elements(int[] indices, Value hot) {
    double[] values = new double[Math.toIntExact(hot.type().shape().elementCount())];
    for (int row = 0; row < indices.length; row++) {
      if (indices[row] >= 0 && indices[row] < 7) {
        values[7 * row + indices[row]] = 1;
      }
    }
    return Tensor.of(values, hot.type().shape().toArray()).convert(hot.type().dtype());
  }

  private static long[] bits(Tensor tensor) {
    return Arrays.stream(tensor.toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
  }

  private static Executable compiled(Program program, int leaf, Workers workers) {
    return LocalBackend.of(workers)
        .compile(program, CompileOptions.defaults().withSums(new SumOrder(leaf)));
  }

  /**
   * Runs both forms, on one and on three threads, and gives the plan of the one with a one-hot.
   *
   * @param odd a value of the other operand, 0 for none
   * @param at its index, from the end if negative
   */
  private static String equal(
      DType dtype, String hot, String equation, String other, int leaf, double odd, int at) {
    Random random = new Random(equation.hashCode() + leaf);
    Program positions = program(dtype, hot, equation, other, false);
    Program whole = program(dtype, hot, equation, other, true);
    Value input = whole.inputs().get(1);
    Tensor x = spread(whole.inputs().get(0), random);
    if (odd != 0) {
      long count = x.shape().elementCount();
      x.reshape(count).set(odd, Math.floorMod(at, count));
    }
    int[] indices = indices((int) input.type().shape().elementCount() / 7, random);
    Tensor places = Tensor.of(indices, positions.inputs().get(1).type().shape().toArray());
    try (Executable expected = compiled(whole, leaf, Workers.sequential());
        Workers three = Workers.of(3);
        Executable one = compiled(positions, leaf, Workers.sequential());
        Executable many = compiled(positions, leaf, three)) {
      long[] bits = bits(expected.run(List.of(x, elements(indices, input))).getFirst());
      assertArrayEquals(bits, bits(one.run(List.of(x, places)).getFirst()), equation);
      assertArrayEquals(bits, bits(many.run(List.of(x, places)).getFirst()), equation);
      return one.explain();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ATV, 'ATV,VM->ATM', VM, gather",
    "ATV, 'VM,ATV->MTA', VM, gather",
    "ATV, 'ATV,AVM->ATM', AVM, gather",
    "ATV, 'ATV,ATV->AT', ATV, gather",
    "ATV, 'ATV,MVN->NATM', MVN, gather",
    "TV, 'TV,TM->VM', TM, scatter",
    "ATV, 'ATV,ATM->VM', ATM, scatter",
    "ATV, 'ATM,ATV->MV', ATM, scatter",
    "ABTV, 'NBTAM,ABTV->VNM', NBTAM, scatter",
    "ABTV, 'ABTV,ABTM->BVM', ABTM, scatter",
    "ATUV, 'ATUV,TAM->MUV', TAM, scatter",
    "TV, 'TV,VW->TW', VW, gather",
    "TV, 'TV,WV->TW', WV, gather",
    "TV, 'TV,TW->VW', TW, scatter",
    "ATV, 'ATV,AWT->VW', AWT, scatter",
    "ATUV, 'ATUV,TM->MUV', TM, none",
    "TV, 'TV,T->V', T, none",
    "TV, 'TV,TM->TVM', TM, none",
    "TV, 'TV,VM->T', VM, none",
    "TV, 'TV,AM->AM', AM, none",
  })
  void haveTheBitsOfElements(String hot, String equation, String other, String kernel) {
    for (DType dtype : new DType[] {DType.F32, DType.F64, DType.BF16}) {
      for (int leaf : new int[] {1, 2, 4, 512}) {
        String plan = equal(dtype, hot, equation, other, leaf, 0, 0);
        for (String each : List.of("gather", "scatter")) {
          assertEquals(each.equals(kernel), plan.contains(each + " in order"), plan);
        }
      }
    }
  }

  /** A zero of the matrix times an infinity is a NaN. */
  @ParameterizedTest
  @CsvSource({"Infinity", "-Infinity", "NaN"})
  void infinitiesSpreadAsTheyDoInElements(double odd) {
    for (int at : new int[] {3, -1}) {
      equal(DType.F32, "ATV", "ATV,VM->ATM", "VM", 4, odd, at);
      equal(DType.F64, "ATV", "ATV,ATM->VM", "ATM", 4, odd, at);
      equal(DType.F32, "TV", "TV,VW->TW", "VW", 4, odd, at);
      equal(DType.F64, "TV", "TV,TW->VW", "TW", 4, odd, at);
    }
  }

  private static float[] run(String text, float[] x, int[] indices) {
    try (Workers three = Workers.of(3);
        Executable given = compiled(Program.parse(text), 512, three)) {
      Tensor column = Tensor.of(x, x.length, 1);
      return given
          .run(List.of(column, Tensor.of(indices, indices.length)))
          .getFirst()
          .toFloatArray();
    }
  }

  /** The matrix of 2.8e9 elements fits no array, so that only positions can be read. */
  @Test
  void needNoMemoryForElements() {
    int rows = 70_000;
    int size = 40_000;
    String text =
        """
        program product {
          input x: f32[LABEL M=1]
          input indices: i32[T=70000]
          hot = one_hot(indices) {label="V", size=40000, dtype=f32}
          y = einsum(hot, x) {equation="EQUATION"}
          output y
        }
        """;
    Random random = new Random(5);
    int[] indices = random.ints(rows, -5, size + 5).toArray();
    float[] x = new float[size];
    float[] terms = new float[rows];
    for (int i = 0; i < rows; i++) {
      x[i % size] = i % 1000 + 1;
      terms[i] = random.nextInt(1, 100);
    }
    float[] gathered = new float[rows];
    float[] scattered = new float[size];
    for (int i = 0; i < rows; i++) {
      if (indices[i] >= 0 && indices[i] < size) {
        gathered[i] = x[indices[i]];
        scattered[indices[i]] += terms[i];
      }
    }
    String gather = text.replace("LABEL", "V=40000").replace("EQUATION", "TV,VM->TM");
    String scatter = text.replace("LABEL", "T=70000").replace("EQUATION", "TV,TM->VM");
    assertArrayEquals(gathered, run(gather, x, indices), 0);
    assertArrayEquals(scattered, run(scatter, terms, indices), 0);
  }

  /** A one-hot that something else reads too is written once, and read by positions. */
  @Test
  void elementsAreThereForOtherReaders() {
    String text =
        """
        program product {
          input x: f32[V=7 M=6]
          input indices: i32[T=4]
          hot = one_hot(indices) {label="V", size=7, dtype=f32}
          y = einsum(hot, x) {equation="TV,VM->TM"}
          z = negate(hot)
          output y
          output z
        }
        """;
    List<Tensor> inputs = new ArrayList<>();
    Program program = Program.parse(text);
    inputs.add(spread(program.inputs().getFirst(), new Random(3)));
    inputs.add(Tensor.of(new int[] {6, -1, 0, 3}, 4));
    try (Executable given = compiled(program, 2, Workers.sequential());
        Executable expected = new ReferenceBackend().compile(program)) {
      assertTrue(given.explain().contains("gather in order"), given::explain);
      List<Tensor> results = given.run(inputs);
      List<Tensor> wanted = expected.run(inputs);
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(wanted.get(i).toFloatArray(), results.get(i).toFloatArray(), 0);
      }
    }
  }
}
