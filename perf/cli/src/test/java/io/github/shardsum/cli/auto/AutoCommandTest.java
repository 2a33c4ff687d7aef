package io.github.shardsum.cli.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AutoCommandTest {
  private static final String PRODUCT =
      """
      program product {
        input a: f32[m=512 k=64]
        input b: f32[k=64 n=64]
        c = einsum(a, b) {equation="mk,kn->mn"}
        output c
      }
      """;

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void annotationsOfAProgramArePrintedAsPlanTakesThem() throws IOException {
    Path program = write("product.program", PRODUCT);
    assertEquals(0, execute("auto", program.toString(), "--mesh", "x=4", "--seconds", "0.5"));
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(lines.getFirst().startsWith("--annotate 'a=m@x'"), lines::toString);
    assertTrue(
        lines.contains("bound      2,621 elements (the price is the lowest possible)"),
        lines::toString);
    assertTrue(lines.getLast().startsWith("certified: "), lines::toString);
    assertEquals(2, execute("auto", program.toString()));
    assertEquals(2, execute("auto", "--mesh", "x=4"));
    assertEquals(2, execute("auto", program.toString(), "--mesh", "x=4", "--split", "c"));
  }

  @Test
  void answersAreJsonOnRequest() throws IOException {
    String program = write("product.program", PRODUCT).toString();
    JsonNode found = json("auto", program, "--mesh", "x=4", "--seconds", "0.5", "--json");
    assertEquals("m@x", found.at("/annotations/a").asString());
    assertEquals("elements", found.at("/unit").asString());
    // A quarter of the product's multiply-adds is left on a device, and nothing is sent.
    assertEquals(found.at("/bound").asDouble(), found.at("/price").asDouble());
    assertEquals(0, found.at("/gap").asDouble());
    assertTrue(found.at("/savings/a").asDouble() > 0, found::toString);
    assertTrue(found.at("/certificate").asString().startsWith("certified: "), found::toString);
    Path page = folder.resolve("pareto.html");
    JsonNode all =
        json(
            "auto",
            program,
            "--mesh",
            "x=4",
            "--seconds",
            "0.5",
            "--pareto",
            "--json",
            "--html",
            page.toString());
    assertEquals(found.at("/price"), all.at("/pareto/0/price"));
    String html = Files.readString(page);
    int rows = html.split("<tr", -1).length - 1;
    int dots = html.split("<circle", -1).length - 1;
    assertEquals(all.at("/pareto").size() + 1, rows, html);
    assertEquals(all.at("/pareto").size(), dots, html);
    assertTrue(html.contains("<title>Plans of product on mesh x=4</title>"), html);
  }

  /** What is printed gives the plan back, so it has what was kept. */
  @Test
  void planTakesWhatIsPrinted() throws IOException {
    String text = FoundLayoutsTest.FEED.replace("B=512", "B=64");
    String program = write("feed.program", text).toString();
    List<String> auto =
        List.of("auto", program, "--mesh", "x=4", "--seconds", "0.5", "--keep", "x=B M");
    List<String> inJson = new ArrayList<>(auto);
    inJson.add("--json");
    JsonNode found = json(inJson.toArray(String[]::new));
    assertEquals("B M", found.at("/kept/x").asString());
    out.reset();
    assertEquals(0, execute(auto.toArray(String[]::new)), err::toString);
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals("--annotate 'x=B M'   # kept", lines.getFirst());
    List<String> plan = new ArrayList<>(List.of("plan", program, "--mesh", "x=4", "--json"));
    for (String line : lines) {
      if (line.startsWith("--annotate '")) {
        plan.addAll(List.of("--annotate", line.split("'", -1)[1]));
      }
    }
    out.reset();
    assertEquals(0, execute(plan.toArray(String[]::new)), err::toString);
    SpmdPlan planned = SpmdPlan.parse(out.toString(StandardCharsets.UTF_8));
    assertEquals(found.at("/price").asDouble(), planned.price(PlanOptions.defaults()));
    assertEquals(found.at("/peakBytes").asLong(), planned.peakBytes());
    assertEquals("B M", planned.inputs().getFirst().layout().toString());
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private JsonNode json(String... arguments) {
    out.reset();
    assertEquals(0, execute(arguments), err::toString);
    return new JsonMapper().readTree(out.toString(StandardCharsets.UTF_8));
  }

  private int execute(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(arguments);
  }
}
