package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.PlanAssert;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Attention with rows and keys on the same axes: chunks of keys travel in a ring, and no device
 * holds all of them.
 */
class RingAttentionProperties {
  private static final PlanOptions OPTIONS = PlanOptions.defaults();
  private static final List<String> GRADIENTS = List.of("q", "k", "v");

  private static final String CAUSAL =
      """
      program causal {
        input q: f32[B=2 T=SIZE J=2 R=2 D=32]
        input k: f32[B=2 N=SIZE J=2 D=32]
        input v: f32[B=2 N=SIZE J=2 E=32]
        at = iota {type="i32[T=SIZE]", label="T"}
        of = iota {type="i32[N=SIZE]", label="N"}
        y, lse = attention(q, k, v, at, of) {scale=0.2, causal=true}
        output y, lse
      }
      """;

  private static Program split(Program program, String axes) {
    Map<String, String> layouts = new HashMap<>();
    for (Value input : program.inputs()) {
      String layout = String.join(" ", input.type().names());
      layouts.put(input.name(), layout.replace("T", "T@" + axes).replace("N", "N@" + axes));
    }
    return Annotations.of(layouts).apply(program);
  }

  private static List<Tensor> run(
      Program program, Mesh mesh, Kernels kernels, List<Tensor> inputs) {
    ProgramPlan plan = ProgramPlan.of(program, mesh, kernels, OPTIONS);
    plan.certify();
    assertTrue(plan.explain().contains("loop"), plan::explain);
    try (Collectives collectives = Collectives.open(mesh);
        Executable executable = MeshBackend.of(collectives, kernels, OPTIONS).compile(program)) {
      return executable.run(inputs);
    }
  }

  /** A mesh and the axes of the sequence. */
  private record Place(Mesh mesh, String axes) {
    static Place random(Random random) {
      return random.nextInt(3) == 0
          ? new Place(Mesh.of("x", 2, "y", 2), "x.y")
          : new Place(Mesh.of("x", 2 + random.nextInt(3)), "x");
    }
  }

  private static AttentionCase some(long seed, DType dtype) {
    AttentionCase one = AttentionCase.random(seed, dtype);
    return one.sizes[4] > 0 ? one : some(seed + 1, dtype);
  }

  @Property(tries = 60)
  void itIsTheDefinition(@ForAll long seed) {
    Random random = new Random(seed);
    AttentionCase one =
        some(seed, List.of(DType.F32, DType.F64, DType.BF16).get(random.nextInt(3)));
    Place place = Place.random(random);
    Kernels kernels = random.nextBoolean() ? Kernels.ofAttention() : Kernels.none();
    Program program = split(one.forward(), place.axes);
    one.check(place.toString(), run(program, place.mesh, kernels, one.inputs()));
  }

  @Property(tries = 30)
  void itsGradientIsTheSlope(@ForAll long seed) {
    Random random = new Random(seed);
    AttentionCase one = some(seed, DType.F64);
    Place place = Place.random(random);
    List<Tensor> given = new ArrayList<>(one.inputs());
    AttentionCase.Weights weights = one.weights();
    given.addAll(weights.tensors());
    double[][] expected = one.gradients(weights.flat().get(0), weights.flat().get(1));
    Program program =
        split(Gradients.gradient(one.forward(), List.of("y", "lse"), GRADIENTS), place.axes);
    List<Tensor> results = run(program, place.mesh, Kernels.none(), given);
    for (int i = 0; i < 3; i++) {
      double[] found =
          one.ordered(program.outputs().get(i).type(), results.get(i), AttentionCase.labels(i));
      assertArrayEquals(expected[i], found, 1e-7, program::toString);
    }
  }

  /** Chunks of several blocks, with the kernels, beside one device in f64. */
  @Property(tries = 6)
  void itsGradientInBlocksIsThatOfDoubles(@ForAll long seed) {
    Random random = new Random(seed);
    int[] sizes = {2, 2, 1 + random.nextInt(400), 2, 1 + random.nextInt(900), 24, 20};
    AttentionCase one = new AttentionCase(seed, DType.F32, sizes);
    List<Tensor> given = new ArrayList<>(one.inputs());
    given.addAll(one.weights().tensors());
    Program program = Gradients.gradient(one.forward(), List.of("y", "lse"), GRADIENTS);
    Program wide = Program.parse(program.toString().replace("f32[", "f64["));
    List<Tensor> doubles = new ArrayList<>();
    given.forEach(x -> doubles.add(x.dtype() == DType.F32 ? x.convert(DType.F64) : x));
    List<Tensor> expected;
    try (Executable alone = LocalBackend.of(Workers.sequential(), Kernels.none()).compile(wide)) {
      expected = alone.run(doubles);
    }
    Place place = Place.random(random);
    List<Tensor> found = run(split(program, place.axes), place.mesh, Kernels.ofAttention(), given);
    for (int i = 0; i < 3; i++) {
      double[] all = expected.get(i).toDoubleArray();
      double largest = 0;
      for (double x : all) {
        largest = Math.max(largest, Math.abs(x));
      }
      assertArrayEquals(all, found.get(i).toDoubleArray(), 2e-5 * largest + 1e-6);
    }
  }

  /** Half the memory on twice the devices, forward and backward, without the scratch of kernels. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void memoryFallsWithTheDevices(boolean gradient) {
    Program forward = causal(8192);
    Program program =
        split(gradient ? Gradients.gradient(forward, List.of("y"), GRADIENTS) : forward, "x");
    long before = Long.MAX_VALUE;
    for (int devices = 4; devices <= 16; devices *= 2) {
      ProgramPlan plan = ProgramPlan.of(program, Mesh.of("x", devices), _ -> true, OPTIONS);
      plan.certify();
      long peak = plan.plan().peakBytes();
      assertTrue(peak <= 0.55 * before, peak + " after " + before + "\n" + plan);
      before = peak;
      PlanAssert.that(plan).neverHoldsWhole("k").neverHoldsWhole("v");
    }
  }

  /** Each fault changes one place of a ring; the plan is of the changed ring. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "64; forward; count=3; count=2",
        "64; forward; concatenate.v0, v1; concatenate(v1, v0",
        "64; forward; concatenate.v6, v7; concatenate(v7, v6",
        "64; forward; attention.x5, v2, v5, x6, v8; attention(x5, v2, v5, x6, x2",
        "64; forward; subtract.v10, v13; subtract(x4, v13",
        "62; forward; fill=-1; fill=0",
        "64; backward; (gradient.x6, v2, v5, x7, v8, x8), x9, x10, x11; $1, x11, x10, x9",
        "64; backward; (?s)(.*)concatenate.(v\\d+), (v\\d+); $1concatenate($3, $2",
      })
  void faultsAreRefused(int size, String of, String text, String other) {
    Program forward = causal(size);
    boolean isForward = of.equals("forward");
    Program program =
        split(isForward ? forward : Gradients.gradient(forward, List.of("y"), GRADIENTS), "x");
    String good = planned(program).program().toString();
    assertTrue(planned(Program.parse(good)).plan().certify(program).contains("certified"));
    String faulty = good.replaceFirst(text, other);
    assertNotEquals(good, faulty);
    SpmdPlan plan = planned(Program.parse(faulty)).plan();
    assertThrows(IllegalStateException.class, () -> plan.certify(program));
  }

  private static ProgramPlan planned(Program program) {
    return ProgramPlan.of(program, Mesh.of("x", 4), Kernels.ofAttention(), OPTIONS);
  }

  private static Program causal(int size) {
    return Program.parse(CAUSAL.replace("SIZE", Integer.toString(size)));
  }

  @Test
  void reproducibleSumsUseNoRing() {
    Program program = split(causal(64), "x");
    PlanOptions tree = OPTIONS.withSums(SumOrder.TREE);
    ProgramPlan plan = ProgramPlan.of(program, Mesh.of("x", 4), Kernels.ofAttention(), tree);
    plan.certify();
    assertFalse(plan.explain().contains("loop"), plan::explain);
  }
}
