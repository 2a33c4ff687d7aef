package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.PlanAssert;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Attention gives what its definition gives, on one device and on several, and so its gradient. */
class AttentionProperties {
  private static final List<Backend> BACKENDS =
      List.of(
          new ReferenceBackend(),
          LocalBackend.of(Workers.sequential(), Kernels.none()),
          LocalBackend.of(Workers.sequential(), Kernels.ofAttention()),
          LocalBackend.of(Workers.of(3), Kernels.ofAttention()));

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

  /** Several blocks of rows and of keys, with a part of a tile at each end. */
  @Property(tries = 12)
  void itIsTheDefinitionInBlocks(@ForAll long seed) {
    Random random = new Random(seed);
    int rows = 1 + random.nextInt(300);
    int keys = 1 + random.nextInt(1300);
    int[] sizes = {
      1, 2, rows, 1 + random.nextInt(2), keys, 1 + random.nextInt(70), 1 + random.nextInt(70)
    };
    AttentionCase one = new AttentionCase(seed, DType.F32, sizes);
    List<Tensor> alone = run(BACKENDS.get(2), one.forward(), one.inputs());
    one.check("kernel", alone);
    List<Tensor> together = run(BACKENDS.get(3), one.forward(), one.inputs());
    List<Tensor> outside = run(BACKENDS.get(2), one.forward(), nativeCopies(one.inputs()));
    for (int i = 0; i < alone.size(); i++) {
      assertArrayEquals(
          alone.get(i).toFloatArray(), together.get(i).toFloatArray(), "bits of threads");
      assertArrayEquals(
          alone.get(i).toFloatArray(), outside.get(i).toFloatArray(), "bits of native memory");
    }
  }

  private static List<Tensor> nativeCopies(List<Tensor> tensors) {
    List<Tensor> copies = new ArrayList<>();
    for (Tensor tensor : tensors) {
      Tensor copy = Tensor.allocate(Arena.ofAuto(), tensor.dtype(), tensor.shape());
      copy.assign(tensor);
      copies.add(copy);
    }
    return copies;
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

  /**
   * The kernel's gradient, in several blocks of rows and of keys, and split along each label,
   * beside that of f64. A gradient sums terms over rows and keys; the bound is a part of the
   * largest.
   */
  @Property(tries = 10)
  void itsGradientInBlocksIsThatOfDoubles(@ForAll long seed) {
    Random random = new Random(seed);
    int[] sizes = {
      2,
      2,
      1 + random.nextInt(200),
      2,
      1 + random.nextInt(700),
      1 + random.nextInt(40),
      1 + random.nextInt(40)
    };
    AttentionCase one = new AttentionCase(seed, DType.F32, sizes);
    List<Tensor> given = new ArrayList<>(one.inputs());
    given.addAll(one.weights().tensors());
    Program program =
        Gradients.gradient(one.forward(), List.of("y", "lse"), List.of("q", "k", "v"));
    Program wide = Program.parse(program.toString().replace("f32[", "f64["));
    List<Tensor> wideGiven = new ArrayList<>();
    given.forEach(x -> wideGiven.add(x.dtype() == DType.F32 ? x.convert(DType.F64) : x));
    List<Tensor> expected = run(BACKENDS.get(1), wide, wideGiven);
    List<Tensor> alone = run(BACKENDS.get(2), program, given);
    List<Tensor> together = run(BACKENDS.get(3), program, given);
    for (int i = 0; i < 3; i++) {
      near(expected.get(i), alone.get(i));
      assertArrayEquals(alone.get(i).toFloatArray(), together.get(i).toFloatArray());
    }
    Mesh mesh = Mesh.of("x", 2);
    String label = List.of("B", "J", "T", "R").get(random.nextInt(4));
    String layout = String.join(" ", one.forward().inputs().getFirst().type().names());
    Program split = Annotations.of(Map.of("q", layout.replace(label, label + "@x"))).apply(program);
    try (Collectives collectives = Collectives.open(mesh)) {
      List<Tensor> found = run(MeshBackend.of(collectives), split, given);
      for (int i = 0; i < 3; i++) {
        near(expected.get(i), found.get(i));
      }
    }
  }

  private static void near(Tensor expected, Tensor given) {
    double[] all = expected.toDoubleArray();
    double largest = Arrays.stream(all).map(Math::abs).max().orElse(0);
    assertArrayEquals(all, given.toDoubleArray(), 2e-5 * largest + 1e-6);
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
      ProgramPlan plan = ProgramPlan.of(split, mesh, Kernels.ofAttention(), options);
      plan.certify();
      PlanAssert.that(plan).communicates();
      try (Collectives collectives = Collectives.open(mesh)) {
        Backend backend = MeshBackend.of(collectives, Kernels.ofAttention(), options);
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
