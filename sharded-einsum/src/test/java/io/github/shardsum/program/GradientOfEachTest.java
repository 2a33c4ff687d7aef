package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gradient of each operation, of each operand, against central differences in f64. */
class GradientOfEachTest {
  private static final double STEP = 1e-6;

  /** Two operands of positive numbers that are apart by more than the step. */
  private static void check(
      String xType, String yType, BiFunction<ProgramBuilder, List<Value>, Value> operation) {
    ProgramBuilder p = Program.builder("one");
    List<Value> in = List.of(p.input("x", xType), p.input("y", yType));
    Value result = operation.apply(p, in);
    List<String> labels = result.type().names();
    Value weights = p.input("weights", result.type());
    Value weighted = p.multiply(result, weights);
    p.output("loss", p.sum(weighted, labels.toArray(String[]::new)));
    Program program = p.build();
    Program gradient = Gradients.gradient(program, List.of("loss"), List.of("x", "y"));
    List<Tensor> inputs = new ArrayList<>();
    Random random = new Random(5);
    for (Value input : program.inputs()) {
      double[] values = new double[(int) input.type().shape().elementCount()];
      Arrays.setAll(values, _ -> 0.2 + 2 * random.nextDouble());
      inputs.add(Tensor.of(values, input.type().shape().toArray()));
    }
    try (Executable forward = new ReferenceBackend().compile(program);
        Executable backward = new ReferenceBackend().compile(gradient)) {
      List<Tensor> given = backward.run(inputs);
      for (int input = 0; input < 2; input++) {
        double[] values = given.get(input).toDoubleArray();
        for (int at = 0; at < values.length; at++) {
          double slope = slope(forward, inputs, input, at);
          assertEquals(slope, values[at], 1e-7 * (1 + Math.abs(slope)), gradient::toString);
        }
      }
    }
  }

  private static double slope(Executable forward, List<Tensor> inputs, int input, int at) {
    double[] losses = new double[2];
    for (int side = 0; side < 2; side++) {
      double[] values = inputs.get(input).toDoubleArray();
      values[at] += side == 0 ? STEP : -STEP;
      List<Tensor> moved = new ArrayList<>(inputs);
      moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
      losses[side] = forward.run(moved).getFirst().getDouble();
    }
    return (losses[0] - losses[1]) / (2 * STEP);
  }

  @ParameterizedTest
  @EnumSource(names = "NOT", mode = EnumSource.Mode.EXCLUDE)
  void unary(UnaryKind kind) {
    check("f64[a=3 b=2]", "f64[]", (p, in) -> p.unary(kind, in.getFirst()));
    check("f64[a=3 b=2]", "f64[]", (p, in) -> p.unary(kind, p.negate(p.negate(in.getFirst()))));
  }

  @ParameterizedTest
  @EnumSource(
      names = {"AND", "OR", "XOR"},
      mode = EnumSource.Mode.EXCLUDE)
  void binaryWithAndWithoutBroadcast(BinaryKind kind) {
    check("f64[a=3 b=2]", "f64[a=3 b=2]", (p, in) -> p.binary(kind, in.get(0), in.get(1)));
    check("f64[a=3 b=2]", "f64[b=2]", (p, in) -> p.binary(kind, in.get(0), in.get(1)));
    check("f64[b=2]", "f64[c=3]", (p, in) -> p.binary(kind, in.get(0), in.get(1)));
    check("f64[]", "f64[b=2 a=3]", (p, in) -> p.binary(kind, in.get(0), in.get(1)));
  }

  @Test
  void choices() {
    check(
        "f64[a=3 b=2]",
        "f64[b=2]",
        (p, in) ->
            p.select(
                p.compare(Pointwise.Comparison.GT, in.get(0), p.constant(DType.F64, 1)),
                in.get(0),
                in.get(1)));
    check(
        "f64[a=3 b=4]",
        "f64[]",
        (p, in) -> p.ragged(in.get(0), p.constant(ValueType.parse("i32[a=3]"), 2), "b", 5));
    check("f64[a=4]", "f64[]", (p, in) -> p.convert(p.convert(in.get(0), DType.F64), DType.F64));
  }

  @ParameterizedTest
  @EnumSource
  void reductions(ReduceKind kind) {
    check("f64[a=3 b=2 c=2]", "f64[]", (p, in) -> p.reduce(kind, in.get(0), "b"));
    check("f64[a=3 b=2 c=2]", "f64[]", (p, in) -> p.reduce(kind, in.get(0), "a", "c"));
  }

  @Test
  void contractions() {
    check("f64[a=3 b=2]", "f64[b=2 c=4]", (p, in) -> p.einsum("ab,bc->ca", in.get(0), in.get(1)));
    check("f64[a=3 b=3]", "f64[b=3]", (p, in) -> p.einsum("ii,j->i", in.get(0), in.get(1)));
    check("f64[a=3 b=2]", "f64[c=3]", (p, in) -> p.einsum("xy,x->x", in.get(0), in.get(1)));
    check("f64[a=3]", "f64[]", (p, in) -> p.einsum(Equation.parse("a,->ab"), in, Map.of("b", 4L)));
    check(
        "f64[a=3 b=2]",
        "f64[b=2]",
        (p, in) -> p.einsum("ab,b,ab->a", in.get(0), in.get(1), in.get(0)));
    check("f64[a=3 b=4]", "f64[]", (p, in) -> p.softmax(in.get(0), "a"));
    for (boolean exclusive : new boolean[] {false, true}) {
      for (boolean reverse : new boolean[] {false, true}) {
        check(
            "f64[a=3 b=4]",
            "f64[]",
            (p, in) ->
                p.add(new Contraction.CumulativeSum(in.get(0), "a", exclusive, reverse))
                    .getFirst());
      }
    }
  }

  @Test
  void selectionsAndMovements() {
    check("f64[a=3 b=5]", "f64[]", (p, in) -> p.topK(in.get(0), "b", 2, "k").getFirst());
    check("f64[a=3 b=5]", "f64[]", (p, in) -> p.topK(in.get(0), "a", 2, "b2").getFirst());
    check(
        "f64[a=7 b=2]",
        "f64[]",
        (p, in) -> p.add(new Movement.Slice(in.get(0), "a", 1, 6, 2)).getFirst());
    check(
        "f64[a=3 b=2]",
        "f64[]",
        (p, in) -> p.add(new Movement.Pad(in.get(0), "a", 1, 2, 1, new Scalar.Real(3))).getFirst());
    check("f64[a=3 b=2]", "f64[a=4 b=2]", (p, in) -> p.concatenate("a", in.get(0), in.get(1)));
    check("f64[a=4]", "f64[]", (p, in) -> p.shift(in.get(0), "a", 1, 2));
    check("f64[a=4]", "f64[]", (p, in) -> p.shift(in.get(0), "a", -6, 2));
    check(
        "f64[a=9 b=2]",
        "f64[w=3]",
        (p, in) ->
            p.einsum(
                "awb,w->ab",
                p.add(new Movement.Window(in.get(0), "a", "w", 3, 2, 2)).getFirst(),
                in.get(1)));
    check("f64[a=6 b=2]", "f64[]", (p, in) -> p.split(in.get(0), "a", "c", 2, "d"));
    check("f64[a=3 b=2 c=2]", "f64[]", (p, in) -> p.merge(in.get(0), "d", "a", "b"));
  }

  @Test
  void loopsBothWaysWithSequencesAndInvariants() {
    for (boolean reverse : new boolean[] {false, true}) {
      ProgramBuilder body = Program.builder("body");
      Value state = body.input("state", "f64[h=2]");
      Value x = body.input("x", "f64[h=2]");
      Value y = body.input("y", "f64[h=2]");
      Value next = body.unary(UnaryKind.SINE, body.multiply(body.add(state, x), y));
      body.output("next", next);
      body.output("square", body.multiply(next, next));
      Program round = body.build();
      for (int result = 0; result < 2; result++) {
        int which = result;
        check(
            "f64[t=4 h=2]",
            "f64[h=2]",
            (p, in) ->
                p.add(
                        new Nested.Scan(
                            4,
                            "t",
                            reverse,
                            round,
                            List.of(in.get(1)),
                            List.of(in.get(0)),
                            List.of(in.get(1))))
                    .get(which));
      }
    }
  }

  @Test
  void compositesHaveACompositeAsGradient() {
    ProgramBuilder inner = Program.builder("inner");
    Value a = inner.input("a", "f64[a=3]");
    Value b = inner.input("b", "f64[b=2]");
    inner.output("product", inner.multiply(inner.exp(a), b));
    inner.output("index", inner.argMax(a, "a"));
    Program meaning = inner.build();
    BiFunction<ProgramBuilder, List<Value>, Value> call =
        (p, in) ->
            p.add(Nested.Composite.of("test.product", Map.of("k", "v"), in, meaning, List.of("b")))
                .getFirst();
    check("f64[a=3]", "f64[b=2]", call);
    ProgramBuilder p = Program.builder("p");
    List<Value> in = List.of(p.input("x", "f64[a=3]"), p.input("y", "f64[b=2]"));
    p.output("z", call.apply(p, in));
    String text = Gradients.gradient(p.build(), List.of("z"), List.of("y")).toString();
    assertTrue(text.contains("name=test.product.gradient, .k=\"v\", splittable=[\"b\"]"), text);
  }

  @Test
  void ofAnEinsumOfBf16InF32TheGradientIsBf16() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "bf16[a=2 b=3]");
    Value w = p.input("w", "bf16[b=3 c=2]");
    Contraction.Einsum einsum =
        new Contraction.Einsum(Equation.parse("ab,bc->ac"), List.of(x, w), DType.F32, Map.of());
    p.output("y", p.add(einsum).getFirst());
    Program gradient = Gradients.gradient(p.build(), List.of("y"), List.of("x", "w"));
    assertEquals(
        List.of("bf16[a=2 b=3]", "bf16[b=3 c=2]"),
        gradient.outputs().stream().map(value -> value.type().toString()).toList());
  }
}
