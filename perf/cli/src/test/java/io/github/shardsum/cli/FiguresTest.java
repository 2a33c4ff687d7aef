package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.LayoutPicture;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The pictures of docs are those that the commands draw. */
class FiguresTest {
  @TempDir private Path folder;

  private void run(String... arguments) {
    StringWriter said = new StringWriter();
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(said, true)).setErr(new PrintWriter(said, true));
    assertEquals(0, command.execute(arguments), said::toString);
  }

  @Test
  void aMeshAndLayoutsOnIt() throws IOException {
    Mesh mesh = Mesh.parse("x=2 y=4");
    List<Layout> layouts =
        Stream.of("G@x M@y", "G@x M", "G M@y.x").map(text -> Layout.parse(mesh, text)).toList();
    Figures.check("layouts.svg", LayoutPicture.svg(layouts, Shape.of(8, 6)));
  }

  @Test
  void aReshardWithItsSteps() throws IOException {
    Path picture = folder.resolve("reshard.svg");
    run(
        "reshard",
        "E@x G C",
        "E G@x C@y",
        "--mesh",
        "x=4,y=2",
        "--sizes",
        "E=8,G=8,C=4",
        "--picture",
        picture.toString());
    Figures.check("reshard.svg", Files.readString(picture));
  }

  @Test
  void aPlanOverTime() throws IOException {
    Path page = folder.resolve("plan.html");
    run(
        "plan",
        "--model",
        "moe-gradient",
        "--mesh",
        "x=4,y=2",
        "--topology",
        "nvlink",
        "--html",
        page.toString());
    Figures.check("plan.svg", firstPicture(Files.readString(page)));
  }

  /** The first picture of a page as a file of its own, with the page's rules and a ground. */
  private static String firstPicture(String page) {
    String rules = page.substring(page.indexOf("<style>"), page.indexOf("*{box-sizing"));
    String svg = page.substring(page.indexOf("<svg "), page.indexOf("</svg>"));
    int head = svg.indexOf('>') + 1;
    assertTrue(head > 0, page);
    return svg.substring(0, head).replace("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ")
        + "\n"
        + rules
        + "</style>\n<rect class=\"f-paper\" width=\"100%\" height=\"100%\"/>"
        + svg.substring(head)
        + "</svg>\n";
  }
}
