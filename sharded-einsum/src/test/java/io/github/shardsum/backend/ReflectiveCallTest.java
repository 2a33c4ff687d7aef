package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import org.junit.jupiter.api.Test;

/** Dynamic languages of the JVM call by reflection, from another package. */
class ReflectiveCallTest {
  @Test
  void methodsOfABuilderAreFoundOnIt() throws ReflectiveOperationException {
    ProgramBuilder builder = Program.builder("twice");
    Value x = builder.input("x", "f32[a=2]");
    Object sum =
        ProgramBuilder.class.getMethod("add", Value.class, Value.class).invoke(builder, x, x);
    assertEquals(x.type(), ((Value) sum).type());
  }
}
