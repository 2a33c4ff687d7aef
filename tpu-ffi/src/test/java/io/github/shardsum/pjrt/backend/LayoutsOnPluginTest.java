package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.PlannedProgram;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts reach XLA's partitioner in both forms. */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class LayoutsOnPluginTest {
  private static final Mesh MESH = Mesh.parse("x=4,y=2");

  /** Of split operands the product is a sum over the devices of x. */
  private static final Program SUM =
      Program.parse(
          """
          program sum {
            input a: f32[m=6 k=8]
            input b: f32[k=8 n=3]
            left = annotate(a) {layout="m k@x"}
            right = annotate(b) {layout="k@x n"}
            product = einsum(left, right) {equation="mk,kn->mn"}
            whole = annotate(product) {layout="m n"}
            output whole
          }
          """);

  @Parameter Path library;

  private PjrtClient client;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, MESH.size());
  }

  @AfterEach
  void close() {
    client.close();
  }

  @ParameterizedTest
  @EnumSource
  void aSplitContractionIsAnAllReduce(ShardingForm form) {
    for (Mesh mesh : List.of(MESH, MESH.withDevices(7, 5, 3, 1, 6, 4, 2, 0))) {
      StableHlo module =
          StableHlo.of(SUM, LoweringOptions.defaults().withMesh(mesh).withForm(form));
      PjrtCompileOptions options =
          PjrtCompileOptions.partitioned(mesh.size()).withShardy(form == ShardingForm.SHARDY);
      Tensor a = Tensor.full(DType.F32, 2, 6, 8);
      Tensor b = Tensor.full(DType.F32, 3, 8, 3);
      try (PjrtLoadedExecutable loaded = client.compile(module.text(), options)) {
        byte[] optimized = loaded.executable().optimizedProgram().code();
        assertTrue(
            new String(optimized, StandardCharsets.ISO_8859_1).contains("all-reduce"),
            module::text);
        List<List<PjrtBuffer>> rows = new ArrayList<>();
        loaded
            .devices()
            .forEach(
                device ->
                    rows.add(List.of(client.bufferFrom(a, device), client.bufferFrom(b, device))));
        List<List<PjrtBuffer>> results = loaded.execute(rows, ExecuteOptions.defaults()).join();
        for (List<PjrtBuffer> result : results) {
          float[] values = result.getFirst().toTensor().toFloatArray();
          for (float value : values) {
            assertEquals(48, value);
          }
        }
        results.forEach(row -> row.forEach(PjrtBuffer::close));
        rows.forEach(row -> row.forEach(PjrtBuffer::close));
      }
    }
  }

  @Test
  void inputsAreSplitAsTheirTypesSayAlsoWhereTheyDoNotDivide() {
    Program program =
        Program.parse(
            """
            program edge {
              input even: i32[a@x.y=8 b=3]
              input odd: i32[a@y=3 b@x=5]
              twice = add(even, even)
              more = add(odd, odd)
              output twice, more, odd
            }
            """);
    int[] even = new int[24];
    int[] odd = new int[15];
    for (int i = 0; i < even.length; i++) {
      even[i] = i;
      odd[i % odd.length] = 7 * (i % odd.length);
    }
    try (PjrtBackend backend = PjrtBackend.of(client, MESH);
        var executable = backend.compile(program)) {
      List<Tensor> out = executable.run(Tensor.of(even, 8, 3), Tensor.of(odd, 3, 5));
      for (int i = 0; i < even.length; i++) {
        assertEquals(2L * i, out.get(0).getLong(i / 3, i % 3));
      }
      for (int i = 0; i < odd.length; i++) {
        assertEquals(14L * i, out.get(1).getLong(i / 5, i % 5));
      }
      assertArrayEquals(Tensor.of(odd, 15).toLongArray(), out.get(2).toLongArray());
    }
  }

  /** The gradient of every second element; sizes that the devices divide, and others. */
  @Test
  void elementsBetweenOthersAreRightAlongASplitLabel() {
    for (int size : new int[] {0, 1, 2, 3, 4, 5, 8}) {
      for (int interior : new int[] {1, 2}) {
        int longer = 1 + size + Math.max(0, size - 1) * interior;
        Program program =
            Program.parse(
                String.format(
                    Locale.ROOT,
                    """
                program spread {
                  input x: i32[a=%d b=1]
                  apart = pad(x) {label="a", low=1, high=0, interior=%d, fill=2}
                  split = annotate(apart) {layout="a@x"}
                  output split
                }
                """,
                    size,
                    interior));
        int[] values = new int[size];
        long[] expected = new long[longer];
        Arrays.fill(expected, 2);
        for (int i = 0; i < size; i++) {
          values[i] = 5 + i;
          expected[1 + i * (interior + 1)] = values[i];
        }
        try (PjrtBackend backend = PjrtBackend.of(client, MESH);
            var executable = backend.compile(program)) {
          Tensor apart = executable.run(Tensor.of(values, size, 1)).getFirst();
          assertArrayEquals(expected, apart.toLongArray(), program::toString);
        }
      }
    }
  }

  /** One element of each place, taken with a step that reaches past the end; 0.115 loses some. */
  @ParameterizedTest
  @ValueSource(strings = {"a@x=4", "a@x=9", "a@x.y=5", "a@x.y=8"})
  void oneElementOfASplitLabelIsTheElement(String label) {
    int size = Integer.parseInt(label.substring(label.indexOf('=') + 1));
    int[] values = IntStream.range(0, size).map(i -> 3 * i + 1).toArray();
    for (int step : new int[] {3, size}) {
      for (int from = 0; from < size; from++) {
        Program program =
            Program.parse(
                String.format(
                    Locale.ROOT,
                    """
                    program one {
                      input x: i32[%s]
                      y = slice(x) {label="a", from=%d, to=%d, step=%d}
                      output y
                    }
                    """,
                    label,
                    from,
                    Math.min(size, from + step - 1),
                    step));
        try (PjrtBackend backend = PjrtBackend.of(client, MESH);
            var executable = backend.compile(program)) {
          long[] got = executable.run(Tensor.of(values, size)).getFirst().toLongArray();
          assertArrayEquals(new long[] {values[from]}, got, program::toString);
        }
      }
    }
  }

  /** By the annotations alone XLA's partitioner loses a sum in each, see docs/notes/differ.md. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        program batched {
          input u: f32[c@y=8 b@x=8 d=8]
          product = einsum(u, u) {equation="cbd,cbd->bd"}
          moved = annotate(product) {layout="b@y d@x"}
          output moved
        }
        """,
        """
        program crossed {
          input u: f32[b=4 d@x=4 a@y=2]
          input v: f32[d=4 b@x=4 a@y=2]
          total = einsum(u, v) {equation="bda,dba->"}
          output total
        }
        """
      })
  void productsAreRightByOurPlansLayouts(String text) {
    Program program = Program.parse(text);
    Program planned =
        PlannedProgram.of(
            ProgramPlan.of(program, MESH, composite -> false, PlanOptions.defaults()));
    List<Tensor> inputs =
        program.inputs().stream()
            .map(input -> Tensors.integers(input.type().dtype(), input.type().shape()).of(3))
            .toList();
    try (PjrtBackend backend = PjrtBackend.of(client, MESH);
        var executable = backend.compile(planned);
        var reference = new ReferenceBackend().compile(program)) {
      assertArrayEquals(
          reference.run(inputs).getFirst().toDoubleArray(),
          executable.run(inputs).getFirst().toDoubleArray(),
          planned::toString);
    }
  }

  @Test
  void donatedCopiesSaveMemoryAndLeaveTheCallersTensors() {
    Program step =
        Program.parse(
            """
            program step {
              input w: f32[m=64 h=64]
              input g: f32[m=64 h=64]
              next = add(w, g)
              output next
            }
            """);
    Tensor w = Tensor.full(DType.F32, 1, 64, 64);
    Tensor g = Tensor.full(DType.F32, 2, 64, 64);
    for (Mesh mesh : List.of(Mesh.parse(""), MESH)) {
      try (PjrtBackend backend = PjrtBackend.of(client, mesh);
          var executable = backend.compile(step)) {
        for (int run = 0; run < 3; run++) {
          Tensor next = executable.run(w, g).getFirst();
          assertEquals(3, next.getDouble(63, 63));
        }
        assertEquals(1, w.getDouble(63, 63));
        assertTrue(executable.explain().contains("tf.aliasing_output"), executable::explain);
      }
    }
  }

  @Test
  void aMeshLargerThanTheClientIsRefused() {
    Mesh large = Mesh.parse("x=16");
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PjrtBackend.of(client, large));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("mesh x=16: devices must be at least 16, got 8"),
        e::getMessage);
  }

  @Test
  void aProgramIsCompiledOnceAndLivesAsLongAsItIsUsed() {
    PjrtBackend backend = PjrtBackend.of(client);
    var first = backend.compile(SUM);
    var second = backend.compile(SUM);
    assertEquals(first.explain(), second.explain());
    first.close();
    backend.close();
    Tensor a = Tensor.full(DType.F32, 1, 6, 8);
    Tensor b = Tensor.full(DType.F32, 1, 8, 3);
    assertEquals(8, second.run(a, b).getFirst().getDouble(0, 0));
    second.close();
    assertThrows(IllegalStateException.class, () -> second.run(a, b));
    assertThrows(IllegalStateException.class, () -> backend.compile(SUM));
  }
}
