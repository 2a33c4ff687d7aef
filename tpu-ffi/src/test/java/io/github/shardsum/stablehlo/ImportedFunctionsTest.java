package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npz;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Functions of JAX whose text is imported and run, compared with JAX's own results. The resource
 * {@code jax/functions.py} writes the texts and the results.
 */
class ImportedFunctionsTest {
  private static final String FOLDER = "jax/";

  @TempDir Path folder;

  static Stream<String> functions() throws IOException {
    return new String(resource("functions.txt"), StandardCharsets.UTF_8).lines();
  }

  @ParameterizedTest
  @MethodSource("functions")
  void hasTheValuesOfJax(String name) throws IOException {
    String text = new String(resource(name + ".mlir"), StandardCharsets.UTF_8);
    Program program = ImportedProgram.parse(text).program();
    assertEquals(program, Program.parse(program.toString()));
    Path results = folder.resolve("results.npz");
    Files.write(results, resource("results.npz"));
    Tensor[] inputs =
        IntStream.range(0, program.inputs().size())
            .mapToObj(k -> input(program.inputs().get(k), k))
            .toArray(Tensor[]::new);
    try (Executable executable = LocalBackend.of(Workers.sequential()).compile(program);
        Npz expected = Npz.open(results)) {
      List<Tensor> outputs = executable.run(inputs);
      for (int k = 0; k < outputs.size(); k++) {
        compare(name + "." + k, expected.read(name + "." + k), outputs.get(k));
      }
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ImportedFunctionsTest.class.getResourceAsStream(FOLDER + name)) {
      return in.readAllBytes();
    }
  }

  /** The numbers of {@code given} in the script. */
  private static Tensor input(Value value, int k) {
    int size = Math.toIntExact(value.type().shape().elementCount());
    if (value.type().dtype() == DType.I32) {
      int[] numbers = new int[size];
      for (int i = 0; i < size; i++) {
        numbers[i] = (i * 7 + k) % 5;
      }
      return Tensor.of(numbers, value.type().shape().toArray());
    }
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = (float) ((i * 7919L + 104729L * (k + 1)) % 2003 / 1001.5 - 1);
    }
    return Tensor.of(numbers, value.type().shape().toArray());
  }

  private static void compare(String name, Tensor expected, Tensor actual) {
    assertEquals(expected.dtype(), actual.dtype(), name);
    assertEquals(expected.shape(), actual.shape(), name);
    double[] wanted = expected.convert(DType.F64).toDoubleArray();
    double[] got = actual.convert(DType.F64).toDoubleArray();
    boolean whole = !expected.dtype().isFloating();
    for (int i = 0; i < wanted.length; i++) {
      double allowed = whole ? 0 : 2e-5 * Math.max(1, Math.abs(wanted[i]));
      boolean near = Math.abs(wanted[i] - got[i]) <= allowed || wanted[i] == got[i];
      int at = i;
      assertTrue(
          near || (Double.isNaN(wanted[i]) && Double.isNaN(got[i])),
          () -> name + "[" + at + "]: JAX has " + wanted[at] + ", got " + got[at]);
    }
  }
}
