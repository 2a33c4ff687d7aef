package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.PlannedProgram;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A plan's layouts change no value. */
class PlannedProgramTest {
  private static final Mesh MESH = Mesh.parse("x=4,y=2");

  private static ProgramPlan plan(Program program) {
    return ProgramPlan.of(program, MESH, _ -> false, PlanOptions.defaults());
  }

  private static List<Tensor> run(Program program, List<Tensor> inputs) {
    try (Executable executable = new ReferenceBackend().compile(program)) {
      return executable.run(inputs);
    }
  }

  @Test
  void randomProgramsKeepTheirValues() {
    for (long seed = 0; seed < 40; seed++) {
      ProgramCase exact = Programs.withInputs(Programs.exact(DType.I32, 8), true).of(seed);
      Program laid = RandomLayouts.of(exact.program(), MESH, seed);
      Program planned = PlannedProgram.of(plan(laid));
      assertEquals(laid.inputs().size(), planned.inputs().size());
      List<Tensor> expected = run(laid, exact.inputs());
      List<Tensor> given = run(planned, exact.inputs());
      for (int i = 0; i < expected.size(); i++) {
        assertEquals(expected.get(i).shape(), given.get(i).shape());
        if (expected.get(i).dtype().isFloating()) {
          assertArrayEquals(expected.get(i).toDoubleArray(), given.get(i).toDoubleArray());
        } else {
          assertArrayEquals(expected.get(i).toLongArray(), given.get(i).toLongArray());
        }
      }
    }
  }

  @Test
  void aMoveOfThePlanIsAnAnnotation() {
    Program product =
        Program.parse(
            """
            program product {
              input a: f32[m=8 k=8]
              input b: f32[k=8 n=8]
              left = annotate(a) {layout="m@x k"}
              c = einsum(left, b) {equation="mk,kn->mn"}
              d = annotate(c) {layout="m n@x"}
              output d
            }
            """);
    ProgramPlan plan = plan(product);
    String text = PlannedProgram.of(plan).toString();
    List<PlanStep> moves =
        plan.plan().steps().stream().filter(step -> step.action().isCollective()).toList();
    assertFalse(moves.isEmpty(), text);
    for (PlanStep move : moves) {
      Annotation closed = Annotation.closed(move.result().layout().term());
      assertTrue(text.contains("layout=\"" + closed.layout() + "\""), closed + " in " + text);
    }
  }
}
