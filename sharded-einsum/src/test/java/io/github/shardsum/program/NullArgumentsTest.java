package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An argument that is null is named. */
class NullArgumentsTest {
  private static void names(String argument, org.junit.jupiter.api.function.Executable call) {
    NullPointerException thrown = assertThrows(NullPointerException.class, call, argument);
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(argument), argument + " in: " + message);
  }

  @Test
  void ofPrograms() {
    names("name", () -> Program.builder(null));
    names("text", () -> Program.parse(null));
    names("notation", () -> ValueType.parse(null));
    names("dtype", () -> ValueType.scalar(null));
    names("name", () -> new Value(null, ValueType.scalar(DType.F32)));
    names("type", () -> new Value("x", null));
    names("program", () -> Gradients.gradient(null, List.of("x"), List.of("x")));
  }

  @Test
  void ofBuilders() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    names("name", () -> p.input(null, "f32[a=2]"));
    names("notation", () -> p.input("y", (String) null));
    names("type", () -> p.input("y", (ValueType) null));
    names("operation", () -> p.add((Operation) null));
    names("y", () -> p.add(x, null));
    names("x", () -> p.exp(null));
    names("notation", () -> p.einsum(null, x));
    names("operand 0", () -> p.einsum("a->", (Value) null));
    names("name", () -> p.let(null, p.exp(x)));
    names("program", () -> p.inline(null, List.of(x)));
  }

  private static Program identity() {
    ProgramBuilder p = Program.builder("p");
    p.output(p.exp(p.input("x", "f32[a=2]")));
    return p.build();
  }

  @Test
  void ofBackends() {
    LocalBackend local = LocalBackend.of(Workers.sequential());
    names("workers", () -> LocalBackend.of(null));
    for (Backend backend : List.of(local, new ReferenceBackend())) {
      names("program", () -> backend.compile(null));
      names("options", () -> backend.compile(identity(), null));
      try (Executable compiled = backend.compile(identity())) {
        names("inputs", () -> compiled.run((List<Tensor>) null));
        names("input x", () -> compiled.run((Tensor) null));
        names("outputs", () -> compiled.runInto(null, List.of(Tensor.zeros(DType.F32, 2))));
      }
    }
  }
}
