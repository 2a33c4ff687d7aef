package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Programs;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ProgramTextProperties {
  @Property(tries = 300)
  void parsingIsTheInverseOfPrinting(@ForAll long seed, @ForAll DType dtype) {
    if (dtype == DType.BOOL) {
      return;
    }
    Program program = Programs.exact(dtype, 20).of(seed);
    assertEquals(program, Program.parse(program.toString()));
    assertEquals(program.toString(), Program.parse(program.toString()).toString());
  }

  @Property(tries = 100)
  void theTextOfAGradientIsAProgramToo(@ForAll long seed) {
    Program program = Programs.smooth(12).of(seed);
    List<String> names = program.inputs().stream().map(Value::name).toList();
    Program gradient = Gradients.gradient(program, List.of("result"), names);
    assertEquals(gradient, Program.parse(gradient.toString()));
  }
}
