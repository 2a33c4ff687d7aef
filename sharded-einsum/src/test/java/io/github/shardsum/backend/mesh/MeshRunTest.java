package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Inputs of other memory than the plan's, times of a run, and bytes into which it packs. */
class MeshRunTest {
  private static final Program PROGRAM =
      Program.parse(
          """
          program doubled {
            input x: f32[a@x=6 b=4]
            y = add(x, x)
            output y
          }
          """);

  private static float[] numbers(int factor) {
    float[] values = new float[24];
    for (int i = 0; i < values.length; i++) {
      values[i] = factor * (i - 7);
    }
    return values;
  }

  /** Devices are threads, which may not touch such memory. */
  @Test
  void memoryOfOneThreadIsRead() {
    try (Collectives collectives = Collectives.open(Mesh.parse("x=3"));
        MeshExecutable doubled = MeshBackend.of(collectives).compile(PROGRAM);
        Arena arena = Arena.ofConfined()) {
      Tensor x = Tensor.allocate(arena, DType.F32, Shape.of(6, 4));
      x.assign(Tensor.of(numbers(1), 6, 4));
      Tensor y = Tensor.zeros(DType.F32, 6, 4);
      doubled.runInto(List.of(y), List.of(x));
      assertArrayEquals(numbers(2), y.toFloatArray());
    }
  }

  @Test
  void onlyWithAProfileARunHasSpans() {
    try (Collectives collectives = Collectives.open(Mesh.parse("x=3"))) {
      MeshBackend backend = MeshBackend.of(collectives);
      List<MeshExecutable> compiled = new ArrayList<>();
      Tensor x = Tensor.of(numbers(1), 6, 4);
      try (MeshExecutable plain = backend.compile(PROGRAM);
          MeshExecutable profiled =
              backend.compile(PROGRAM, CompileOptions.defaults().withProfile());
          MeshExecutable timed = backend.timed(compiled::add).compile(PROGRAM)) {
        for (MeshExecutable each : List.of(plain, profiled, timed)) {
          assertArrayEquals(numbers(2), each.run(List.of(x)).getFirst().toFloatArray());
        }
        assertEquals(List.of(), plain.spans());
        assertFalse(profiled.spans().isEmpty(), "spans of what was compiled with a profile");
        assertFalse(timed.spans().isEmpty(), "spans of a timed backend");
        assertEquals(List.of(timed), compiled);
      }
    }
  }

  /**
   * Of two threads with a device each both may pack; a sum of two values packs nothing, but has a
   * block of 512 elements for an operand and one for the result.
   */
  @Test
  void packedBytesGrowWithThreads() {
    Program product =
        Program.parse(
            """
            program product {
              input x: f32[a@x=1001 k=600]
              input w: f32[k=600 n=700]
              y = einsum(x, w) {equation="ak,kn->an"}
              output y
            }
            """);
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        MeshExecutable sum = MeshBackend.of(collectives).compile(PROGRAM);
        MeshExecutable packs = MeshBackend.of(collectives).compile(product)) {
      assertEquals(2 * 512 * Float.BYTES, sum.packedBytes(1));
      assertEquals(2 * 2 * 512 * Float.BYTES, sum.packedBytes(2));
      assertTrue(packs.packedBytes(1) > 0, packs.plan()::toString);
      assertEquals(2 * packs.packedBytes(1), packs.packedBytes(2));
      assertEquals(packs.packedBytes(2), packs.packedBytes(3));
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> packs.packedBytes(0));
      assertEquals("threads must be at least 1, got 0", refused.getMessage());
    }
  }
}
