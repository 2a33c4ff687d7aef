package io.github.shardsum.program;

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
import java.util.Set;
import org.junit.jupiter.api.Test;

class PassesTest {
  @Test
  void whatIsComputedTwiceIsComputedOnce() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    Value y = p.add(p.exp(x), p.exp(x));
    p.output("z", p.multiply(y, p.add(p.exp(x), p.exp(x))));
    assertEquals(3, Passes.commonSubexpressions(p.build()).statements().size());
  }

  @Test
  void statementsThatNoOutputNeedsGo() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    p.exp(p.exp(x));
    p.output("y", p.negate(x));
    assertEquals(1, Passes.deadCode(p.build()).statements().size());
  }

  @Test
  void compositesInsideOfCompositesAreDecomposed() {
    ProgramBuilder inner = Program.builder("inner");
    inner.output("y", inner.negate(inner.input("x", "f32[a=2]")));
    ProgramBuilder outer = Program.builder("outer");
    Value x = outer.input("x", "f32[a=2]");
    outer.output(
        "y",
        outer
            .add(Nested.Composite.of("in", Map.of(), List.of(x), inner.build(), List.of("a")))
            .getFirst());
    ProgramBuilder p = Program.builder("p");
    Value z = p.input("z", "f32[a=2]");
    p.output(
        "y",
        p.add(Nested.Composite.of("out", Map.of(), List.of(z), outer.build(), List.of("a")))
            .getFirst());
    Program plain = Passes.decompose(p.build(), _ -> true);
    assertEquals(1, plain.statements().size());
    assertEquals("negate", OperationPrinter.mnemonic(plain.statements().getFirst().operation()));
    Program half = Passes.decompose(p.build(), c -> c.name().equals("out"));
    assertEquals("composite", OperationPrinter.mnemonic(half.statements().getFirst().operation()));
  }

  @Test
  void theGradientOfAnEinsumIsAnEinsum() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[G=2 S=8 M=16]");
    Value w = p.input("w", "f32[M=16 E=4]");
    p.output("y", p.einsum("GSM,ME->GSE", x, w));
    Program gradient = Gradients.gradient(p.build(), List.of("y"), List.of("x", "w"));
    assertEquals(
        List.of("GSE,ME->GSM", "GSE,GSM->ME"),
        gradient.statements().stream()
            .map(each -> ((Contraction.Einsum) each.operation()).equation().toString())
            .toList());
    assertEquals(
        List.of("gradient.x", "gradient.w"), gradient.outputs().stream().map(Value::name).toList());
  }

  @Test
  void aGradientByWhatDoesNotMatterIsZero() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f64[a=2]");
    p.input("y", "f64[b=3]");
    p.output("z", p.sum(x, "a"));
    Program gradient = Gradients.gradient(p.build(), List.of("z"), List.of("y"));
    try (Executable executable = new ReferenceBackend().compile(gradient)) {
      Tensor result =
          executable.run(Tensor.zeros(DType.F64, 2), Tensor.zeros(DType.F64, 3)).getFirst();
      assertEquals(3, result.size(0));
      assertEquals(0, result.getDouble(2));
    }
  }

  @Test
  void whatHasNoGradientIsAnErrorThatNamesWhatHas() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f64[a=2]");
    p.output("index", p.argMax(x, "a"));
    Program program = p.build();
    String message =
        assertThrows(
                ProgramException.class,
                () -> Gradients.gradient(program, List.of("index"), List.of("x")))
            .getMessage();
    assertTrue(message.contains("floating"), message);
    assertTrue(
        assertThrows(
                ProgramException.class,
                () -> Gradients.gradient(program, List.of("index"), List.of("w")))
            .getMessage()
            .contains("floating"));
    assertThrows(ProgramException.class, () -> Passes.rematerialize(program, Set.of("nothing")));
  }
}
