package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The five einsums of the MoE layer (paper, algorithm 2) on XLA against einsum-core. */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class EinsumsOnPluginTest {
  private static final int DEVICES = 8;
  private static final Map<String, Long> SIZES =
      Map.of("G", 16L, "S", 12L, "E", 8L, "C", 3L, "M", 20L, "H", 24L);

  /** Split as in the paper; dispatch and the second expert product move the split. */
  private static final List<String> EINSUMS =
      List.of(
          "G@x S M, M E -> G@x S E",
          "G@x S E C, G@x S M -> E@x G C M",
          "E@x G C M, E@x M H -> E@x G C H",
          "E@x G C H, E@x H M -> G@x E C M",
          "G@x S E C, G@x E C M -> G@x S M");

  @Parameter Path library;

  @Test
  void onOneDeviceTheyEqualEinsumCore() {
    try (PjrtClient client = RealPlugins.client(library, 1)) {
      for (String equation : EINSUMS) {
        EinsumText einsum = EinsumText.of(equation.replace("@x", ""), SIZES, 1);
        check(client, einsum);
      }
    }
  }

  @Test
  void shardedOverEightDevicesTheyEqualEinsumCore() {
    try (PjrtClient client = RealPlugins.client(library, DEVICES)) {
      RealPlugins.assumeDevices(client, DEVICES);
      for (String equation : EINSUMS) {
        check(client, EinsumText.of(equation, SIZES, DEVICES));
      }
    }
  }

  @Test
  void dispatchIsAnAllToAll() {
    try (PjrtClient client = RealPlugins.client(library, DEVICES)) {
      RealPlugins.assumeDevices(client, DEVICES);
      PjrtLoadedExecutable program =
          client.compile(
              EinsumText.of(EINSUMS.get(1), SIZES, DEVICES).module(),
              PjrtCompileOptions.partitioned(DEVICES));
      String hlo =
          new String(program.executable().optimizedProgram().code(), StandardCharsets.ISO_8859_1);
      assertTrue(hlo.contains("all-to-all"));
    }
  }

  /** Integers, so that float arithmetic is exact in any order. */
  private static Tensor integers(Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return Tensor.of(values, shape.toArray());
  }

  private static void check(PjrtClient client, EinsumText einsum) {
    Random random = new Random(20_2006);
    Tensor a = integers(random, einsum.shape(einsum.left()));
    Tensor b = integers(random, einsum.shape(einsum.right()));
    Tensor expected = Einsum.einsum(einsum.equation(), a, b);
    Tensor result = onPlugin(client, einsum, a, b);
    assertEquals(expected.shape(), result.shape(), einsum.equation());
    assertEquals(DType.F32, result.dtype());
    assertArrayEquals(expected.toFloatArray(), result.toFloatArray(), einsum.equation());
  }

  private static Tensor onPlugin(PjrtClient client, EinsumText einsum, Tensor a, Tensor b) {
    int devices = einsum.devices();
    try (PjrtLoadedExecutable program =
        client.compile(einsum.module(), PjrtCompileOptions.partitioned(devices))) {
      checkShardings(program.executable(), einsum);
      List<Tensor> left = einsum.sharding(einsum.left()).split(a, devices);
      List<Tensor> right = einsum.sharding(einsum.right()).split(b, devices);
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (int i = 0; i < devices; i++) {
        PjrtDevice device = program.devices().get(i);
        rows.add(
            List.of(
                client.bufferFrom(left.get(i), device), client.bufferFrom(right.get(i), device)));
      }
      List<Tensor> parts = new ArrayList<>();
      for (List<PjrtBuffer> row : program.execute(rows, ExecuteOptions.defaults()).join()) {
        parts.add(row.getFirst().toTensor());
      }
      return einsum.sharding(einsum.out()).join(parts);
    }
  }

  /** Where the plugin says how it split the values, it says what the text asked for. */
  private static void checkShardings(PjrtExecutable program, EinsumText einsum) {
    if (einsum.devices() == 1) {
      return;
    }
    program
        .parameterShardings()
        .ifPresent(
            all ->
                assertEquals(
                    List.of(einsum.sharding(einsum.left()), einsum.sharding(einsum.right())), all));
    program
        .outputShardings()
        .ifPresent(all -> assertEquals(List.of(einsum.sharding(einsum.out())), all));
  }
}
