package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pipelines compute what their stages compute one after the other, and so their gradients. */
class PipelineTest {
  private static final int B = 2;
  private static final int D = 4;

  private static final Program STAGE =
      Program.parse(
          """
          program stage {
            input x: f64[B=2 D=4]
            input w: f64[D=4 E=4]
            input b: f64[E=4]
            h = einsum(x, w) {equation="B D, D E -> B E"}
            t = add(h, b)
            r = tanh(t)
            m = merge(r) {labels=["E"], into="D"}
            y = add(x, m)
            output y
          }
          """);

  /** The squared distance of a linear map of the result from a target. */
  private static final Program HEAD =
      Program.parse(
          """
          program head {
            input y: f64[B=2 D=4]
            input target: f64[B=2 O=3]
            input v: f64[D=4 O=3]
            p = einsum(y, v) {equation="B D, D O -> B O"}
            d = subtract(p, target)
            s = multiply(d, d)
            loss = reduce_sum(s) {labels=["B", "O"]}
            output loss
          }
          """);

  private static Program gpipe(int stages, int batches) {
    ProgramBuilder p = Program.builder("gpipe");
    Value x = p.input("x", type("M=%d B=2 D=4", batches));
    List<Value> weights = weights(p, stages);
    Value target = p.input("target", type("M=%d B=2 O=3", batches));
    Value v = p.input("v", type("D=4 O=3"));
    Value y = new Pipeline(STAGE, "S", "M").apply(p, List.of(x), weights);
    Program heads = Passes.mapped(HEAD, "M", batches, Set.of("y", "target"));
    p.output("loss", p.sum(p.inline(heads, List.of(y, target, v)).getFirst(), "M"));
    return Gradients.valueAndGradient(p.build(), List.of("loss"), List.of("x", "w", "b", "v"));
  }

  /** Weights in the order of repeats, so that layer r S + s is stage s of repeat r. */
  private static Program circular(int stages, int repeats, int batches) {
    ProgramBuilder p = Program.builder("circular");
    Value x = p.input("x", type("M=%d B=2 D=4", batches));
    List<Value> weights =
        weights(p, stages * repeats).stream().map(w -> p.split(w, "S", "R", repeats, "S")).toList();
    Value target = p.input("target", type("M=%d B=2 O=3", batches));
    Value v = p.input("v", type("D=4 O=3"));
    List<Value> split = weights.stream().map(w -> p.split(w, "S", "p")).toList();
    Value y = new Pipeline(STAGE, "S", "M").circular(p, List.of(x), split, "R");
    Program heads = Passes.mapped(HEAD, "M", batches, Set.of("y", "target"));
    p.output("loss", p.sum(p.inline(heads, List.of(y, target, v)).getFirst(), "M"));
    return Gradients.valueAndGradient(p.build(), List.of("loss"), List.of("x", "w", "b", "v"));
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 1", "2, 2, 2", "2, 2, 5", "3, 3, 4"})
  void circularStagesAreLayersOneAfterTheOther(int stages, int repeats, int batches) {
    Program program = circular(stages, repeats, batches);
    List<Tensor> inputs = inputs(program, stages * 31 + batches);
    List<double[]> expected = expected(inputs, stages * repeats, batches);
    try (Executable one = new ReferenceBackend().compile(program)) {
      check(expected, one.run(inputs), "circular");
    }
    Mesh mesh = Mesh.of("p", stages);
    ProgramPlan plan = ProgramPlan.of(program, mesh, Kernels.none(), PlanOptions.defaults());
    plan.certify();
    String rounds = stages - 1 + " of " + (repeats * batches + stages - 1) + " rounds";
    assertTrue(stages == 1 || plan.explain().contains("bubble: " + rounds), plan::explain);
    try (Collectives collectives = Collectives.open(mesh);
        Executable many = MeshBackend.of(collectives).compile(program)) {
      check(expected, many.run(inputs), "circular on p");
    }
  }

  private static Program oneForwardOneBackward(int stages, int batches) {
    ProgramBuilder p = Program.builder("alternating");
    Value x = p.input("x", type("M=%d B=2 D=4", batches));
    List<Value> weights = weights(p, stages);
    Value target = p.input("target", type("M=%d B=2 O=3", batches));
    Value v = p.input("v", type("D=4 O=3"));
    Pipeline.Gradient made =
        new Pipeline(STAGE, "S", "M")
            .gradient(p, List.of(x), weights, HEAD, List.of(target), List.of(v));
    p.output("loss", made.loss());
    p.output("gradient.x", made.x().getFirst());
    p.output("gradient.w", made.weights().get(0));
    p.output("gradient.b", made.weights().get(1));
    p.output("gradient.v", made.head().getFirst());
    return p.build();
  }

  private static ValueType type(String labels, Object... sizes) {
    return ValueType.parse("f64[" + String.format(Locale.ROOT, labels, sizes) + "]");
  }

  private static List<Value> weights(ProgramBuilder p, int stages) {
    return List.of(
        p.input("w", type("S=%d D=4 E=4", stages)), p.input("b", type("S=%d E=4", stages)));
  }

  private static List<Tensor> inputs(Program program, long seed) {
    Random random = new Random(seed);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      long[] shape = input.type().sizes().stream().mapToLong(size -> size).toArray();
      int count = Math.toIntExact(input.type().shape().elementCount());
      inputs.add(Tensor.of(random.doubles(count, -1, 1).toArray(), count).reshape(shape));
    }
    return inputs;
  }

  /** The loss and its gradients by x, w, b and v from plain loops. */
  private static List<double[]> expected(List<Tensor> in, int stages, int batches) {
    double[] x = in.get(0).toDoubleArray();
    double[] w = in.get(1).toDoubleArray();
    double[] b = in.get(2).toDoubleArray();
    double[] target = in.get(3).toDoubleArray();
    double[] v = in.get(4).toDoubleArray();
    double[] loss = new double[1];
    double[] dx = new double[x.length];
    double[] dw = new double[w.length];
    double[] db = new double[b.length];
    double[] dv = new double[v.length];
    for (int row = 0; row < batches * B; row++) {
      double[][] state = new double[stages + 1][];
      double[][] tanh = new double[stages][D];
      state[0] = Arrays.copyOfRange(x, row * D, (row + 1) * D);
      for (int s = 0; s < stages; s++) {
        state[s + 1] = state[s].clone();
        for (int e = 0; e < D; e++) {
          double sum = b[s * D + e];
          for (int d = 0; d < D; d++) {
            sum += state[s][d] * w[(s * D + d) * D + e];
          }
          tanh[s][e] = Math.tanh(sum);
          state[s + 1][e] += tanh[s][e];
        }
      }
      double[] cotangent = new double[D];
      for (int o = 0; o < 3; o++) {
        double distance = -target[row * 3 + o];
        for (int d = 0; d < D; d++) {
          distance += state[stages][d] * v[d * 3 + o];
        }
        loss[0] += distance * distance;
        for (int d = 0; d < D; d++) {
          dv[d * 3 + o] += 2 * distance * state[stages][d];
          cotangent[d] += 2 * distance * v[d * 3 + o];
        }
      }
      for (int s = stages - 1; s >= 0; s--) {
        double[] before = cotangent.clone();
        for (int e = 0; e < D; e++) {
          double inner = cotangent[e] * (1 - tanh[s][e] * tanh[s][e]);
          db[s * D + e] += inner;
          for (int d = 0; d < D; d++) {
            dw[(s * D + d) * D + e] += inner * state[s][d];
            before[d] += inner * w[(s * D + d) * D + e];
          }
        }
        cotangent = before;
      }
      System.arraycopy(cotangent, 0, dx, row * D, D);
    }
    return List.of(loss, dx, dw, db, dv);
  }

  private static void check(List<double[]> expected, List<Tensor> given, String what) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), given.get(i).toDoubleArray(), 1e-11, what + " " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 4", "2, 1", "2, 5", "3, 2", "4, 4", "4, 9"})
  void schedulesComputeTheStagesOneAfterTheOther(int stages, int batches) {
    for (Program program :
        List.of(gpipe(stages, batches), oneForwardOneBackward(stages, batches))) {
      List<Tensor> inputs = inputs(program, stages * 31 + batches);
      List<double[]> expected = expected(inputs, stages, batches);
      try (Executable one = new ReferenceBackend().compile(program)) {
        check(expected, one.run(inputs), program.name());
      }
      Program split = Annotations.of(Map.of("w", "S@p D E", "b", "S@p E")).apply(program);
      for (String axes : List.of("p=" + stages, "p=" + stages + ",d=2")) {
        Mesh mesh = Mesh.parse(axes);
        ProgramPlan plan = ProgramPlan.of(split, mesh, Kernels.none(), PlanOptions.defaults());
        plan.certify();
        try (Collectives collectives = Collectives.open(mesh);
            Executable many = MeshBackend.of(collectives).compile(split)) {
          check(expected, many.run(inputs), program.name() + " on " + axes);
        }
      }
    }
  }

  /** Of 32 microbatches, 1F1B keeps seven, and GPipe all. */
  @Test
  void memoryOfOneForwardOneBackward() {
    Mesh mesh = Mesh.parse("p=4");
    long[] peaks = new long[2];
    List<Program> programs = List.of(gpipe(4, 32), oneForwardOneBackward(4, 32));
    for (int i = 0; i < 2; i++) {
      Program split = Annotations.of(Map.of("w", "S@p D E", "b", "S@p E")).apply(programs.get(i));
      ProgramPlan plan = ProgramPlan.of(split, mesh, Kernels.none(), PlanOptions.defaults());
      peaks[i] = plan.plan().peakBytes();
      assertEquals(
          2,
          plan.explain().split("bubble: 3 of 35 rounds \\(9 %\\)", -1).length - 1,
          plan::explain);
      String json = plan.plan().toJson(PlanOptions.defaults());
      assertTrue(json.contains("\"bubbles\":[{\"rounds\":3,\"of\":35,\"stages\":4,"), json);
    }
    assertTrue(peaks[1] <= 0.6 * peaks[0], peaks[1] + " of " + peaks[0]);
  }

  @Test
  void anotherStageOrOperandIsRefused() {
    Pipeline pipeline = new Pipeline(STAGE, "S", "M");
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", type("M=3 B=2 D=5"));
    ProgramException refused =
        assertThrows(ProgramException.class, () -> pipeline.apply(p, List.of(x), weights(p, 2)));
    assertTrue(refused.getMessage().contains("got [f64[M=3 B=2 D=5]]"), refused.getMessage());
    assertThrows(ProgramException.class, () -> new Pipeline(HEAD, "S", "M"));
  }
}
