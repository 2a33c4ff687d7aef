package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.ReshardPlan;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The page of errors has the words of errors that are thrown, and all that planning throws. */
class TroubleshootingTest {
  private static final Pattern KEY = Pattern.compile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| [^|]+ \\|$");
  private static final Pattern THROWN =
      Pattern.compile("new (?:Plan|Propagation)Exception\\((.*?)\\);\\n", Pattern.DOTALL);
  private static final Mesh MESH = Mesh.parse("x=2 y=2");
  private static final PlanOptions OPTIONS = PlanOptions.defaults();
  private static final Program PRODUCT =
      Program.parse(
          """
          program product {
            input a: f32[m=4 k=4]
            input b: f32[k=4 n=4]
            c = einsum(a, b) {equation="m k, k n -> m n"}
            output c
          }
          """);

  private static final Map<String, Executable> ERRORS =
      Map.ofEntries(
          Map.entry("a mesh axis must be one of mesh", () -> layout("m@q")),
          Map.entry("a whole mesh axis must be named, got part of one", () -> layout("m@x:(1)2")),
          Map.entry("expected one of its labels", () -> layout("m").dim("k")),
          Map.entry("both layouts must have the same labels", () -> reshard("a b", "b a", OPTIONS)),
          Map.entry("every axis must have a name of its own", () -> Mesh.parse("x=2 x=2")),
          Map.entry("a device order holds each of", () -> Mesh.parse("x=2").withDevices(0, 0)),
          Map.entry(
              "cannot become a partial sum over it", () -> reshard("a b", "a b | x", OPTIONS)),
          Map.entry(
              "no plan gives the result as", () -> einsum("m@x n, n p -> m n p | y", OPTIONS)),
          Map.entry("PlanOptions.withReplication()", () -> far(OPTIONS)),
          Map.entry(
              "no way stays within the memory limit of", () -> far(OPTIONS.withMemoryLimit(0))),
          Map.entry("the least found needs", () -> plan(PRODUCT, OPTIONS.withMemoryLimit(100))),
          Map.entry(
              "outputs alone need",
              () ->
                  Auto.find(
                      PRODUCT, MESH, AutoOptions.defaults().withPlan(OPTIONS.withMemoryLimit(1)))),
          Map.entry(
              "axes must be of mesh",
              () -> Propagation.of(region(), Mesh.parse("y=2"), PropagationOptions.defaults())),
          Map.entry(
              "a manual region adds in the order of its collectives",
              () -> plan(region(), OPTIONS.withSums(SumOrder.TREE))),
          Map.entry("refused:", TroubleshootingTest::refused),
          Map.entry("must be used in place of its operand", TroubleshootingTest::unused),
          Map.entry("names must be of its values", () -> annotated("nobody", "m@x")),
          Map.entry("has no annotation", () -> propagateStrictly(PRODUCT)),
          Map.entry(
              "is asked for in",
              () ->
                  propagateStrictly(Annotations.of(Map.of("a", "k@x", "b", "k@y")).apply(PRODUCT))),
          Map.entry(
              "linear in such sums",
              () -> propagateStrictly(Annotations.of(Map.of("a", "| x")).apply(PRODUCT))),
          Map.entry(
              "labels, in",
              () ->
                  propagateStrictly(
                      Annotations.of(Map.of("a", "m@x", "b", "n@x")).apply(PRODUCT))));

  /** Advice for jobs of several processes, which {@code launch.FailingJobTest} provokes. */
  private static final String OF_JOBS = "choose a number of processes that divides the devices";

  private static Layout layout(String notation) {
    return Layout.parse(MESH, notation);
  }

  private static ReshardPlan reshard(String from, String to, PlanOptions options) {
    return ReshardPlan.of(layout(from), layout(to), Shape.of(4, 4), DType.F32, options);
  }

  /** Over so many axes that not all ways are looked for. */
  private static void far(PlanOptions options) {
    Mesh mesh = Mesh.parse("a=2 b=2 c=2 d=2 e=2 f=2 g=2 h=2");
    Layout from = Layout.parse(mesh, "n@a.b.c.d");
    Layout to = Layout.parse(mesh, "n@e.f.g.h");
    ReshardPlan.of(from, to, Shape.of(256), DType.F32, options);
  }

  private static void einsum(String equation, PlanOptions options) {
    ShardedEinsumPlan.of(
        Equation.parse(equation),
        MESH,
        List.of(Shape.of(8, 8), Shape.of(8, 8)),
        Map.of(),
        DType.F32,
        options);
  }

  private static void plan(Program program, PlanOptions options) {
    ProgramPlan.of(program, MESH, _ -> false, options);
  }

  private static void refused() {
    ReshardPlan right = reshard("a@x b", "a b@x", OPTIONS);
    SpmdPlan wrong = new SpmdPlan(MESH, right.plan().inputs(), List.of(), List.of(0));
    new ReshardPlan(right.to(), wrong, 0, 0, false).certify();
  }

  private static void unused() {
    ProgramBuilder program = Program.builder("unused");
    var x = program.input("x", ValueType.of(DType.F32, List.of("m"), List.of(4L)));
    program.split(x, "m", "x");
    program.output(x);
    program.build();
  }

  private static Program region() {
    return Program.parse(
        """
        program whole {
          input x: f32[m=4]
          y = manual(x) {axes=["x=2"], in=["m@x"], out=["m@x"], body=program region {
            input x: f32[m=2]
            y = negate(x)
            output y }}
          output y
        }
        """);
  }

  private static void annotated(String name, String layout) {
    Annotations.of(Map.of(name, layout)).apply(PRODUCT);
  }

  private static void propagateStrictly(Program program) {
    Propagation.of(program, MESH, PropagationOptions.defaults().asStrict());
  }

  private static List<String> keys() throws IOException {
    String page =
        Documentation.pages().stream()
            .filter(each -> each.name().equals("docs/troubleshooting.md"))
            .findFirst()
            .orElseThrow()
            .text();
    return KEY.matcher(page).results().map(key -> key.group(1)).toList();
  }

  @Test
  void everyErrorOfThePageIsThrownWithItsWords() throws IOException {
    Set<String> all = new TreeSet<>(ERRORS.keySet());
    all.add(OF_JOBS);
    assertEquals(all, new TreeSet<>(keys()));
    ERRORS.forEach(
        (words, error) -> {
          String message = assertThrows(RuntimeException.class, error, words).getMessage();
          assertTrue(message.contains(words), () -> words + " is not in: " + message);
        });
  }

  /** Where planning or propagation gives up, the page has some of the words. */
  @Test
  void everyErrorOfPlanningIsOnThePage() throws IOException {
    List<String> keys = keys();
    List<String> missing = new ArrayList<>();
    int thrown = 0;
    for (Path source : sources()) {
      String text = Files.readString(source);
      for (MatchResult error : THROWN.matcher(text).results().toList()) {
        thrown++;
        // A message that does not begin with its own words is put together elsewhere in the file.
        String own = error.group(1).strip();
        boolean isWhole = own.startsWith("\"") || own.startsWith("(\"");
        String words = isWhole && !own.contains(": %s\"") ? own : text;
        words = words.replaceAll("\"\\s*\\+\\s*\"", "");
        if (keys.stream().noneMatch(words::contains)) {
          missing.add(source.getFileName() + ": " + error.group());
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(thrown >= 7, "found " + thrown);
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Documentation.ROOT.resolve("sharded-einsum/src/main"))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
