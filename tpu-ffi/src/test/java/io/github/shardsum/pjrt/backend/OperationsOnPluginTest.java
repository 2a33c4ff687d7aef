package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each operation where plugins differ from one another or from the definition: NaN, infinities, the
 * least integers, division by 0, ties of rounding, empty labels.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class OperationsOnPluginTest {
  private static final double[] REALS = {
    0,
    -0.0,
    1,
    -1,
    2,
    -2,
    0.5,
    -0.5,
    3,
    -3,
    1.5,
    -2.5,
    7.25,
    100,
    -100,
    1e30,
    -1e30,
    1e-30,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN
  };

  private static final long[] LONGS = {
    0,
    1,
    -1,
    2,
    -2,
    3,
    -7,
    100,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    (1L << 53) + 1,
    -(1L << 53) - 1,
    (1L << 62) + 12345,
    0x0180000000000001L,
    16842752,
    16842753
  };

  private static final Set<UnaryKind> ROUNDED =
      Set.of(
          UnaryKind.EXP,
          UnaryKind.LOG,
          UnaryKind.SQRT,
          UnaryKind.RSQRT,
          UnaryKind.TANH,
          UnaryKind.LOGISTIC,
          UnaryKind.SINE,
          UnaryKind.COSINE);

  @Parameter Path library;

  private PjrtClient client;
  private PjrtBackend backend;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, 1);
    backend = PjrtBackend.of(client);
  }

  @AfterEach
  void close() {
    backend.close();
    client.close();
  }

  private static Tensor odd(DType dtype) {
    return switch (dtype) {
      case F64 -> Tensor.of(REALS, REALS.length);
      case F32, BF16 -> Tensor.of(REALS, REALS.length).convert(dtype);
      case I64 -> Tensor.of(LONGS, LONGS.length);
      case I32, BOOL -> Tensor.of(LONGS, LONGS.length).convert(dtype);
    };
  }

  /** Every pair of odd values. */
  private static List<Tensor> pairs(DType dtype) {
    Tensor x = odd(dtype);
    return List.of(x, x.copy());
  }

  private static double relative(DType dtype) {
    return switch (dtype) {
      case F64 -> 1e-13;
      case F32 -> 4e-6;
      case BF16 -> 0x1p-7;
      case I32, I64, BOOL -> 0;
    };
  }

  private void holds(Program program, List<Tensor> inputs, double relative) {
    try (Executable reference = new ReferenceBackend().compile(program);
        Executable compiled = backend.compile(program)) {
      List<Tensor> expected = reference.run(inputs);
      List<Tensor> given = compiled.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        String name = program.outputs().get(i).name();
        assertEquals(expected.get(i).shape(), given.get(i).shape(), name);
        if (!expected.get(i).dtype().isFloating()) {
          assertArrayEquals(
              expected.get(i).toLongArray(), given.get(i).toLongArray(), () -> name + program);
        } else {
          near(name, expected.get(i).toDoubleArray(), given.get(i).toDoubleArray(), relative);
        }
      }
    }
  }

  private static void near(String name, double[] expected, double[] given, double relative) {
    for (int i = 0; i < expected.length; i++) {
      double a = expected[i];
      double b = given[i];
      boolean same = Double.compare(a + 0.0, b + 0.0) == 0;
      // XLA takes f32 and f64 below their smallest normal numbers for 0.
      boolean tiny = Math.abs(a) < Float.MIN_NORMAL && b == 0;
      boolean close = tiny || Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b));
      int at = i;
      assertTrue(same || close, () -> name + " at " + at + ": expected " + a + ", got " + b);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "BOOL", mode = EnumSource.Mode.EXCLUDE)
  void functionsOfOneElement(DType dtype) {
    for (UnaryKind kind : UnaryKind.values()) {
      boolean ofIntegers =
          Set.of(UnaryKind.NEGATE, UnaryKind.ABS, UnaryKind.SIGN, UnaryKind.RELU).contains(kind);
      if (kind == UnaryKind.NOT || !(dtype.isFloating() || ofIntegers)) {
        continue;
      }
      Tensor x = odd(dtype);
      // The ends of the range are the plugin's business: XLA's tanh of 1e30 is fine, its sine not.
      boolean periodic = kind == UnaryKind.SINE || kind == UnaryKind.COSINE;
      Tensor in = periodic ? x.slice(0, 0, 15) : x;
      ProgramBuilder p = Program.builder("unary");
      Value a = p.input("a", type(dtype, "n=" + in.size(0)));
      p.output(kind.name(), p.add(new Pointwise.Unary(kind, a)).getFirst());
      holds(p.build(), List.of(in), ROUNDED.contains(kind) ? relative(dtype) : 0);
    }
  }

  private static String type(DType dtype, String labels) {
    return dtype + "[" + labels + "]";
  }

  @ParameterizedTest
  @EnumSource
  void functionsOfTwoElements(DType dtype) {
    List<Tensor> in = pairs(dtype);
    ProgramBuilder p = Program.builder("binary");
    Value a = p.input("a", type(dtype, "n=" + in.getFirst().size(0)));
    Value b = p.input("b", type(dtype, "m=" + in.getFirst().size(0)));
    Set<BinaryKind> logic = Set.of(BinaryKind.AND, BinaryKind.OR, BinaryKind.XOR);
    for (BinaryKind kind : BinaryKind.values()) {
      boolean fits =
          logic.contains(kind) == (dtype == DType.BOOL)
              && (kind != BinaryKind.POWER || dtype.isFloating());
      if (fits) {
        p.output(kind.name(), p.add(new Pointwise.Binary(kind, a, b)).getFirst());
      }
    }
    for (Comparison relation : Comparison.values()) {
      p.output(relation.name(), p.add(new Pointwise.Compare(relation, a, b)).getFirst());
    }
    holds(p.build(), in, dtype == DType.BF16 ? 0 : relative(dtype));
  }

  @Test
  void divisionByAConstantZeroIsNoEndOfTheProcess() {
    ProgramBuilder p = Program.builder("zero");
    Value a = p.input("a", "i32[n=3]");
    Value zero = p.constant("i32[n=3]", 0);
    Value least = p.constant("i32[n=3]", Integer.MIN_VALUE);
    Value minus = p.constant("i32[n=3]", -1);
    p.output("q", p.divide(a, zero));
    p.output("r", p.remainder(a, zero));
    p.output("folded", p.divide(minus, zero));
    p.output("over", p.divide(least, minus));
    p.output("rest", p.remainder(least, minus));
    holds(p.build(), List.of(Tensor.of(new int[] {5, 0, -5}, 3)), 0);
  }

  @ParameterizedTest
  @EnumSource
  void conversionsFromEachToEachDtype(DType from) {
    Tensor x = from == DType.F64 ? ties() : odd(from);
    ProgramBuilder p = Program.builder("convert");
    Value a = p.input("a", type(from, "n=" + x.size(0)));
    for (DType to : DType.values()) {
      p.output("to_" + to, p.add(new Pointwise.Convert(a, to)).getFirst());
    }
    holds(p.build(), List.of(x), 0);
  }

  /** Where rounding to f32 first would make a tie of what is none. */
  private static Tensor ties() {
    double above = 1 + 0x1p-8 + 0x1p-40;
    double below = 1 + 0x1p-8 - 0x1p-40;
    double[] more = {above, -above, below, -below, 1 + 3 * 0x1p-8, 0x1p31, -0x1p31, 0x1p63, 3.9e9};
    double[] all = new double[REALS.length + more.length];
    System.arraycopy(REALS, 0, all, 0, REALS.length);
    System.arraycopy(more, 0, all, REALS.length, more.length);
    return Tensor.of(all, all.length);
  }

  @ParameterizedTest
  @EnumSource
  void reductionsAndSelections(DType dtype) {
    Tensor x = odd(dtype);
    int n = (int) x.size(0);
    Tensor rows = rows(x, 4);
    ProgramBuilder p = Program.builder("rows");
    Value a = p.input("a", type(dtype, "r=4 n=" + n));
    for (ReduceKind kind : ReduceKind.values()) {
      if (kind != ReduceKind.SUM) {
        p.output(kind.name(), p.add(new Contraction.Reduce(kind, a, List.of("n"))).getFirst());
      }
    }
    p.output("arg", p.argMax(a, "n"));
    List<Value> top = p.add(new Selection.TopK(a, "n", 5, "k"));
    p.output("values", top.getFirst());
    p.output("indices", top.getLast());
    holds(p.build(), List.of(rows), 0);
  }

  /** Rows that begin at other places, and lose the NaN at the end one after the other. */
  private static Tensor rows(Tensor x, int count) {
    int n = (int) x.size(0);
    double[] reals = x.toDoubleArray();
    Tensor rows = Tensor.zeros(x.dtype(), count, n);
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < n; i++) {
        int from = (i + 5 * row) % n;
        boolean replaced = row % 2 == 1 && from >= n - 1;
        if (x.dtype().isFloating()) {
          rows.set(replaced ? 0 : reals[from], row, i);
        } else {
          rows.set(replaced ? 0 : x.getLong(from), row, i);
        }
      }
    }
    return rows;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "BF16"})
  void softmaxAndRunningSumsOfNaNAndInfinities(DType dtype) {
    double inf = Double.POSITIVE_INFINITY;
    double[] logits = {
      1, 2, 3, 4, -inf, 1, 2, -inf, -inf, -inf, -inf, -inf, 1, inf, 2, 3, 1, Double.NaN, 2, 3
    };
    ProgramBuilder p = Program.builder("softmax");
    Value a = p.input("a", type(dtype, "r=5 n=4"));
    p.output("softmax", p.softmax(a, "n"));
    p.output("sums", p.cumulativeSum(a, "n", false, false));
    p.output("before", p.cumulativeSum(a, "n", true, false));
    p.output("after", p.cumulativeSum(a, "n", true, true));
    holds(p.build(), List.of(Tensor.of(logits, 5, 4).convert(dtype)), relative(dtype));
  }

  @Test
  void emptyLabels() {
    ProgramBuilder p = Program.builder("empty");
    Value a = p.input("a", "f32[n=0 m=3]");
    Value b = p.input("b", "f32[m=3 k=0]");
    p.output("product", p.einsum("nm,mk->nk", a, b));
    p.output("sum", p.einsum("nm->m", a));
    p.output("outer", p.einsum("nm,mk->", a, b));
    p.output("max", p.add(new Contraction.Reduce(ReduceKind.MAX, a, List.of("n"))).getFirst());
    p.output("soft", p.softmax(a, "n"));
    p.output("sums", p.cumulativeSum(a, "n", false, true));
    p.output("padded", p.pad(a, "n", 1, 1, 0, 2.0));
    p.output("shifted", p.shift(a, "n", 3, 1.0));
    Tensor x = Tensor.zeros(DType.F32, 0, 3);
    Tensor y = Tensor.zeros(DType.F32, 3, 0);
    holds(p.build(), List.of(x, y), 0);
  }

  @ParameterizedTest
  @EnumSource
  void einsumsOfOneTwoAndThreeOperands(DType dtype) {
    ProgramBuilder p = Program.builder("einsums");
    Value a = p.input("a", type(dtype, "i=3 j=3 k=2"));
    Value b = p.input("b", type(dtype, "k=2 j=3"));
    Value c = p.input("c", type(dtype, "j=3"));
    int i = 0;
    for (String equation : List.of("iik->ik", "iii->i", "ijk->kji", "ijk->j", "ijk->", "iij->ji")) {
      Value one = equation.startsWith("iii") || equation.startsWith("iij") ? cube(p, a) : a;
      p.output("one" + i++, p.einsum(equation, one));
    }
    for (String equation : List.of("ijk,kj->i", "ijk,kj->jki", "ijk,lj->kil", "iik,kj->ij")) {
      p.output("two" + i++, p.einsum(equation, a, b));
    }
    p.output("three", p.einsum("ijk,kj,j->ik", a, b, c));
    p.output(
        "wide",
        p.add(new Contraction.Einsum(Equation.parse("j->jx"), List.of(c), dtype, Map.of("x", 2L)))
            .getFirst());
    holds(p.build(), small(p.build(), dtype), 0);
  }

  private static Value cube(ProgramBuilder p, Value a) {
    return p.pad(a, "k", 0, 1, 0, Scalar.of(a.type().dtype(), 1L).toDouble());
  }

  private static List<Tensor> small(Program program, DType dtype) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      long count = input.type().shape().elementCount();
      long[] values = new long[(int) count];
      for (int i = 0; i < count; i++) {
        values[i] = i * 7L % 5 - 2;
      }
      inputs.add(Tensor.of(values, count).convert(dtype).reshape(input.type().shape().toArray()));
    }
    return inputs;
  }

  @Test
  void randomNumbersAreThoseOfPhilox() {
    ProgramBuilder p = Program.builder("random");
    Value seed = p.input("seed", "i64[]");
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      p.output("random_" + dtype, p.random(seed, 0x123456789abcdefL, type(dtype, "a=3 b=5 c=7")));
    }
    for (long key : new long[] {0, 42, -1, Long.MIN_VALUE}) {
      holds(p.build(), List.of(Tensor.of(new long[] {key}).reshape()), 0);
    }
  }
}
