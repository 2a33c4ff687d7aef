package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What XLA's own pjrt_c_api_test, gopjrt, pypjrt and r-xla ask of a plugin with 8 devices, through
 * this binding: what becomes of a buffer.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class BuffersOnPluginTest {
  @Parameter Path library;

  private OnPlugin on;

  @BeforeEach
  void open() {
    on = OnPlugin.of(library);
  }

  @AfterEach
  void close() {
    on.close();
  }

  @Test
  void aBufferTellsWhereItIs() {
    try (PjrtBuffer buffer = on.client().bufferFrom(Tensor.of(new float[6], 2, 3), on.device(3))) {
      assertEquals(on.device(3), buffer.device());
      assertEquals(on.device(3).defaultMemory(), buffer.memory());
      assertEquals(on.onCpu(), buffer.isOnCpu());
      assertTrue(buffer.onDeviceBytes() >= 24);
      try (PjrtEvent ready = buffer.ready()) {
        ready.await();
        assertTrue(ready.isReady());
        ready.toFuture().join();
      }
    }
  }

  @Test
  void aBufferIsCopiedToAnotherDeviceAndMemory() {
    try (PjrtBuffer buffer = on.put(1, 2, 3);
        PjrtBuffer there = buffer.copyTo(on.device(5));
        PjrtBuffer pinned = there.copyTo(on.device(5).memories().getLast())) {
      assertEquals(on.device(5), there.device());
      assertArrayEquals(new float[] {1, 2, 3}, there.toTensor().toFloatArray());
      assertArrayEquals(new float[] {1, 2, 3}, pinned.toTensor().toFloatArray());
    }
  }

  @Test
  void aDeletedBufferOnlyTellsThatItIs() {
    try (PjrtBuffer buffer = on.put(1, 2, 3)) {
      buffer.delete();
      assertTrue(buffer.isDeleted());
      assertEquals(
          PjrtCode.FAILED_PRECONDITION, assertThrows(PjrtException.class, buffer::toTensor).code());
    }
  }

  @Test
  void externalReferencesAreCounted() {
    try (PjrtBuffer buffer = on.put(1, 2, 3)) {
      ask(buffer, PjrtFunction.BUFFER_INCREASE_EXTERNAL_REFERENCE_COUNT);
      ask(buffer, PjrtFunction.BUFFER_DECREASE_EXTERNAL_REFERENCE_COUNT);
      PjrtException e =
          assertThrows(
              PjrtException.class,
              () -> ask(buffer, PjrtFunction.BUFFER_DECREASE_EXTERNAL_REFERENCE_COUNT));
      assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
      assertNotEquals(0, ask(buffer, PjrtFunction.BUFFER_OPAQUE_DEVICE_MEMORY_DATA_POINTER));
    }
  }

  private long ask(PjrtBuffer buffer, PjrtFunction slot) {
    MemorySegment address = PjrtBuffer.ACCESS.handle(buffer).enter();
    try (CallArena scratch = on.client().api().scratch()) {
      var call = on.client().api().prepare(scratch, slot).set("buffer", address).invoke();
      return slot == PjrtFunction.BUFFER_OPAQUE_DEVICE_MEMORY_DATA_POINTER
          ? call.pointer("device_memory_ptr").address()
          : 0;
    } finally {
      PjrtBuffer.ACCESS.handle(buffer).exit();
    }
  }

  private static final String DONATING =
      "func.func @main(%a: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %a : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  @Test
  void aDonatedBufferIsGone() {
    try (PjrtLoadedExecutable twice = on.client().compile(DONATING, PjrtCompileOptions.defaults());
        PjrtBuffer in = on.put(1, 2, 3);
        PjrtBuffer out = twice.run(in).getFirst()) {
      assertArrayEquals(new float[] {2, 4, 6}, out.toTensor().toFloatArray());
      assertTrue(in.isDeleted());
      assertThrows(PjrtException.class, in::toTensor);
      assertThrows(PjrtException.class, () -> twice.run(in));
      assertEquals(12, twice.executable().memory().aliased());
    }
  }

  @Test
  void aKeptBufferIsNotDonated() {
    try (PjrtLoadedExecutable twice = on.client().compile(DONATING, PjrtCompileOptions.defaults());
        PjrtBuffer in = on.put(1, 2, 3);
        PjrtBuffer out =
            twice
                .launch(List.of(List.of(in)), ExecuteOptions.defaults().withKeep(0))
                .getFirst()
                .getFirst()) {
      assertArrayEquals(new float[] {2, 4, 6}, out.toTensor().toFloatArray());
      assertFalse(in.isDeleted());
      assertArrayEquals(new float[] {1, 2, 3}, in.toTensor().toFloatArray());
    }
  }
}
