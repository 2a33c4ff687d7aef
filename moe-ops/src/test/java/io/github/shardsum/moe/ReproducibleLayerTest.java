package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layer and its gradient in a fixed order of sums have one device's bits on every mesh. */
class ReproducibleLayerTest {
  private static final Map<String, String> LAYOUTS =
      Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");

  private static Tensor spread(Value input, Random random) {
    double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
    Arrays.setAll(values, _ -> random.nextGaussian() * Math.scalb(1.0, random.nextInt(40) - 38));
    return Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype());
  }

  @ParameterizedTest
  @CsvSource({
    "x=2, 4, F32, 512",
    "x=3, 5, F32, 4",
    "x=4, 8, F64, 2",
    "x=2 y=2, 4, F32, 2",
    "x=5, 3, F32, 512"
  })
  void hasOneDevicesBits(String mesh, long groups, DType dtype, int leaf) {
    RouteOptions options = RouteOptions.parse("top2 capacity=factor:1.25 second=random:0.5");
    MoeSizes sizes = MoeSizes.of(groups, 7, 4, 6, 10, options);
    MoeSpec spec = MoeSpec.of(sizes, dtype, options, Randomness.seeded(7));
    Program layer = MoePrograms.layer(spec);
    Program annotated = Annotations.of(LAYOUTS).apply(layer);
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(leaf));
    equal(Mesh.parse(mesh), layer, annotated, sums);
    equal(Mesh.parse(mesh), MoePrograms.gradient(layer), MoePrograms.gradient(annotated), sums);
  }

  private static void equal(Mesh mesh, Program plain, Program annotated, CompileOptions sums) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    plain.inputs().forEach(input -> inputs.add(spread(input, random)));
    try (Collectives collectives = Collectives.open(mesh);
        Executable one =
            LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain, sums);
        MeshExecutable many =
            MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())
                .compile(annotated, sums)) {
      List<Tensor> expected = one.run(inputs);
      List<Tensor> given = many.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(bits(expected.get(i)), bits(given.get(i)), plain.outputs().get(i).name());
      }
    }
  }

  private static long[] bits(Tensor result) {
    return Arrays.stream(result.toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
  }
}
