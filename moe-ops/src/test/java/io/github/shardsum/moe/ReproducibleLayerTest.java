package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layer and its gradient in a fixed order of sums have one device's bits on every mesh. */
class ReproducibleLayerTest {
  private static final Map<String, String> LAYOUTS =
      Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");

  private static String axes(String mesh) {
    return String.join(".", Mesh.parse(mesh).axisNames());
  }

  private static Tensor spread(Value input, Random random) {
    if (input.type().dtype() == DType.I32) {
      return Tensor.of(new int[] {20, 0, 61}, 3);
    }
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

  /**
   * Kernels that keep the order run: the route's, which splits along G, and the experts' product,
   * which splits along its last label.
   */
  @ParameterizedTest
  @CsvSource({"x=2, F32, 512", "x=3, F32, 2", "x=2 y=2, BF16, 4", "x=5, F64, 4"})
  void kernelsKeepTheOrder(String mesh, DType dtype, int leaf) {
    RouteOptions options = RouteOptions.parse("top2 capacity=factor:1.25");
    MoeSizes sizes = MoeSizes.of(6, 7, 4, 6, 10, options);
    Program layer =
        MoePrograms.raggedLayer(MoeSpec.of(sizes, dtype, options, Randomness.seeded(1)));
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(leaf));
    Program annotated = Annotations.of(Map.of("inputs", "G@" + axes(mesh))).apply(layer);
    equal(Mesh.parse(mesh), layer, annotated, sums);
    equal(Mesh.parse(mesh), MoePrograms.gradient(layer), MoePrograms.gradient(annotated), sums);
  }

  /** The experts' product and its gradient, of which a device computes some columns. */
  @ParameterizedTest
  @CsvSource({"x=2, F32, 512", "x=3, F32, 2", "x=2 y=2, BF16, 4", "x=13, F64, 4"})
  void expertsProductsKeepTheOrder(String mesh, DType dtype, int leaf) {
    ProgramBuilder p = Program.builder("product");
    Value x = p.input("x", dtype + "[r=90 k=11]");
    Value w = p.input("w", dtype + "[e=3 k=11 n=13]");
    Value sizes = p.input("sizes", "i32[e=3]");
    p.output("y", p.add(MoePrograms.expertProduct(x, w, sizes)).getFirst());
    Program product = Gradients.valueAndPullback(p.build(), List.of("y"), List.of("x", "w"));
    Map<String, String> layouts = Map.of("w", "e k n@" + axes(mesh));
    Program annotated = Annotations.of(layouts).apply(product);
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(leaf));
    equal(Mesh.parse(mesh), product, annotated, sums);
  }

  /**
   * Results have these bits at every vector width, without the Vector API, on any number of threads
   * and on a mesh. The digest stands for the definition of the layer and the order of its sums; a
   * change of either is the only reason to change it.
   */
  @ParameterizedTest
  @CsvSource({"F32, 512, 48fe55e2", "F64, 4, d80017c5", "BF16, 4, 8fe2a625"})
  void hasTheBitsOfEveryWidth(DType dtype, int leaf, String digest) {
    RouteOptions options = RouteOptions.parse("top2 capacity=factor:1.25 second=random:0.5");
    MoeSizes sizes = MoeSizes.of(4, 37, 4, 24, 1100, options);
    Program layer = MoePrograms.layer(MoeSpec.of(sizes, dtype, options, Randomness.seeded(7)));
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(leaf));
    for (int threads : new int[] {1, 3}) {
      CRC32C bits = new CRC32C();
      for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
        try (Workers workers = Workers.of(threads);
            Executable one =
                LocalBackend.of(workers, MoePrograms.kernels()).compile(program, sums)) {
          one.run(inputs(program)).forEach(result -> update(bits, bits(result)));
        }
      }
      assertEquals(digest, Long.toHexString(bits.getValue()), threads + " threads");
    }
    Program annotated = Annotations.of(LAYOUTS).apply(layer);
    equal(Mesh.parse("x=4"), layer, annotated, sums, inputs(layer));
    Program gradient = MoePrograms.gradient(layer);
    equal(Mesh.parse("x=4"), gradient, MoePrograms.gradient(annotated), sums, inputs(gradient));
  }

  /** Numbers of which each step is exact: the same on every machine. */
  private static List<Tensor> inputs(Program program) {
    Random random = new Random(11);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      long[] shape = input.type().shape().toArray();
      double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
      boolean isWhole = input.type().dtype() == DType.I32;
      Arrays.setAll(
          values,
          _ ->
              isWhole
                  ? random.nextInt(38)
                  : Math.scalb(random.nextInt(2001) - 1000, random.nextInt(20) - 25));
      inputs.add(Tensor.of(values, shape).convert(input.type().dtype()));
    }
    return inputs;
  }

  private static void update(CRC32C digest, long[] words) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * words.length);
    bytes.asLongBuffer().put(words);
    digest.update(bytes);
  }

  private static void equal(Mesh mesh, Program plain, Program annotated, CompileOptions sums) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    plain.inputs().forEach(input -> inputs.add(spread(input, random)));
    equal(mesh, plain, annotated, sums, inputs);
  }

  private static void equal(
      Mesh mesh, Program plain, Program annotated, CompileOptions sums, List<Tensor> inputs) {
    try (Collectives collectives = Collectives.open(mesh);
        Executable one =
            LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain, sums);
        MeshExecutable many =
            MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())
                .compile(annotated, sums)) {
      assertTrue(!hasNote(one, "moe.route ") && !hasNote(one, "moe.expert_product"), one.explain());
      List<Tensor> expected = one.run(inputs);
      List<Tensor> given = many.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(bits(expected.get(i)), bits(given.get(i)), plain.outputs().get(i).name());
      }
    }
  }

  /** Whether a composite runs without its kernel. */
  private static boolean hasNote(Executable program, String composite) {
    return program.explain().contains("composite " + composite);
  }

  private static long[] bits(Tensor result) {
    return Arrays.stream(result.toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
  }
}
