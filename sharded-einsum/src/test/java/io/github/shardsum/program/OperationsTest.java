package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Worked examples and ugly cases of single operations, on the reference and on the local backend.
 */
class OperationsTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static void gives(
      double[] expected, Tensor x, String type, Function<ProgramAndValue, Value> operation) {
    ProgramBuilder p = Program.builder("one");
    Value in = p.input("x", type);
    p.output(operation.apply(new ProgramAndValue(p, in)));
    Program program = p.build();
    assertEquals(program, Program.parse(program.toString()));
    for (Backend backend : List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential()))) {
      try (Executable executable = backend.compile(program)) {
        double[] given = executable.run(x).getFirst().toDoubleArray();
        assertArrayEquals(expected, given, 1e-15, () -> backend.name() + "\n" + program);
      }
    }
  }

  private record ProgramAndValue(ProgramBuilder p, Value x) {}

  private static Tensor reals(double... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor ints(int... values) {
    return Tensor.of(values, values.length);
  }

  @Test
  void nanSpreadsThroughArithmeticAndNotThroughChoices() {
    Tensor x = reals(NAN, -1, 2);
    gives(new double[] {NAN, 0, 2}, x, "f64[a=3]", o -> o.p.relu(o.x));
    gives(
        new double[] {NAN, 0, 2},
        x,
        "f64[a=3]",
        o -> o.p.binary(BinaryKind.MAXIMUM, o.x, o.p.constant(DType.F64, 0)));
    gives(
        new double[] {0, 1, 1},
        x,
        "f64[a=3]",
        o -> o.p.convert(o.p.compare(Comparison.EQ, o.x, o.x), DType.F64));
    gives(
        new double[] {1, 0, 0},
        x,
        "f64[a=3]",
        o -> o.p.convert(o.p.compare(Comparison.NE, o.x, o.x), DType.F64));
    gives(
        new double[] {7, 7, 2},
        x,
        "f64[a=3]",
        o ->
            o.p.select(
                o.p.compare(Comparison.GT, o.x, o.p.constant(DType.F64, 0)),
                o.x,
                o.p.constant(DType.F64, 7)));
    gives(new double[] {NAN}, x, "f64[a=3]", o -> o.p.reduce(ReduceKind.MAX, o.x, "a"));
    gives(new double[] {NAN, NAN, NAN}, x, "f64[a=3]", o -> o.p.softmax(o.x, "a"));
    gives(new double[] {NAN, NAN, NAN}, x, "f64[a=3]", o -> o.p.cumulativeSum(o.x, "a"));
    gives(new double[] {0, 2}, x, "f64[a=3]", o -> o.p.topK(o.x, "a", 2, "k").getLast());
    gives(new double[] {0}, x, "f64[a=3]", o -> o.p.argMax(o.x, "a"));
    gives(new double[] {0, -1, 2}, x, "f64[a=3]", o -> o.p.convert(o.x, DType.I32));
    gives(new double[] {1, 1, 1}, x, "f64[a=3]", o -> o.p.convert(o.x, DType.BOOL));
  }

  @Test
  void emptyLabelsGiveTheIdentity() {
    Tensor none = Tensor.zeros(DType.F64, 2, 0);
    String type = "f64[b=2 a=0]";
    gives(new double[] {0, 0}, none, type, o -> o.p.sum(o.x, "a"));
    gives(new double[] {-INF, -INF}, none, type, o -> o.p.reduce(ReduceKind.MAX, o.x, "a"));
    gives(new double[] {INF, INF}, none, type, o -> o.p.reduce(ReduceKind.MIN, o.x, "a"));
    gives(new double[] {0}, none, type, o -> o.p.einsum("ba,ba->", o.x, o.x));
    gives(new double[0], none, type, o -> o.p.softmax(o.x, "a"));
    gives(new double[0], none, type, o -> o.p.topK(o.x, "a", 0, "k").getFirst());
    gives(new double[] {5, 5, 5, 5, 5, 5}, none, type, o -> o.p.pad(o.x, "a", 1, 2, 5));
    gives(new double[0], none, type, o -> o.p.window(o.x, "a", "w", 3));
    gives(
        new double[] {Integer.MIN_VALUE},
        Tensor.zeros(DType.I32, 0),
        "i32[a=0]",
        o -> o.p.reduce(ReduceKind.MAX, o.x, "a"));
    ProgramException empty =
        assertThrows(
            ProgramException.class,
            () -> {
              ProgramBuilder p = Program.builder("p");
              p.argMax(p.input("x", "f32[a=0]"), "a");
            });
    assertTrue(empty.getMessage().contains("at least one element"), empty.getMessage());
  }

  @Test
  void integersWrapAndDivideAsXlaDoes() {
    Tensor x = ints(Integer.MIN_VALUE, -7, 7);
    gives(
        new double[] {Integer.MIN_VALUE, 7, 7}, x, "i32[a=3]", o -> o.p.unary(UnaryKind.ABS, o.x));
    gives(
        new double[] {-1, -1, -1}, x, "i32[a=3]", o -> o.p.divide(o.x, o.p.constant(DType.I32, 0)));
    gives(
        new double[] {Integer.MIN_VALUE, 7, -7},
        x,
        "i32[a=3]",
        o -> o.p.divide(o.x, o.p.constant(DType.I32, -1)));
    gives(
        new double[] {Integer.MIN_VALUE, -7, 7},
        x,
        "i32[a=3]",
        o -> o.p.binary(BinaryKind.REMAINDER, o.x, o.p.constant(DType.I32, 0)));
    gives(new double[] {0, -14, 14}, x, "i32[a=3]", o -> o.p.add(o.x, o.x));
  }

  @Test
  void equalOnesStayInOrder() {
    Tensor x = reals(1, 3, -0.0, 3, 0.0);
    gives(new double[] {1, 3, 0, 2, 4}, x, "f64[a=5]", o -> o.p.topK(o.x, "a", 5, "k").getLast());
    gives(new double[] {1}, x, "f64[a=5]", o -> o.p.argMax(o.x, "a"));
  }

  @Test
  void aOneHotOfAnIndexOutOfRangeIsARowOfZeros() {
    Tensor x = ints(1, -1, 2);
    gives(new double[] {0, 1, 0, 0, 0, 0}, x, "i32[a=3]", o -> o.p.oneHot(o.x, "e", 2, DType.F32));
    gives(
        new double[] {0, 5, 0, 0},
        ints(1, 7),
        "i32[a=2]",
        o ->
            o.p.einsum(
                "ae,e->ae",
                o.p.oneHot(o.x, "e", 2, DType.F32),
                o.p.constant(ValueType.parse("f32[e=2]"), 5)));
  }

  @Test
  void movementsMove() {
    Tensor x = reals(1, 2, 3, 4, 5);
    String type = "f64[a=5]";
    gives(new double[] {9, 9, 1, 2, 3}, x, type, o -> o.p.shift(o.x, "a", 2, 9));
    gives(new double[] {3, 4, 5, 9, 9}, x, type, o -> o.p.shift(o.x, "a", -2, 9));
    gives(new double[] {9, 9, 9, 9, 9}, x, type, o -> o.p.shift(o.x, "a", 8, 9));
    gives(new double[] {2, 3}, x, type, o -> o.p.slice(o.x, "a", 1, 3));
    gives(
        new double[] {1, 3, 3, 5},
        x,
        type,
        o -> o.p.add(new Movement.Window(o.x, "a", "w", 2, 2, 2)).getFirst());
    gives(
        new double[] {0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, 5},
        x,
        type,
        o -> o.p.add(new Movement.Pad(o.x, "a", 1, 0, 2, new Scalar.Real(0))).getFirst());
    gives(
        new double[] {1, 2, 7, 7, 7},
        x,
        type,
        o -> o.p.ragged(o.x, o.p.constant(DType.I32, 2), "a", 7));
    gives(
        new double[] {1, 4, 2, 5, 3, 6},
        Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 6),
        "f64[a=6]",
        o -> o.p.merge(o.p.einsum("xy->yx", o.p.split(o.x, "a", "x", 2, "y")), "a", "y", "x"));
  }

  @Test
  void aDrawIsThePhiloxNumberOfItsGlobalIndex() {
    Philox philox = new Philox(42);
    double[] expected = new double[6];
    for (int i = 0; i < 6; i++) {
      expected[i] = philox.uniform(i, 5);
    }
    gives(expected, Tensor.of(new long[] {42}), "i64[]", o -> o.p.random(o.x, 5, "f64[a=2 b=3]"));
  }

  @Test
  void aLoopOfNoRoundsGivesItsCarriedValues() {
    ProgramBuilder body = Program.builder("body");
    Value in = body.input("x", "f64[a=2]");
    body.output("y", body.add(in, in));
    Program round = body.build();
    for (long count : new long[] {0, 3}) {
      double factor = Math.pow(2, count);
      gives(
          new double[] {factor, 3 * factor},
          reals(1, 3),
          "f64[a=2]",
          o ->
              o.p
                  .add(
                      new Nested.Scan(count, "t", false, round, List.of(o.x), List.of(), List.of()))
                  .getFirst());
    }
  }

  @Test
  void anErrorNamesTheOperationAndEveryShape() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[i=2 j=3]");
    Value y = p.input("y", "f32[j=4 k=5]");
    Value n = p.input("n", "i32[i=2]");
    says(() -> p.einsum("ij,jk->ik", x, y), "x: f32[i=2 j=3]", "y: f32[j=4 k=5]", "3 and 4");
    says(() -> p.einsum("i,jk->ik", x, y), "\"i\" has 1 labels", "f32[i=2 j=3]");
    says(() -> p.einsum("ij->ijz", x), "size of label z");
    says(() -> p.einsum("ij->ii", x), "labels must be distinct");
    says(() -> p.einsum("i@m j -> i j", x), "must have no layout");
    says(() -> p.add(x, n), "one dtype", "f32", "i32", "convert");
    says(() -> p.add(x, y), "label j has sizes 3 and 4");
    says(() -> p.exp(n), "exp(n: i32[i=2])", "dtype");
    says(() -> p.select(x, x, x), "bool");
    says(() -> p.softmax(x, "k"), "expected label k in x: f32[i=2 j=3]");
    says(() -> p.topK(x, "j", 4, "k"), "k must be in [0, 3]");
    says(() -> p.slice(x, "j", 2, 5), "range must be in [0, 3]");
    says(() -> p.pad(x, "j", -1, 0, 0), "at least 0");
    says(() -> p.concatenate("j", x, y), "concatenate(x: f32[i=2 j=3], y: f32[j=4 k=5])");
    says(() -> p.merge(x, "m", "j", "i"), "must be neighbours", "transpose with an einsum");
    says(() -> p.split(x, "j", "a", 2, "b"), "product 3");
    says(() -> p.random(n, 0, "f32[a=2]"), "i64[]");
    says(() -> p.ragged(x, n, "i", 0), "must not have label i");
    says(() -> p.input("x", "f32[i=2]"), "names must be distinct, got x");
    says(() -> p.input("z", "f64[a=4000000000 b=4000000000]"), "elements");
    says(() -> p.split(x, "j", "i", 3, "b"), "distinct names");
  }

  private static void says(Runnable call, String... parts) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "\"" + part + "\" in: " + message);
    }
  }

  @Test
  void aTextThatIsNoProgramIsAnErrorWithItsLine() {
    says(() -> Program.parse(""), "line 1", "program");
    says(() -> Program.parse("\n"), "line 2: expected program, got the end of the text");
    says(() -> Program.parse("module"), "line 1: module: expected program");
    says(() -> Program.parse("program p {\n input x: f32[a=2]\n"), "line");
    says(() -> Program.parse("program p {\n y = relu(x)\n}"), "line 2", "got x");
    says(
        () -> Program.parse("program p {\n input x: f32[a=2]\n y: f32[a=3] = relu(x)\n}"),
        "line 3",
        "y is f32[a=2]");
    says(
        () -> Program.parse("program p {\n input x: f32[a=2]\n y = frob(x)\n}"),
        "line 3",
        "no operation of this name");
    says(
        () -> Program.parse("program p {\n input x: f32[a=2]\n y = softmax(x)\n}"),
        "expected an attribute label");
    says(
        () -> Program.parse("program p {\n input x: f32[a=2]\n input x: f32[a=2]\n}"),
        "names must be distinct, got x");
    says(
        () -> Program.parse("program p {\n input x: f32[a=2]\n x = relu(x)\n\n output x\n}"),
        "line 3",
        "names must be distinct, got x");
    says(
        () ->
            Program.parse(
                "program p {\n input x: f32[a=2]\n y = einsum(x) {equation=\"a->ab\","
                    + " sizes=[\"b=1\", \"b=2\"]}\n}"),
        "line 3",
        "labels must be distinct, got b again");
    says(() -> Program.parse("program p { } }"), "end of the text after the program");
    for (String count : List.of("-1", "2", "99999999999")) {
      says(
          () ->
              Program.parse(
                  "program p {\n input x: f32[a=2]\n y = scan(x) {count=1, label=\"t\","
                      + " reverse=false, sequences=0, carried="
                      + count
                      + ", body=program b { input c: f32[a=2]\n output c\n}}\n}"),
          "line 3",
          "carried must be in [0, 1], the operands left, got " + count);
    }
    says(
        () ->
            Program.parse(
                "program p {\n input x: f32[a=2]\n y = scan(x) {count=1, label=\"t\","
                    + " reverse=false, sequences=0, carried=1, body=program b { input c: f32[a=2]\n"
                    + " input i: i32[]\n output c\n}}\n}"),
        "line 3",
        "1 inputs, one for each operand, and at least 1 outputs",
        "got inputs [c: f32[a=2], i: i32[]] and outputs [c: f32[a=2]]");
    says(() -> Program.parse("program p {\n input x: f32[a=2\n}"), "line 2");
    StringBuilder deep = new StringBuilder("program p {");
    for (int i = 0; i < 5000; i++) {
      deep.append(" x = scan() {body=program p {");
    }
    says(() -> Program.parse(deep.toString()), "in each other");
  }

  @Test
  void anErrorOnALongLineShowsWhatStandsAround() {
    StringBuilder text = new StringBuilder("program p { input x0: f32[a=2]");
    for (int i = 0; i < 2000; i++) {
      text.append(
          String.format(Locale.ROOT, " x%d = %s(x%d)", i + 1, i == 1000 ? "frob" : "relu", i));
    }
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class, () -> Program.parse(text + " output x2000 }"))
                .getMessage());
    assertTrue(message.startsWith("line 1: ... "), message);
    assertTrue(message.contains("x1001 = frob(x1000) x1002 = relu(x1001)"), message);
    assertTrue(message.contains(" ...: "), message);
    assertTrue(message.length() < 500, message);
  }

  @Test
  void theReferenceRefusesWhatNoArrayHolds() {
    ProgramBuilder p = Program.builder("large");
    Value ones = p.constant(ValueType.parse("bool[a=1000000000 b=1000000000]"), 1);
    p.output(p.slice(p.slice(ones, "a", 0, 1), "b", 0, 1));
    Program program = p.build();
    Backend reference = new ReferenceBackend();
    CompileOptions limit = CompileOptions.defaults().withMemoryLimit(1L << 40);
    says(() -> reference.compile(program, limit), "keeps all values");
    Executable executable = reference.compile(program);
    says(() -> executable.run(List.of()), "bool[a=1000000000 b=1000000000]", "use another backend");
    Program outer =
        Program.parse(
            """
            program outer {
              x = constant() {type="f32[a=100000]", value=1}
              y = einsum(x, x) {equation="a,b->"}
              output y
            }
            """);
    says(() -> reference.compile(outer).run(List.of()), "[a=100000 b=100000]", "another backend");
  }

  @Test
  void aTypeWithALayoutIsPrintedAndParsedBack() {
    ValueType type = ValueType.parse("f32[G@x.y=2 S=8 | z]");
    assertEquals("f32[G@x.y=2 S=8 | z]", type.toString());
    assertEquals(type, ValueType.parse(type.toString()));
    assertEquals("f32[G=2 S=8]", type.withoutLayout().toString());
    assertEquals(ValueType.scalar(DType.I64), ValueType.parse("i64[]"));
  }
}
