package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.internal.program.text.OperationPrinter;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgramBuilderTest {
  /** Every token goes to its best expert, without capacity: enough to route by. */
  private static Program gating() {
    ProgramBuilder p = Program.builder("gating");
    Value gates = p.input("gates", "f32[G=2 S=8 E=4]");
    Value first = p.oneHot(p.argMax(gates, "E"), "E", 4, DType.F32);
    Value slot = p.convert(p.einsum("GSE,GSE->GS", p.exclusiveSum(first, "S"), first), DType.I32);
    Value mask = p.einsum("GSE,GSC->GSEC", first, p.oneHot(slot, "C", 8, DType.F32));
    p.output("combine_weights", p.einsum("GSE,GSEC->GSEC", gates, mask));
    p.output("dispatch_mask", mask);
    return p.build();
  }

  /** The example of the class's javadoc. */
  @Test
  void algorithmTwoOfThePaperIsWrittenAsInThePaper() {
    Program gating = gating();
    var p = Program.builder("moe");
    var inputs = p.input("inputs", "f32[G=2 S=8 M=16]");
    var wg = p.input("wg", "f32[M=16 E=4]");
    var wi = p.input("wi", "f32[E=4 M=16 H=32]");
    var wo = p.input("wo", "f32[E=4 H=32 M=16]");
    var gates = p.softmax(p.einsum("GSM,ME->GSE", inputs, wg), "E");
    var routed = p.composite("gating", gating, gates);
    var dispatched = p.einsum("GSEC,GSM->EGCM", routed.get(1), inputs);
    var h = p.relu(p.einsum("EGCM,EMH->EGCH", dispatched, wi));
    var expertOutputs = p.einsum("EGCH,EHM->GECM", h, wo);
    p.output("outputs", p.einsum("GSEC,GECM->GSM", routed.get(0), expertOutputs));
    Program moe = p.build();
    assertEquals(
        List.of("einsum", "softmax", "composite", "einsum", "einsum", "relu", "einsum", "einsum"),
        moe.statements().stream()
            .map(each -> OperationPrinter.mnemonic(each.operation()))
            .toList());
    assertEquals("outputs: f32[G=2 S=8 M=16]", moe.outputs().getFirst().toString());
    assertEquals(moe, Program.parse(moe.toString()));
  }

  @Test
  void commonFunctionsHaveMethodsOfTheirName() {
    ProgramBuilder p = Program.builder("named");
    Value x = p.input("x", "f32[a=2]");
    Value y = p.maximum(p.log(p.sqrt(x)), p.minimum(p.tanh(x), p.logistic(x)));
    p.output(p.max(y, "a"));
    assertEquals(
        List.of("sqrt", "log", "tanh", "logistic", "minimum", "maximum", "reduce_max"),
        p.build().statements().stream()
            .map(each -> OperationPrinter.mnemonic(each.operation()))
            .toList());
  }

  @Test
  void everyPointwiseFunctionAndRelationHasAMethod() {
    ProgramBuilder p = Program.builder("all");
    Value x = p.input("x", "f32[a=2]");
    Value y = p.input("y", "f32[a=2]");
    Value b = p.input("b", "bool[a=2]");
    List<Value> results =
        List.of(
            p.negate(x),
            p.abs(x),
            p.sign(x),
            p.exp(x),
            p.log(x),
            p.sqrt(x),
            p.rsqrt(x),
            p.tanh(x),
            p.logistic(x),
            p.sine(x),
            p.cosine(x),
            p.floor(x),
            p.relu(x),
            p.not(b),
            p.add(x, y),
            p.subtract(x, y),
            p.multiply(x, y),
            p.divide(x, y),
            p.remainder(x, y),
            p.power(x, y),
            p.maximum(x, y),
            p.minimum(x, y),
            p.and(b, b),
            p.or(b, b),
            p.xor(b, b),
            p.equal(x, y),
            p.notEqual(x, y),
            p.less(x, y),
            p.lessEqual(x, y),
            p.greater(x, y),
            p.greaterEqual(x, y));
    results.forEach(p::output);
    List<String> kinds = new java.util.ArrayList<>();
    for (Pointwise.UnaryKind kind : Pointwise.UnaryKind.values()) {
      kinds.add(kind.name());
    }
    for (Pointwise.BinaryKind kind : Pointwise.BinaryKind.values()) {
      kinds.add(kind.name());
    }
    for (Pointwise.Comparison relation : Pointwise.Comparison.values()) {
      kinds.add(relation.name());
    }
    assertEquals(
        kinds.stream().sorted().toList(),
        p.build().statements().stream()
            .map(
                each ->
                    OperationPrinter.mnemonic(each.operation()).toUpperCase(java.util.Locale.ROOT))
            .sorted()
            .toList());
  }

  /** Elements of the only output of a program of x, by the interpreter. */
  private static double[] computed(
      double[] x, java.util.function.BiFunction<ProgramBuilder, Value, Value> body) {
    ProgramBuilder p = Program.builder("p");
    p.output("y", body.apply(p, p.input("x", "f64[a=" + x.length + "]")));
    try (Executable run = new ReferenceBackend().compile(p.build())) {
      return run.run(Tensor.of(x, x.length)).getFirst().toDoubleArray();
    }
  }

  @Test
  void aNumberStandsForAScalarOfTheOtherOperandsDtype() {
    double[] x = {-1.5, 2};
    assertArrayEquals(new double[] {-0.5, 3}, computed(x, (p, v) -> p.add(v, 1.0)));
    assertArrayEquals(new double[] {-2.5, 1}, computed(x, (p, v) -> p.subtract(v, 1)));
    assertArrayEquals(new double[] {-3, 4}, computed(x, (p, v) -> p.scale(v, 2.0)));
    assertArrayEquals(new double[] {-3, 4}, computed(x, (p, v) -> p.multiply(v, 2)));
    assertArrayEquals(new double[] {-0.75, 1}, computed(x, (p, v) -> p.divide(v, 2)));
    assertArrayEquals(new double[] {2.25, 4}, computed(x, (p, v) -> p.power(v, 2)));
    assertArrayEquals(new double[] {0, 2}, computed(x, (p, v) -> p.maximum(v, 0)));
    assertArrayEquals(new double[] {-1.5, 0}, computed(x, (p, v) -> p.minimum(v, 0)));
    assertArrayEquals(new double[] {-0.5, 0}, computed(x, (p, v) -> p.remainder(v, 1)));
    assertArrayEquals(
        new double[] {1, 0}, computed(x, (p, v) -> p.convert(p.less(v, 2), DType.F64)));
    assertArrayEquals(
        new double[] {1, 1}, computed(x, (p, v) -> p.convert(p.lessEqual(v, 2), DType.F64)));
    assertArrayEquals(
        new double[] {0, 1}, computed(x, (p, v) -> p.convert(p.greater(v, -1.5), DType.F64)));
  }

  @Test
  void meansAndBroadcastsAreWrittenAsTheyAreSaid() {
    double[] x = {1, 2, 6};
    assertArrayEquals(new double[] {3}, computed(x, (p, v) -> p.mean(v, "a")));
    assertArrayEquals(
        new double[] {1, 1, 2, 2, 6, 6}, computed(x, (p, v) -> p.broadcast(v, "K", 2)));
    assertTrue(Double.isNaN(computed(new double[0], (p, v) -> p.mean(v, "a"))[0]));
  }

  @Test
  void theLogarithmOfASoftmaxIsFiniteWhereTheSoftmaxUnderflows() {
    double[] logs = computed(new double[] {0, 2000}, (p, v) -> p.logSoftmax(v, "a"));
    assertArrayEquals(new double[] {-2000, 0}, logs);
    double[] x = {0.5, -1, 3};
    double sum = Math.exp(0.5) + Math.exp(-1) + Math.exp(3);
    logs = computed(x, (p, v) -> p.logSoftmax(v, "a"));
    for (int i = 0; i < x.length; i++) {
      assertEquals(x[i] - Math.log(sum), logs[i], 1e-15 * 8);
    }
  }

  @Test
  void crossEntropyIsTheNegativeLogarithmAtTheTarget() {
    double[] x = {0.5, -1, Double.NEGATIVE_INFINITY};
    double sum = Math.exp(0.5) + Math.exp(-1);
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      double[] loss =
          computed(x, (p, v) -> p.crossEntropy(v, p.constant(ValueType.scalar(dtype), 1), "a"));
      assertEquals(1 + Math.log(sum), loss[0], 1e-15);
      assertEquals(0, computed(x, (p, v) -> p.crossEntropy(v, p.constant(dtype, 9), "a"))[0]);
    }
  }

  @Test
  void theGradientOfACrossEntropyIsTheSoftmaxLessTheTarget() {
    ProgramBuilder p = Program.builder("loss");
    Value logits = p.input("logits", "f64[b=2 v=3]");
    Value targets = p.input("targets", "i32[b=2]");
    p.output("loss", p.sum(p.crossEntropy(logits, targets, "v"), "b"));
    Program gradient = Gradients.gradient(p.build(), List.of("loss"), List.of("logits"));
    double[] x = {0.5, -1, 2, 0, 0, 0};
    try (Executable run = new ReferenceBackend().compile(gradient)) {
      double[] g =
          run.run(Tensor.of(x, 2, 3), Tensor.of(new int[] {2, 0}, 2)).getFirst().toDoubleArray();
      double sum = Math.exp(0.5) + Math.exp(-1) + Math.exp(2);
      assertArrayEquals(
          new double[] {
            Math.exp(0.5) / sum,
            Math.exp(-1) / sum,
            Math.exp(2) / sum - 1,
            -2.0 / 3,
            1.0 / 3,
            1.0 / 3
          },
          g,
          1e-15 * 8);
    }
  }

  @Test
  void anIntegerConstantMustBeOfItsDtype() {
    ProgramBuilder p = Program.builder("p");
    long beyond = 1L << 31;
    for (Runnable call :
        List.<Runnable>of(
            () -> p.constant(DType.I32, beyond),
            () -> p.constant(DType.I32, -beyond - 1),
            () -> p.constant("i32[a=2]", 1e10),
            () -> p.constant(DType.I64, 0.5),
            () -> p.constant(DType.I64, 0x1p63),
            () -> p.constant(DType.I32, Double.NaN))) {
      String message =
          String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
      assertTrue(message.contains("value must be"), message);
    }
    says(
        () ->
            Program.parse("program p { x = constant {type=\"i32[]\", value=2147483648} output x }"),
        "constant() {type=\"i32[]\"",
        "2147483648");
    p.output("least", p.constant(DType.I32, -beyond));
    p.output("most", p.constant(DType.I64, Long.MAX_VALUE));
    Program program = p.build();
    assertTrue(program.toString().contains("value=9223372036854775807"), program::toString);
    assertEquals(program, Program.parse(program.toString()));
  }

  @Test
  void anOperationWithoutOperandsMayLeaveOutItsParentheses() {
    String with =
        "program p { c = constant() {type=\"f32[a=2]\", value=1.0} i = iota() {type=\"i32[a=2]\", label=\"a\"} output c, i }";
    assertEquals(Program.parse(with), Program.parse(with.replace("()", "")));
  }

  @Test
  void aNameThatTheTextCannotHoldIsRefusedAtOnce() {
    for (String name : List.of("a b", "", "a\nb", "1a", "a{", "\u00e9")) {
      says(
          () -> Program.builder(name),
          "program: name must have letters, digits, _ and ., the first no digit, got \""
              + name
              + "\"");
    }
    assertEquals("moe.layer_2", Program.builder("moe.layer_2").build().name());
  }

  @Test
  void anAttributeWhoseNameTheTextCannotHoldIsRefused() {
    for (String key : List.of("a b", "", "a=b", "a\"b", "a}", "#a", "\u00e9")) {
      says(
          () -> withAttribute(key),
          "composite(x: f32[i=2]",
          "attributes: names must have letters, digits, _, ., - and +, got \"" + key + "\"");
    }
    for (String key : List.of("top_k", "loss.weight", "2", "-", "e+1")) {
      Program program = withAttribute(key);
      assertEquals(program, Program.parse(program.toString()));
    }
  }

  private static Program withAttribute(String key) {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[i=2]");
    Program same = Program.parse("program same { input x: f32[i=2] output x }");
    p.output(
        p.add(Nested.Composite.of("same", Map.of(key, "1 2"), List.of(x), same, List.of()))
            .getFirst());
    return p.build();
  }

  @Test
  void aValueOfAnotherBuilderIsRefusedAtOnce() {
    ProgramBuilder other = Program.builder("other");
    Value foreign = other.exp(other.input("x", "f32[a=2]"));
    ProgramBuilder p = Program.builder("p");
    p.input("y", "f32[a=2]");
    says(() -> p.negate(foreign), "negate(%0: f32[a=2])", "must be values of this builder");
    says(() -> p.output(foreign), "output of program p", "%0: f32[a=2]");
    says(() -> p.let("name", foreign), "let name", "%0: f32[a=2]");
  }

  @Test
  void aResultIsNamedOnce() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    Value y = p.let("y", p.exp(x));
    says(() -> p.let("z", y), "without name", "got y");
    says(() -> p.output("z", y), "without name");
    says(() -> p.let("z", x), "got x: f32[a=2]");
    says(() -> p.let("y", p.exp(y)), "names must be distinct");
    says(() -> p.let("1", p.exp(y)), "letters, digits");
    p.output(y);
    assertEquals(List.of("y"), p.build().outputs().stream().map(Value::name).toList());
  }

  @Test
  void aMadeUpNameGivesWay() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    Value first = p.exp(x);
    Value second = p.negate(first);
    Value input = p.input("v0", "f32[a=2]");
    Value sum = p.let("v1", p.add(second, input));
    Value last = p.multiply(first, sum);
    // The name that the first one took for its own is given too.
    Value third = p.input("v2", "f32[a=2]");
    p.output(p.let("v3", p.add(last, third)));
    Program program = p.build();
    assertEquals(List.of("x", "v0", "v2"), program.inputs().stream().map(Value::name).toList());
    assertEquals(program, Program.parse(program.toString()));
    assertEquals(program, p.build());
    Program expected =
        Program.parse(
            """
            program p {
              input x: f32[a=2]
              input v0: f32[a=2]
              input v2: f32[a=2]
              e = exp(x)
              n = negate(e)
              v1 = add(n, v0)
              m = multiply(e, v1)
              v3 = add(m, v2)
              output v3
            }
            """);
    assertEquals(anonymous(expected), anonymous(program));
    says(() -> p.input("v0", "f32[a=2]"), "names must be distinct, got v0");
    says(() -> p.let("v1", p.exp(third)), "names must be distinct, got v1");
    p.let("v0.x", p.exp(input));
  }

  @Test
  void aNameThatAResultGaveUpIsFree() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    Value y = p.let("y", p.exp(x));
    Value z = p.let("v0", p.negate(y));
    p.output(p.add(y, z));
    assertEquals(
        """
        program p {
          input x: f32[a=2]
          y: f32[a=2] = exp(x)
          v0: f32[a=2] = negate(y)
          v2: f32[a=2] = add(y, v0)
          output v2
        }
        """,
        p.build().toString());
  }

  /** Its text with values numbered in order. */
  private static String anonymous(Program program) {
    String text = program.toString();
    int number = 0;
    for (Statement statement : program.statements()) {
      String name = statement.result().name();
      text = text.replaceAll("\\b" + name + "\\b", "result" + number++);
    }
    return text;
  }

  @Test
  void aCompositeIsSplitAlongLabelsThatItHas() {
    ProgramBuilder inner = Program.builder("inner");
    inner.output(inner.sum(inner.input("x", "f32[a=2 b=3]"), "b"));
    Program sum = inner.build();
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2 b=3]");
    assertEquals(1, p.add(composite(sum, x, "a")).size());
    says(() -> p.add(composite(sum, x, "c")), "labels must be of operands or results, got c");
    says(() -> p.add(composite(sum, x, "a", "a")), "got a twice");
  }

  private static Nested.Composite composite(Program sum, Value x, String... splittable) {
    return Nested.Composite.of("row.sum", Map.of(), List.of(x), sum, List.of(splittable));
  }

  @Test
  void anOperationSaysWhichDtypeItTakes() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "i32[a=2]");
    Value mask = p.input("mask", "bool[a=2]");
    says(() -> p.exp(x), "exp(x: i32[a=2])", "expected a floating dtype, got i32");
    says(() -> p.softmax(x, "a"), "expected a floating dtype, got i32");
    says(() -> p.negate(mask), "operand must have a dtype of numbers, got bool");
    says(() -> p.add(mask, mask), "operand must have a dtype of numbers, got bool");
    says(() -> p.unary(Pointwise.UnaryKind.NOT, x), "operand must be of bool, got i32");
  }

  private static void says(Runnable call, String... parts) {
    String message = String.valueOf(assertThrows(ProgramException.class, call::run).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "\"" + part + "\" in: " + message);
    }
  }
}
