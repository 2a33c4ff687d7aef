package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.ProtobufWire;
import io.github.shardsum.internal.pjrt.client.CompileCall;
import io.github.shardsum.tensor.Shape;
import java.nio.charset.StandardCharsets;
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
 * this binding: compiling, and what a program tells of itself.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class CompilingOnPluginTest {
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
  void aProgramTellsWhatItIs() {
    try (PjrtLoadedExecutable add =
        on.client().compile("module @sum {" + OnPlugin.ADD + "}", PjrtCompileOptions.defaults())) {
      PjrtExecutable program = add.executable();
      assertTrue(program.name().contains("sum"), program.name());
      assertEquals(1, program.replicas());
      assertEquals(1, program.partitions());
      assertEquals(1, program.outputs());
      assertEquals(List.of(PjrtType.F32), program.outputTypes());
      assertEquals(List.of(Shape.of(3)), program.outputShapes());
      ArrayType three = new ArrayType(PjrtType.F32, Shape.of(3));
      assertEquals(List.of(three, three), program.parameters().orElseThrow());
      assertEquals(24, program.memory().arguments());
      assertEquals(12, program.memory().outputs());
      assertFalse(program.fingerprint().isEmpty());
    }
  }

  @Test
  void costsAreThereOrUnimplemented() {
    try (PjrtLoadedExecutable add =
        on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
      assertTrue(((PjrtValue.Real) add.executable().costAnalysis().get("flops")).value() >= 3);
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }

  @Test
  void theOptimisedProgramCompilesAgainAsHlo() {
    try (PjrtLoadedExecutable add =
        on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
      OptimizedProgram program = add.executable().optimizedProgram();
      byte[] module =
          program.format().equals("hlo_with_config")
              ? ProtobufWire.read(program.code()).getFirst().bytes()
              : program.code();
      try (PjrtLoadedExecutable again =
              on.client().compile(module, PjrtProgramFormat.HLO, PjrtCompileOptions.defaults());
          PjrtBuffer a = on.put(1, 2, 3)) {
        assertArrayEquals(
            new float[] {2, 4, 6}, again.run(a, a).getFirst().toTensor().toFloatArray());
      }
    }
  }

  @Test
  void aWrongOptionsMessageIsRefused() {
    byte[] code = OnPlugin.ADD.getBytes(StandardCharsets.UTF_8);
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () ->
                on.client()
                    .compile(
                        new CompileCall(code, "mlir", "invalid".getBytes(StandardCharsets.UTF_8))));
    assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.detail().contains("failed to deserialize CompileOptionsProto"), e.detail());
  }

  @Test
  void aWrongFormatIsRefused() {
    byte[] code = OnPlugin.ADD.getBytes(StandardCharsets.UTF_8);
    byte[] options = PjrtCompileOptions.defaults().toBytes();
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () -> on.client().compile(new CompileCall(code, "invalid", options)));
    assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.detail().contains("Unknown program format 'invalid'"), e.detail());
  }

  @Test
  void aWrongProgramIsRefusedWithItsLine() {
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () ->
                on.client()
                    .compile(
                        OnPlugin.ADD.replace("%b : tensor<3xf32>\n", "%b : tensor<4xf32>\n"),
                        PjrtCompileOptions.defaults()));
    assertTrue(e.detail().contains(":2:"), e.detail());
    assertThrows(
        PjrtException.class, () -> on.client().compile("nonsense", PjrtCompileOptions.defaults()));
  }

  @Test
  void aSerializedProgramRuns() {
    byte[] bytes;
    try (PjrtLoadedExecutable add =
        on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
      bytes = add.executable().serialize();
    }
    try (PjrtLoadedExecutable loaded = on.client().load(bytes);
        PjrtBuffer a = on.put(1, 2, 3)) {
      assertArrayEquals(
          new float[] {2, 4, 6}, loaded.run(a, a).getFirst().toTensor().toFloatArray());
    }
    assertThrows(IllegalArgumentException.class, () -> on.client().load(new byte[] {1, 2, 3}));
    bytes[bytes.length / 2] ^= 1;
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> on.client().load(bytes));
    assertTrue(e.getMessage().contains("its checksum is wrong"), e.getMessage());
  }

  @Test
  void aDeletedProgramDoesNotRun() {
    try (PjrtLoadedExecutable add =
            on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults());
        PjrtBuffer a = on.put(1, 2, 3)) {
      assertFalse(add.isDeleted());
      add.delete();
      assertTrue(add.isDeleted());
      assertThrows(PjrtException.class, () -> add.run(a, a));
    }
  }
}
