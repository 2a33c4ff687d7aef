package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.PlanAssert;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Attention gives what its definition gives, on one device and on several, and so its gradient. */
class AttentionProperties {
  private static final List<Backend> BACKENDS =
      List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential(), Kernels.none()));

  /** Runs a composite as one statement, by the operations of its decomposition. */
  private static final Kernels WHOLE =
      Kernels.of(
          "attention",
          composite ->
              Optional.of(
                  (operands, results, _) -> {
                    List<Tensor> found = run(new ReferenceBackend(), again(composite), operands);
                    for (int i = 0; i < results.size(); i++) {
                      results.get(i).assign(found.get(i));
                    }
                  }));

  /** Attention on operands of a device, whose composite has the types and no decomposition. */
  private static Program again(Nested.Composite composite) {
    ProgramBuilder p = Program.builder("again");
    List<Value> operands = new ArrayList<>();
    composite.operands().forEach(value -> operands.add(p.input(value.name(), value.type())));
    double scale = Double.parseDouble(composite.attributes().getOrDefault("scale", ""));
    boolean causal = Boolean.parseBoolean(composite.attributes().getOrDefault("causal", ""));
    p.attention(
            operands.get(0),
            operands.get(1),
            operands.get(2),
            operands.get(3),
            operands.get(4),
            scale,
            causal)
        .forEach(result -> p.output(p.let(result.type().axis("E") < 0 ? "lse" : "y", result)));
    return p.build();
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      executable.run(inputs);
      return executable.run(inputs);
    }
  }

  @Property(tries = 60)
  void itIsTheDefinition(@ForAll long seed) {
    DType dtype = List.of(DType.F32, DType.F64, DType.BF16).get((int) Math.floorMod(seed, 3L));
    AttentionCase one = AttentionCase.random(seed, dtype);
    for (Backend backend : BACKENDS) {
      one.check(backend.name(), run(backend, one.forward(), one.inputs()));
    }
  }

  @Property(tries = 20)
  void itsTextIsShortAndGivesItAgain(@ForAll long seed) {
    Program forward = AttentionCase.random(seed, DType.F32).forward();
    Program gradient = Gradients.gradient(forward, List.of("y", "lse"), List.of("q", "k", "v"));
    assertEquals(forward, Program.parse(forward.toString()));
    assertEquals(gradient, Program.parse(gradient.toString()));
    assertTrue(!gradient.toString().contains("decomposition"), gradient::toString);
  }

  @Property(tries = 30)
  void itsGradientIsTheSlope(@ForAll long seed) {
    AttentionCase one = AttentionCase.random(seed, DType.F64);
    List<Tensor> given = new ArrayList<>(one.inputs());
    AttentionCase.Weights weights = one.weights();
    given.addAll(weights.tensors());
    double[][] expected = one.gradients(weights.flat().get(0), weights.flat().get(1));
    Program program =
        Gradients.gradient(one.forward(), List.of("y", "lse"), List.of("q", "k", "v"));
    for (Backend backend : BACKENDS) {
      List<Tensor> results = run(backend, program, given);
      for (int i = 0; i < 3; i++) {
        double[] found =
            one.ordered(program.outputs().get(i).type(), results.get(i), AttentionCase.labels(i));
        for (int at = 0; at < found.length; at++) {
          assertEquals(expected[i][at], found[at], 1e-7, () -> backend.name() + "\n" + program);
        }
      }
    }
  }

  @Property(tries = 40)
  void aSplitAlongRowsOrHeadsCommunicatesNothing(@ForAll long seed) {
    AttentionCase one = AttentionCase.random(seed, DType.F32);
    for (String label : List.of("B", "J", "T", "R")) {
      if (!one.has(label)) {
        continue;
      }
      Mesh mesh = Mesh.of("x", 2);
      Map<String, String> layouts = new HashMap<>();
      for (Value input : one.forward().inputs().subList(0, 3)) {
        String layout = String.join(" ", input.type().names());
        layouts.put(input.name(), layout.replace(label, label + "@x"));
      }
      Program split = Annotations.of(layouts).apply(one.forward());
      PlanOptions options = PlanOptions.defaults();
      ProgramPlan plan = ProgramPlan.of(split, mesh, WHOLE, options);
      plan.certify();
      PlanAssert.that(plan).communicates();
      try (Collectives collectives = Collectives.open(mesh)) {
        Backend backend = MeshBackend.of(collectives, WHOLE, options);
        one.check("split along " + label, run(backend, split, one.inputs()));
      }
    }
  }

  @Test
  void otherOperandsAreRefused() {
    ProgramBuilder p = Program.builder("p");
    Value q = p.input("q", "f32[T=2 D=3]");
    Value k = p.input("k", "f32[N=4 D=3]");
    Value at = p.input("at", "i32[T=2]");
    Value of = p.input("of", "i32[N=4]");
    ProgramException noValues =
        assertThrows(ProgramException.class, () -> p.attention(q, k, k, at, of, 1, true));
    assertTrue(noValues.getMessage().contains("one of v"), noValues.getMessage());
    Value v = p.input("v", "f32[N=4 E=3]");
    assertThrows(ProgramException.class, () -> p.attention(q, k, v, of, at, 1, true));
    assertThrows(ProgramException.class, () -> p.attention(q, k, v, at, of, Double.NaN, true));
    Value other = p.input("other", "f32[N=5 E=3]");
    ProgramException sizes =
        assertThrows(ProgramException.class, () -> p.attention(q, k, other, at, of, 1, true));
    assertTrue(sizes.getMessage().contains("N"), sizes.getMessage());
    String gradient =
        """
        program p {
          input q: f32[T=2 D=3]
          g = attention.gradient(q) {scale=1}
          output g
        }
        """;
    ProgramException few = assertThrows(ProgramException.class, () -> Program.parse(gradient));
    assertTrue(few.getMessage().contains("must be 9, got 1"), few.getMessage());
  }
}
