package io.github.shardsum.cli.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TraceTest {
  private static final int DEVICES = 4;

  private static final String PRODUCT =
      """
      program product {
        input a: f32[m=8 k=8]
        input b: f32[k=8 n=8]
        c = einsum(a, b) {equation="mk,kn->mn"}
        d = relu(c)
        output d
      }
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private void write() throws IOException {
    Files.writeString(folder.resolve("product.program"), PRODUCT);
    float[] ones = new float[64];
    Arrays.fill(ones, 1);
    Npy.write(folder.resolve("a.npy"), Tensor.of(ones, 8, 8));
    Npy.write(folder.resolve("b.npy"), Tensor.of(ones, 8, 8));
  }

  @Test
  void everyDeviceHasEachStepMeasuredAndPredicted() throws IOException {
    write();
    int status =
        run(
            "run",
            file("product.program"),
            "--in",
            folder.toString(),
            "--mesh",
            "x=" + DEVICES,
            "--annotate",
            "a=m k@x",
            "--annotate",
            "c=m n",
            "--trace",
            file("trace.json"));
    assertEquals(0, status, err::toString);
    JsonNode trace = new JsonMapper().readTree(Files.readString(folder.resolve("trace.json")));
    Map<String, List<JsonNode>> tracks = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (JsonNode event : trace.path("traceEvents")) {
      String track = event.path("pid").intValue() + "/" + event.path("tid").intValue();
      if (event.path("ph").asString("").equals("X")) {
        tracks.computeIfAbsent(track, _ -> new ArrayList<>()).add(event);
      } else if (event.path("name").asString("").equals("thread_name")) {
        names.put(track, event.path("args").path("name").asString(""));
      }
    }
    assertEquals(2 * DEVICES, tracks.size(), tracks.keySet()::toString);
    for (int device = 0; device < DEVICES; device++) {
      assertEquals("measured", names.get(device + "/0"));
      assertEquals("predicted", names.get(device + "/1"));
      List<String> measured = inOrder(tracks.get(device + "/0"));
      assertEquals(measured, inOrder(tracks.get(device + "/1")));
      assertTrue(measured.contains("all-reduce"), measured::toString);
      assertTrue(measured.getFirst().startsWith("c"), measured::toString);
    }
    assertTrue(err.toString().contains("predicted ms"), err::toString);
    assertTrue(err.toString().strip().endsWith("in all"), err::toString);
  }

  /** The steps that devices ran, without and with windows. */
  @Test
  void aRunWithWindowsHasThem() throws IOException {
    write();
    String laid = PRODUCT.replace("f32[m=", "f32[m@x=").replace("k=8 n=", "k=8 n@x=");
    Files.writeString(folder.resolve("product.program"), laid);
    List<String> run = List.of("run", file("product.program"), "--in", folder.toString());
    List<Set<String>> steps = new ArrayList<>();
    for (String windows : List.of("never", "always")) {
      List<String> line = new ArrayList<>(run);
      line.addAll(
          List.of(
              "--mesh",
              "x=2",
              "--annotate",
              "d=m@x n",
              "--windows",
              windows,
              "--trace",
              file("trace.json")));
      assertEquals(0, run(line.toArray(String[]::new)), err::toString);
      Set<String> names = new TreeSet<>();
      new JsonMapper()
          .readTree(Files.readString(folder.resolve("trace.json")))
          .path("traceEvents")
          .forEach(event -> names.add(event.path("name").asString("")));
      steps.add(names);
    }
    assertTrue(steps.getFirst().contains("all-gather"), steps::toString);
    assertTrue(!steps.getFirst().contains("windows"), steps::toString);
    assertTrue(steps.getLast().contains("windows"), steps::toString);
    assertTrue(!steps.getLast().contains("all-gather"), steps::toString);
  }

  /** Experts by rows are local programs and collectives, each predicted by its own rule. */
  @Test
  void expertsByRowsAreShownPartByPart() throws IOException {
    Files.writeString(folder.resolve("text"), "No man is an island, entire of itself. ".repeat(8));
    List<String> arguments = new ArrayList<>(List.of("moe", "--text", file("text"), "--dropless"));
    arguments.addAll(List.of("--experts", "4", "--group", "20", "--model", "16", "--hidden", "32"));
    arguments.addAll(List.of("--mesh", "x=" + DEVICES, "--trace", file("trace.json")));
    assertEquals(0, run(arguments.toArray(String[]::new)), () -> out + " " + err);
    JsonNode trace = new JsonMapper().readTree(Files.readString(folder.resolve("trace.json")));
    Map<String, String> kinds = new TreeMap<>();
    Map<String, Set<Integer>> devices = new TreeMap<>();
    for (JsonNode event : trace.path("traceEvents")) {
      String name = event.path("name").asString("");
      if (event.path("args").has("part") && event.path("tid").intValue() == 0) {
        kinds.put(name, event.path("cat").asString(""));
        devices.computeIfAbsent(name, _ -> new TreeSet<>()).add(event.path("pid").intValue());
        boolean isLocal = event.path("cat").asString("").equals("local");
        double predicted = event.path("args").path("predictedMicroseconds").doubleValue();
        double flops = event.path("args").path("flops").doubleValue();
        assertTrue(isLocal ? flops >= 0 : flops == 0 && predicted > 0, event::toString);
      }
    }
    assertEquals("local", kinds.get("moe.experts: moe.rows_experts"), kinds::toString);
    assertEquals("collective", kinds.get("moe.experts: all-to-all of rows"), kinds::toString);
    assertEquals("collective", kinds.get("moe.experts: all-to-all of y"), kinds::toString);
    devices.forEach((name, on) -> assertEquals(DEVICES, on.size(), name));
    // Two products of 16 x 32 for each row; every token has two choices, shared out evenly.
    double flops = 0;
    for (JsonNode event : trace.path("traceEvents")) {
      boolean isMeasured = event.path("tid").intValue() == 0;
      if (isMeasured && event.path("name").asString("").equals("moe.experts: moe.rows_experts")) {
        flops += event.path("args").path("flops").doubleValue();
      }
    }
    assertTrue(flops > 0 && flops % (2 * 2 * 16 * 32) == 0, "flops " + flops);
  }

  /**
   * Of the experts of all devices: their operations and bytes, how many spans have none, and spans
   * of what travels.
   */
  private record Traced(double flops, double bytes, int idle, Set<String> collectives) {}

  private Traced traced(int experts, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("moe", "--text", file("text"), "--dropless"));
    arguments.addAll(List.of("--group", "20", "--model", "16"));
    arguments.addAll(List.of("--experts", Integer.toString(experts)));
    arguments.addAll(List.of("--hidden", "32", "--mesh", "x=" + DEVICES));
    arguments.addAll(List.of("--trace", file("trace.json")));
    arguments.addAll(List.of(more));
    assertEquals(0, run(arguments.toArray(String[]::new)), () -> out + " " + err);
    double flops = 0;
    double bytes = 0;
    int idle = 0;
    Set<String> collectives = new TreeSet<>();
    for (JsonNode event :
        new JsonMapper()
            .readTree(Files.readString(folder.resolve("trace.json")))
            .path("traceEvents")) {
      String name = event.path("name").asString("");
      if (event.path("cat").asString("").equals("collective")) {
        collectives.add(name);
      }
      if (event.path("tid").intValue() == 0 && name.endsWith("moe.rows_experts")) {
        double ofSpan = event.path("args").path("flops").doubleValue();
        flops += ofSpan;
        bytes += event.path("args").path("bytes").doubleValue();
        idle += ofSpan == 0 ? 1 : 0;
      }
    }
    return new Traced(flops, bytes, idle, collectives);
  }

  /** Three experts of a device in pieces of two and one. */
  @Test
  void piecesHaveTheWorkOfTheWholeAndShowWhatIsLeftOfTheirTransfers() throws IOException {
    Files.writeString(folder.resolve("text"), "No man is an island, entire of itself. ".repeat(8));
    Traced whole = traced(12);
    Traced pieces = traced(12, "--windows", "always");
    assertTrue(whole.flops() > 0 && whole.bytes() > 0, whole::toString);
    assertEquals(whole.flops(), pieces.flops(), 1e-9 * whole.flops());
    assertEquals(whole.bytes(), pieces.bytes(), 1e-9 * whole.bytes());
    String rest = "moe.experts: rest of all-to-all of ";
    assertTrue(pieces.collectives().contains(rest + "rows"), pieces::toString);
    assertTrue(pieces.collectives().contains(rest + "y"), pieces::toString);
    assertTrue(whole.collectives().stream().noneMatch(name -> name.startsWith(rest)));
  }

  /** Seven experts on four devices, in two pieces: the last device has one expert, in the first. */
  @Test
  void aPieceWithoutExpertsIsNoCollective() throws IOException {
    Files.writeString(folder.resolve("text"), "No man is an island, entire of itself. ".repeat(8));
    Traced pieces = traced(7, "--windows", "always");
    assertEquals(1, pieces.idle(), pieces::toString);
    assertTrue(
        pieces.collectives().stream().noneMatch(name -> name.endsWith("moe.rows_experts")),
        pieces::toString);
  }

  /** The names of a track's events, none of which begins before the one before it ends. */
  private static List<String> inOrder(List<JsonNode> events) {
    List<String> names = new ArrayList<>();
    double end = 0;
    for (JsonNode event : events) {
      double begin = event.path("ts").doubleValue();
      assertTrue(begin >= end - 1e-3, () -> event + " begins too early");
      end = begin + event.path("dur").doubleValue();
      names.add(event.path("name").asString(""));
    }
    return names;
  }

  @Test
  void withoutAMeshThereIsNoTrace() throws IOException {
    write();
    int status =
        run("run", file("product.program"), "--in", folder.toString(), "--trace", file("t.json"));
    assertEquals(2, status);
    assertTrue(
        err.toString().contains("--trace: must be given with --mesh and --backend local"),
        err::toString);
  }

  @Test
  void aTraceMayLieInTheFolderOfTheResults() throws IOException {
    write();
    int status =
        run(
            "run",
            file("product.program"),
            "--in",
            folder.toString(),
            "--mesh",
            "x=2",
            "--out",
            file("new/results"),
            "--trace",
            file("new/t.json"));
    assertEquals(0, status, err::toString);
    assertTrue(Files.size(folder.resolve("new/t.json")) > 0);
  }
}
