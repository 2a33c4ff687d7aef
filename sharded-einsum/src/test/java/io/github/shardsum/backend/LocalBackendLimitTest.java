package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A limit is of the bytes that a run holds without inputs and outputs. */
class LocalBackendLimitTest {
  private static final Program PROGRAM =
      Program.parse(
          """
          program twice {
            input x: f32[m=3 k=5]
            h = einsum(x, x) {equation="mk,nk->mn"}
            y = einsum(h, x) {equation="mn,nk->mk"}
            output y
          }
          """);

  @Test
  void aRunMayHoldTheLimitAndNoByteMore() {
    LocalBackend backend = LocalBackend.of(Workers.sequential());
    try (Executable free = backend.compile(PROGRAM)) {
      long bytes = free.peakBytes();
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}, 3, 5);
      try (Executable within =
          backend.compile(PROGRAM, CompileOptions.defaults().withMemoryLimit(bytes))) {
        assertArrayEquals(
            free.run(List.of(x)).getFirst().toFloatArray(),
            within.run(List.of(x)).getFirst().toFloatArray());
      }
      CompileOptions less = CompileOptions.defaults().withMemoryLimit(bytes - 1);
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> backend.compile(PROGRAM, less));
      assertEquals(
          "program twice: a run holds "
              + bytes
              + " bytes without inputs and outputs, got a limit of "
              + (bytes - 1)
              + "; rematerialise values, or raise the limit",
          refused.getMessage());
    }
  }
}
