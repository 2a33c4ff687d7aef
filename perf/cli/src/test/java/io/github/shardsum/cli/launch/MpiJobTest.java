package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.cli.launch.MpiJob.Outcome;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Jobs of three processes that end well, and what they are told of wrong options. */
@Tag("deep")
class MpiJobTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aProgramThatEndsWellGivesItsResults(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "nothing", true);
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(6, outcome.count("sum 6\\.0"), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aProgramRunsOnAMeshOverTheJob(String mpi) throws Exception {
    Path file = layer();
    Path in = inputs("in", 8, 6);
    List<String> start = MpiJob.java("io.github.shardsum.cli.Main", MpiJob.classPath());
    List<String> one = List.of("run", file.toString(), "--in", in.toString(), "-o");
    Path alone = folder.resolve("alone");
    assertEquals(0, Main.commandLine().execute(with(one, alone.toString()).toArray(String[]::new)));
    Path shared = folder.resolve("shared");
    List<String> job = with(with(start, one.toArray(String[]::new)), shared.toString());
    List<String> mesh = with(job, "--annotate", "h=E@x", "--mesh");
    Outcome outcome = new MpiJob(folder).launch(mpi, with(mesh, "x=6"));
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(-1, Files.mismatch(alone.resolve("h.npy"), shared.resolve("h.npy")));
  }

  /** Every process writes its own devices, and all of them the same run. */
  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aTraceIsOfOneRunOnAllProcesses(String mpi) throws Exception {
    List<String> command = MpiJob.java("io.github.shardsum.cli.Main", MpiJob.classPath());
    Path trace = folder.resolve("trace.json");
    command.addAll(List.of("run", layer().toString(), "--in", inputs("in", 8, 6).toString()));
    command.addAll(List.of("--annotate", "x=M@x", "--annotate", "h=E@x", "--mesh", "x=6"));
    command.addAll(
        List.of("-o", folder.resolve("results").toString(), "--trace", trace.toString()));
    Outcome outcome = new MpiJob(folder).launch(mpi, command);
    assertEquals(0, outcome.status(), outcome.toString());
    assertTrue(outcome.errors().contains("predicted ms"), outcome.toString());
    Set<Integer> devices = new TreeSet<>();
    Set<Integer> numbers = new TreeSet<>();
    for (String suffix : List.of("", ".1", ".2")) {
      Path file = folder.resolve("trace.json" + suffix);
      JsonNode traced = new JsonMapper().readTree(Files.readString(file));
      numbers.add(traced.path("otherData").path("run").intValue());
      for (JsonNode event : traced.path("traceEvents")) {
        devices.add(event.path("pid").intValue());
      }
    }
    assertEquals(Set.of(0, 1, 2, 3, 4, 5), devices);
    assertEquals(1, numbers.size(), () -> "runs " + numbers);
    assertTrue(numbers.iterator().next() >= 1, () -> "runs " + numbers);
  }

  /** Before any work, so that none waits for another. */
  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aWrongInputIsTheSameErrorOnEveryProcess(String mpi) throws Exception {
    List<String> command = MpiJob.java(WrongInputs.class.getName(), MpiJob.classPath());
    command.add(layer().toString());
    inputs("right", 8, 6);
    inputs("of-another-size", 7, 6);
    inputs("of-another-rank", 8, 6, 1);
    Outcome outcome = new MpiJob(folder).launch(mpi, command);
    assertEquals(0, outcome.status(), outcome.toString());
    for (WrongInputs.Kind kind : WrongInputs.Kind.values()) {
      String told = kind + ": shardsum run: [^\\n]*" + Pattern.quote(kind.words()) + "[^\\n]*";
      List<String> each =
          Pattern.compile(told).matcher(outcome.out()).results().map(MatchResult::group).toList();
      assertEquals(3, each.size(), kind + " in " + outcome);
      assertEquals(1, Set.copyOf(each).size(), each.toString());
    }
  }

  private Path layer() throws IOException {
    return Files.writeString(
        folder.resolve("layer.program"),
        """
        program layer {
          input x: f32[E=8 M=6]
          input wi: f32[E=8 M=6 H=4]
          hidden = einsum(x, wi) {equation="E M, E M H -> E H"}
          h = relu(hidden)
          output h
        }
        """);
  }

  /** The layer's inputs, of which x has a shape. */
  private Path inputs(String name, long... shape) throws IOException {
    Path in = Files.createDirectories(folder.resolve(name));
    Npy.write(in.resolve("x.npy"), numbers(shape));
    Npy.write(in.resolve("wi.npy"), numbers(8, 6, 4));
    return in;
  }

  private static List<String> with(List<String> line, String... more) {
    return Stream.concat(line.stream(), Stream.of(more)).toList();
  }

  private static Tensor numbers(long... shape) {
    Tensor tensor = Tensor.zeros(DType.F32, shape);
    Tensor flat = tensor.reshape(tensor.shape().elementCount());
    for (long i = 0; i < flat.size(0); i++) {
      flat.set(i % 5 - 2, i);
    }
    return tensor;
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void programsAreLookedForWhereTheCallerDoes(String mpi) throws Exception {
    Outcome outcome =
        new MpiJob(folder).launch(mpi, List.of("sh", "-c", "echo \"found by $PATH\""));
    assertEquals(0, outcome.status(), outcome.toString());
    String wanted = Pattern.quote("found by " + System.getenv("PATH")) + "$";
    assertEquals(3, outcome.count("(?m)^" + wanted), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aMeasuredTopologyIsPrintedOnce(String mpi) throws Exception {
    List<String> command = MpiJob.java("io.github.shardsum.cli.Main", MpiJob.classPath());
    command.addAll(List.of("topology", "this-machine", "-n", "3"));
    Outcome outcome = new MpiJob(folder).launch(mpi, command);
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(1, outcome.count("processes: 3"), outcome.toString());
    assertEquals(1, outcome.count("mesh d=3, groups over d"), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aLayerIsReportedOnce(String mpi) throws Exception {
    List<String> command = MpiJob.java("io.github.shardsum.cli.Main", MpiJob.classPath());
    command.addAll(
        List.of("moe", "--group", "32", "--model", "8", "--hidden", "8", "--experts", "3"));
    Outcome alone = new MpiJob(folder).launch(mpi, command);
    assertTrue(alone.toString().contains("--mesh AXES: must be given under shardsum launch"));
    Outcome outcome = new MpiJob(folder).launch(mpi, with(command, "--mesh", "x=3"));
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(1, outcome.count("3 devices in 3 processes"), outcome.toString());
    assertEquals(1, outcome.count("best of "), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void standardInputIsThatOfRankZero(String mpi) throws Exception {
    Path words = Files.writeString(folder.resolve("words"), "a word\n");
    Outcome outcome = new MpiJob(folder).launch(mpi, List.of("cat"), words.toFile());
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals("a word\n", outcome.out());
  }
}
