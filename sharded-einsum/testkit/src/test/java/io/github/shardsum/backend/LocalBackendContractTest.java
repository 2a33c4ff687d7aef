package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendContract;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class LocalBackendContractTest implements BackendContract {
  @Override
  public Backend backend() {
    return LocalBackend.of(Workers.sequential());
  }

  @Test
  void whatWasStartedBeforeClosingStillRuns() {
    List<Runnable> waiting = new ArrayList<>();
    ProgramBuilder p = Program.builder("p");
    p.output("y", p.negate(p.input("x", "f32[]")));
    Executable program =
        LocalBackend.of(Workers.sequential(), Kernels.none(), waiting::add).compile(p.build());
    List<Tensor> x = List.of(Tensor.scalar(DType.F32, 3));
    CompletableFuture<List<Tensor>> started = program.start(x);
    program.close();
    waiting.forEach(Runnable::run);
    assertEquals(-3, started.join().getFirst().getDouble());
    CompletableFuture<List<Tensor>> late = program.start(x);
    assertInstanceOf(
        IllegalStateException.class,
        assertThrows(CompletionException.class, late::join).getCause());
  }

  @Test
  void memoryThatCannotBeReachedIsAnErrorThatNamesTheValue() {
    ProgramBuilder p = Program.builder("p");
    p.output("y", p.exp(p.input("x", "f32[a=3]")));
    try (Executable program = backend().compile(p.build())) {
      Tensor gone;
      try (Arena arena = Arena.ofConfined()) {
        Tensor confined = Tensor.allocate(arena, DType.F32, Shape.of(3));
        var elsewhere =
            assertThrows(CompletionException.class, () -> program.start(List.of(confined)).join());
        String message =
            assertInstanceOf(WrongThreadException.class, elsewhere.getCause()).getMessage();
        assertTrue(
            message.startsWith("input x: expected memory that this thread may access"), message);
        gone = confined;
      }
      var closed = assertThrows(IllegalStateException.class, () -> program.run(gone));
      assertTrue(
          closed.getMessage().startsWith("input x: expected live memory"), closed.getMessage());
    }
  }
}
