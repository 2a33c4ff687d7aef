package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every kind of step of a plan is the statement that it computes, with the plan's layouts. */
class PlannedStepsTest {
  private static final Mesh MESH = Mesh.parse("x=4");

  private static List<Tensor> inputs(Program program) {
    Random random = new Random(7);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] values = new double[(int) input.type().shape().elementCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(9) - 4;
      }
      Tensor wide = Tensor.of(values, input.type().shape().toArray());
      inputs.add(wide.convert(input.type().dtype()));
    }
    return inputs;
  }

  private static List<Tensor> run(Program program, List<Tensor> inputs) {
    try (Executable executable = new ReferenceBackend().compile(program)) {
      return executable.run(inputs);
    }
  }

  /** The plan has such a step, and the planned program computes what the program does. */
  private static String keepsItsValues(
      Program program, Kernels kernels, PlanOptions options, Class<? extends Action> step) {
    ProgramPlan plan = ProgramPlan.of(program, MESH, kernels, options);
    assertTrue(
        plan.plan().steps().stream().anyMatch(each -> step.isInstance(each.action())),
        plan::explain);
    Program planned = PlannedProgram.of(plan);
    List<Tensor> inputs = inputs(program);
    List<Tensor> expected = run(program, inputs);
    List<Tensor> given = run(planned, inputs);
    assertEquals(expected.size(), given.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).toDoubleArray(), given.get(i).toDoubleArray());
    }
    return planned.toString();
  }

  @Test
  void neighbours() {
    Program shifted =
        Program.parse(
            """
            program shifted {
              input a: f32[m=12 k=2]
              left = annotate(a) {layout="m@x k"}
              b = shift(left) {label="m", by=1, fill=3.0}
              c = annotate(b) {layout="m@x k"}
              output c
            }
            """);
    String text =
        keepsItsValues(shifted, Kernels.none(), PlanOptions.defaults(), Action.Neighbour.class);
    assertTrue(text.contains("shift(") && text.contains("layout=\"m@x k\""), text);
  }

  @Test
  void windows() {
    Program product =
        Program.parse(
            """
            program product {
              input x: f32[s@x=16 m=8]
              input w: f32[m=8 h@x=16]
              y = einsum(x, w) {equation="s m, m h -> s h"}
              out = annotate(y) {layout="s@x h"}
              output out
            }
            """);
    PlanOptions options = PlanOptions.defaults().withWindows(PlanOptions.Windows.ALWAYS);
    String text = keepsItsValues(product, Kernels.none(), options, Action.Windows.class);
    assertTrue(text.contains("layout=\"s@x h\""), text);
  }

  @Test
  void loops() {
    Program loops =
        Program.parse(
            """
            program loops {
              input a: f32[k=4]
              laid = annotate(a) {layout="k@x"}
              b = scan(laid) {count=3, label="t", carried=1, sequences=0, body=program round {
                input v: f32[k=4]
                r = add(v, v)
                output r
              }}
              c = manual(b) {axes=["x=4"], in=["k@x"], out=["k"], body=program member {
                input v: f32[k=1]
                r = all_gather(v) {axes=["x=4"], label="k"}
                output r
              }}
              output c
            }
            """);
    String text = keepsItsValues(loops, Kernels.none(), PlanOptions.defaults(), Action.Loop.class);
    assertTrue(text.contains("scan(") && text.contains("manual("), text);
  }

  @Test
  void rowsOfExperts() {
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(8, 8, 8, 4, 6, route);
    Program layer =
        MoePrograms.raggedLayer(MoeSpec.of(sizes, DType.F32, route, Randomness.seeded(1)));
    Program laid =
        Annotations.of(Map.of("inputs", "G@x", "wi", "E@x", "wo", "E@x", "outputs", "G@x"))
            .apply(layer);
    PlanOptions options = PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);
    keepsItsValues(laid, MoePrograms.kernels(), options, Action.Partitioned.class);
  }
}
