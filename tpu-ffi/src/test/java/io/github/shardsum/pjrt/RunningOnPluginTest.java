package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What XLA's own pjrt_c_api_test, gopjrt, pypjrt and r-xla ask of a plugin with 8 devices, through
 * this binding: running programs, on one device and on several.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class RunningOnPluginTest {
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
  void aProgramRuns() throws Exception {
    try (PjrtLoadedExecutable add =
            on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults());
        PjrtBuffer a = on.put(1, 2, 3);
        PjrtBuffer b = on.put(10, 20, 30)) {
      assertEquals(List.of(on.device(0)), add.devices());
      assertArrayEquals(
          new float[] {11, 22, 33}, add.run(a, b).getFirst().toTensor().toFloatArray());
      List<List<PjrtBuffer>> out =
          add.execute(List.of(List.of(a, b)), ExecuteOptions.defaults()).get();
      assertArrayEquals(
          new float[] {11, 22, 33}, out.getFirst().getFirst().toTensorAsync().get().toFloatArray());
    }
  }

  @Test
  void argumentsOfAWrongNumberShapeTypeOrDeviceAreRefused() {
    try (PjrtLoadedExecutable add =
            on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults());
        PjrtBuffer good = on.put(1, 2, 3);
        PjrtBuffer longer = on.put(1, 2, 3, 4);
        PjrtBuffer row = on.client().bufferFrom(Tensor.of(new float[3], 1, 3), on.device(0));
        PjrtBuffer ints = on.client().bufferFrom(Tensor.of(new int[3], 3), on.device(0));
        PjrtBuffer elsewhere = good.copyTo(on.device(1))) {
      IllegalArgumentException few =
          assertThrows(IllegalArgumentException.class, () -> add.run(good));
      assertEquals("arguments: expected 2, [F32[3], F32[3]], got 1", few.getMessage());
      assertThrows(IllegalArgumentException.class, () -> add.run(good, good, good));
      assertThrows(IllegalArgumentException.class, () -> add.run(good, longer));
      assertThrows(IllegalArgumentException.class, () -> add.run(row, good));
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> add.run(good, ints));
      assertEquals("argument 1: expected F32[3], got S32[3]", e.getMessage());
      IllegalArgumentException far =
          assertThrows(IllegalArgumentException.class, () -> add.run(good, elsewhere));
      assertEquals(
          String.format(
              Locale.ROOT,
              "argument 1: expected a buffer on %s, got one on %s; put it there by bufferFrom or copyTo",
              on.device(0),
              on.device(1)),
          far.getMessage());
      assertArrayEquals(
          new float[] {2, 4, 6}, add.run(good, good).getFirst().toTensor().toFloatArray());
    }
  }

  @Test
  void typesThatTensorsLackAreNotMixedUp() {
    for (String type : List.of("f8E5M2", "f8E4M3FN", "f8E8M0FNU")) {
      String same =
          String.format(
              Locale.ROOT,
              "func.func @main(%%a: tensor<4x%1$s>) -> tensor<4x%1$s> { return %%a : tensor<4x%1$s> }",
              type);
      try (PjrtLoadedExecutable program = on.client().compile(same, PjrtCompileOptions.defaults());
          PjrtBuffer bytes =
              on.client().bufferFrom(new byte[4], PjrtType.U8, new long[] {4}, on.device(0))) {
        IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> program.run(bytes));
        assertTrue(e.getMessage().endsWith("[4], got U8[4]"), e.getMessage());
      }
    }
  }

  @Test
  void twoResultsComeInOrder() {
    String two =
        """
        func.func @main(%a: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
          %0 = stablehlo.negate %a : tensor<3xf32>
          %1 = stablehlo.constant dense<5.0> : tensor<f32>
          return %0, %1 : tensor<3xf32>, tensor<f32>
        }""";
    try (PjrtLoadedExecutable program = on.client().compile(two, PjrtCompileOptions.defaults());
        PjrtBuffer in = on.put(1, 2, 3)) {
      List<PjrtBuffer> out = program.run(in);
      assertArrayEquals(new float[] {-1, -2, -3}, out.get(0).toTensor().toFloatArray());
      assertArrayEquals(new float[] {5}, out.get(1).toTensor().toFloatArray());
    }
  }

  @Test
  void aResultInAnotherLayoutIsReadRowMajor() {
    String transposed =
        "module attributes {mhlo.xla_entry_computation_result_layout = [dense<[0, 1]> : tensor<2xindex>]}"
            + " { func.func @main(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
            + "  %0 = stablehlo.negate %a : tensor<2x3xf32>\n  return %0 : tensor<2x3xf32>\n} }";
    try (PjrtLoadedExecutable program =
            on.client().compile(transposed, PjrtCompileOptions.defaults());
        PjrtBuffer in =
            on.client().bufferFrom(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), on.device(0));
        PjrtBuffer out = program.run(in).getFirst()) {
      assertArrayEquals(new float[] {-1, -2, -3, -4, -5, -6}, out.toTensor().toFloatArray());
    }
  }

  @Test
  void runsAreChainedWithoutWaiting() {
    try (PjrtLoadedExecutable add =
            on.client().compile(OnPlugin.ADD, PjrtCompileOptions.defaults());
        PjrtBuffer one = on.put(1, 1, 1)) {
      PjrtBuffer sum = on.put(0, 0, 0);
      for (int i = 0; i < 100; i++) {
        PjrtBuffer next = add.run(sum, one).getFirst();
        sum.close();
        sum = next;
      }
      assertArrayEquals(new float[] {100, 100, 100}, sum.toTensor().toFloatArray());
      sum.close();
    }
  }

  @Test
  void anAllReduceSumsOverReplicas() {
    String sum =
        """
        func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
          %0 = "stablehlo.all_reduce"(%a) <{replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>}> ({
          ^bb0(%x: tensor<f32>, %y: tensor<f32>):
            %s = stablehlo.add %x, %y : tensor<f32>
            stablehlo.return %s : tensor<f32>
          }) : (tensor<2xf32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }
        """;
    RealPlugins.assumeDevices(on.client(), 4);
    try (PjrtLoadedExecutable program =
        on.client().compile(sum, PjrtCompileOptions.defaults().withReplicas(4))) {
      assertEquals(4, program.devices().size());
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (PjrtDevice device : program.devices()) {
        rows.add(
            List.of(on.client().bufferFrom(Tensor.of(new float[] {device.id(), 1}, 2), device)));
      }
      for (List<PjrtBuffer> row : program.execute(rows, ExecuteOptions.defaults()).join()) {
        assertArrayEquals(new float[] {6, 4}, row.getFirst().toTensor().toFloatArray());
      }
    }
  }

  @Test
  void shardsFollowTheMeshAndTheAssignment() {
    String reversed =
        """
        module {
          sdy.mesh @mesh = <["x"=2], device_ids=[1, 0]>
          func.func public @main(%a: tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}]>}) -> (tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}]>}) {
            %0 = stablehlo.negate %a : tensor<4xf32>
            return %0 : tensor<4xf32>
          }
        }
        """;
    RealPlugins.assumeDevices(on.client(), 4);
    PjrtCompileOptions options =
        PjrtCompileOptions.partitioned(2).withAssignment(List.of(List.of(3, 2)));
    try (PjrtLoadedExecutable program = on.client().compile(reversed, options)) {
      assertEquals(List.of(on.device(3), on.device(2)), program.devices());
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        rows.add(
            List.of(
                on.client()
                    .bufferFrom(
                        Tensor.of(new float[] {1 + i, 10 + i}, 2), program.devices().get(i))));
      }
      List<List<PjrtBuffer>> out = program.execute(rows, ExecuteOptions.defaults()).join();
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(
            new float[] {-1 - i, -10 - i}, out.get(i).getFirst().toTensor().toFloatArray());
      }
      program
          .executable()
          .parameterShardings()
          .ifPresent(
              all ->
                  assertEquals(
                      new Sharding(List.of(2), List.of(List.of(1), List.of(0))), all.getFirst()));
    }
  }
}
