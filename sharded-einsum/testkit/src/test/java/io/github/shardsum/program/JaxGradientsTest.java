package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npz;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.OperationKinds;
import io.github.shardsum.testkit.Programs;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Losses and gradients against those of JAX 0.10.2 in f64, see src/test/python/jax_gradients.py.
 */
class JaxGradientsTest {
  private static Path resource(String name) throws URISyntaxException {
    URL found = Objects.requireNonNull(JaxGradientsTest.class.getResource("jax/" + name), name);
    return Path.of(found.toURI());
  }

  private static Program program(String name) throws IOException, URISyntaxException {
    return Program.parse(Files.readString(resource(name + ".program")));
  }

  /** JAX has other random numbers; their gradient is held against differences. */
  @Test
  void everyKindOfOperationButDrawsIsHeldAgainstJax() throws Exception {
    List<Program> programs = new ArrayList<>();
    for (String name : names()) {
      programs.add(program(name));
    }
    assertEquals(Set.of("Annotate", "Random", "Uniform"), OperationKinds.missing(programs));
    List<Program> smooth =
        LongStream.range(0, 50).mapToObj(seed -> Programs.smooth(12).of(seed)).toList();
    assertFalse(OperationKinds.missing(smooth).contains("Random"));
  }

  private static List<String> names() {
    return List.of(
        "attention",
        "composites",
        "convolution",
        "movement",
        "pointwise",
        "recurrence",
        "selection");
  }

  @ParameterizedTest
  @MethodSource("names")
  void lossAndGradientsAreThoseOfJax(String name) throws Exception {
    Program program = program(name);
    List<String> inputs = program.inputs().stream().map(Value::name).toList();
    Program gradient = Gradients.valueAndGradient(program, List.of("loss"), inputs);
    try (Npz wanted = Npz.open(resource(name + ".npz"));
        Workers workers = Workers.of(2)) {
      for (Backend backend : List.of(new ReferenceBackend(), LocalBackend.of(workers))) {
        check(backend, gradient, inputs, wanted);
      }
    }
  }

  private static void check(Backend backend, Program gradient, List<String> inputs, Npz wanted)
      throws IOException {
    List<Tensor> given = new ArrayList<>();
    for (String input : inputs) {
      given.add(wanted.read("in." + input));
    }
    try (Executable executable = backend.compile(gradient)) {
      List<Tensor> results = executable.run(given);
      double loss = wanted.read("loss").getDouble();
      assertEquals(loss, results.getFirst().getDouble(), 1e-12 * Math.abs(loss));
      for (int i = 0; i < inputs.size(); i++) {
        assertArrayEquals(
            wanted.read("gradient." + inputs.get(i)).toDoubleArray(),
            results.get(i + 1).toDoubleArray(),
            1e-10,
            inputs.get(i));
      }
    }
  }
}
