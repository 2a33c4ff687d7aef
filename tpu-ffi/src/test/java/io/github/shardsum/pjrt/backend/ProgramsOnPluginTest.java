package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Random programs on each plugin, on one device and over a mesh, held against the reference. */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class ProgramsOnPluginTest {
  private static final Mesh MESH = Mesh.parse("x=4,y=2");

  @Parameter Path library;

  private PjrtClient client;
  private PjrtBackend backend;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, MESH.size());
    backend = PjrtBackend.of(client);
  }

  @AfterEach
  void close() {
    backend.close();
    client.close();
  }

  @ParameterizedTest
  @EnumSource(names = "BOOL", mode = EnumSource.Mode.EXCLUDE)
  void exactProgramsEqualTheReference(DType dtype) {
    for (long seed = 0; seed < 12; seed++) {
      BackendCheck.equalsReference(backend, exact(dtype, seed));
    }
  }

  private static ProgramCase exact(DType dtype, long seed) {
    return Programs.withInputs(Programs.exact(dtype, 12), true).of(seed);
  }

  @Test
  void realProgramsStayWithinTheirBounds() {
    List<Double> bounds = new ArrayList<>();
    for (long seed = 0; seed < 30; seed++) {
      ProgramCase real = Programs.withInputs(Programs.real(DType.F32, 12), false).of(seed);
      bounds.addAll(BackendCheck.withinErrorBounds(backend, real));
    }
    long narrow = bounds.stream().filter(bound -> bound < 1e-3).count();
    assertTrue(narrow > bounds.size() / 2, bounds::toString);
  }

  @Test
  void gradientsAreThoseOfTheReference() {
    for (long seed = 0; seed < 12; seed++) {
      Program program = Programs.smooth(12).of(seed);
      List<String> by =
          program.inputs().stream()
              .filter(input -> input.type().dtype().isFloating())
              .map(Value::name)
              .toList();
      Program gradient = Gradients.valueAndGradient(program, List.of("result"), by);
      List<Tensor> inputs = Programs.inputs(gradient, false).of(seed);
      List<double[]> expected = values(new ReferenceBackend(), gradient, inputs);
      List<double[]> given = values(backend, gradient, inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i), given.get(i), 1e-8, gradient::toString);
      }
    }
  }

  private static List<double[]> values(Backend on, Program program, List<Tensor> inputs) {
    try (Executable executable = on.compile(program)) {
      return executable.run(inputs).stream().map(Tensor::toDoubleArray).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "I32"})
  void programsOverAMeshEqualTheReference(DType dtype) {
    try (PjrtBackend sharded = PjrtBackend.of(client, MESH)) {
      for (long seed = 0; seed < 10; seed++) {
        ProgramCase plain = exact(dtype, seed);
        Program laid = RandomLayouts.of(plain.program(), MESH, seed);
        BackendCheck.equalsReference(sharded, new ProgramCase(laid, plain.inputs()));
      }
    }
  }

  /** Axes that a region does not name are the plugin's to use. */
  @Test
  void manualRegionsEqualTheReference() {
    try (PjrtBackend sharded = PjrtBackend.of(client, MESH)) {
      for (long seed = 0; seed < 8; seed++) {
        ProgramCase regions =
            Programs.withInputs(
                    Programs.regions(DType.I64, MeshAxis.parseAll("x=4 y=2"), 6, false), true)
                .of(seed);
        BackendCheck.equalsReference(sharded, regions);
        BackendCheck.equalsReference(backend, regions);
      }
    }
  }
}
