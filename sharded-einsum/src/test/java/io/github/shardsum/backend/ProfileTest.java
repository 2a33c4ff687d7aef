package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {
  private static final Backend LOCAL = LocalBackend.of(Workers.sequential());
  private static final CompileOptions PROFILED = CompileOptions.defaults().withProfile();

  private static Program scan() {
    ProgramBuilder round = Program.builder("round");
    Value carried = round.input("c", "f64[i=4]");
    round.output("next", round.cumulativeSum(carried, "i", false, false));
    ProgramBuilder p = Program.builder("scan");
    Value x = p.input("x", "f64[i=4]");
    Value soft = p.let("soft", p.softmax(x, "i"));
    p.output("y", p.scan(5, "t", round.build(), List.of(soft), List.of(), List.of()).getFirst());
    return p.build();
  }

  @Test
  void eachStepIsCountedAndMeasuredAndBodiesComeLast() {
    try (Executable executable = LOCAL.compile(scan(), PROFILED)) {
      executable.run(Tensor.full(DType.F64, 1, 4));
      executable.run(Tensor.full(DType.F64, 2, 4));
      List<StepTime> steps = executable.profile();
      assertEquals(List.of("soft"), steps.getFirst().results());
      StepTime loop = steps.stream().filter(each -> each.kernel().equals("loop")).findAny().get();
      assertEquals(List.of("y"), loop.results());
      for (StepTime step : steps) {
        assertEquals(step.program().equals("scan") ? 2 : 10, step.calls(), step::toString);
        assertTrue(step.nanoseconds() > 0, step::toString);
        assertTrue(executable.explain().contains(step.detail()), step::toString);
      }
      StepTime body = steps.getLast();
      assertEquals("round", body.program());
      assertTrue(body.nanoseconds() <= loop.nanoseconds(), steps::toString);
    }
  }

  @Test
  void nothingIsMeasuredUnlessAsked() {
    try (Executable executable = LOCAL.compile(scan())) {
      executable.run(Tensor.full(DType.F64, 1, 4));
      assertEquals(List.of(), executable.profile());
    }
  }
}
