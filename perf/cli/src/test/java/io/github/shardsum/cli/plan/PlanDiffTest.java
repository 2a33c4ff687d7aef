package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PlanDiffTest {
  private static final String FEED =
      """
      program feed {
        input x: f32[B=64 M=256]
        input w1: f32[M=256 H=1024]
        input w2: f32[H=1024 N=256]
        h = einsum(x, w1) {equation="BM,MH->BH"}
        r = relu(h)
        y = einsum(r, w2) {equation="BH,HN->BN"}
        output y
      }
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path program = Path.of("");

  @BeforeEach
  void write() throws IOException {
    program = folder.resolve("feed.program");
    Files.writeString(program, FEED);
  }

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private Path plan(String name, String... annotations) throws IOException {
    assertEquals(0, run(arguments(annotations, "--json")), err::toString);
    Path file = folder.resolve(name);
    Files.writeString(file, out.toString());
    return file;
  }

  private String[] arguments(String[] annotations, String... more) {
    List<String> all = new ArrayList<>(List.of("plan", program.toString(), "--mesh", "x=4"));
    for (String annotation : annotations) {
      all.addAll(List.of("--annotate", annotation));
    }
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void ofEqualPlansNothingDiffers() throws IOException {
    Path old = plan("old.json", "x=B@x");
    assertEquals(0, run(arguments(new String[] {"x=B@x"}, "--diff", old.toString())));
    assertTrue(out.toString().startsWith("the same steps"), out.toString());
    assertTrue(out.toString().strip().endsWith("the same"), out.toString());
    assertEquals(0, run(arguments(new String[] {"x=B@x"}, "--diff", old.toString(), "--certify")));
    assertTrue(out.toString().contains("certified"), out.toString());
  }

  @Test
  void aDearerPlanIsStatusOneAndACheaperOneZero() throws IOException {
    String[] batch = {"x=B@x"};
    String[] model = {"x=B M", "w1=M H@x", "w2=H@x N", "y=B N"};
    Path cheap = plan("cheap.json", batch);
    Path dear = plan("dear.json", model);
    assertEquals(1, run(arguments(model, "--diff", cheap.toString())), err::toString);
    List<String> lines = out.toString().lines().toList();
    assertTrue(
        lines.stream().anyMatch(l -> l.startsWith("came") && l.contains("all-reduce")),
        out.toString());
    assertTrue(lines.getLast().endsWith("dearer"), out.toString());
    assertEquals(0, run(arguments(batch, "--diff", dear.toString())), err::toString);
    lines = out.toString().lines().toList();
    assertTrue(
        lines.stream().anyMatch(l -> l.startsWith("went") && l.contains("all-reduce")),
        out.toString());
    assertTrue(lines.getLast().endsWith("cheaper"), out.toString());
  }

  @Test
  void otherSizesAreAChangedPrice() throws IOException {
    String equation = "m@x k, k n -> m@x n";
    assertEquals(0, run("plan", "--mesh", "x=2", "--sizes", "m=400,k=64,n=64", equation, "--json"));
    Path old = folder.resolve("old.json");
    Files.writeString(old, out.toString());
    String twice = "m=800,k=64,n=64";
    assertEquals(
        1,
        run(
            "plan",
            "--mesh",
            "x=2",
            "--sizes",
            twice,
            equation,
            "--diff",
            old.toString(),
            "--json"),
        err::toString);
    JsonNode diff = new JsonMapper().readTree(out.toString());
    for (String none : List.of("went", "came", "moved")) {
      assertEquals(0, diff.path(none).size(), out::toString);
    }
    JsonNode changed = diff.path("changed");
    assertEquals(1, changed.size(), out::toString);
    assertEquals(
        2 * changed.get(0).path("before").doubleValue(),
        changed.get(0).path("after").doubleValue(),
        out::toString);
    assertEquals(
        2 * diff.path("flops").path("before").longValue(),
        diff.path("flops").path("after").longValue(),
        out::toString);
    assertTrue(diff.path("dearer").booleanValue(), out::toString);
  }

  @Test
  void whatAnAnnotationWouldDoIsPrintedBesideThePlanWithoutIt() {
    assertEquals(0, run(arguments(new String[0], "--what-if", "h=B H@x")), err::toString);
    assertTrue(out.toString().contains("price, elements"), out.toString());
    assertTrue(out.toString().contains("changed"), out.toString());
    int twice =
        run(arguments(new String[] {"h=B H@x"}, "--what-if", "h=B@x H", "--diff", "none.json"));
    assertEquals(2, twice, err::toString);
  }

  @Test
  void aFileThatIsNoPlanIsNamed() throws IOException {
    Path file = folder.resolve("none.json");
    Files.writeString(file, "{}");
    assertEquals(1, run(arguments(new String[0], "--diff", file.toString())));
    assertTrue(err.toString().contains("none.json"), err.toString());
  }
}
