package io.github.shardsum.lab.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScaleFigureTest {
  @Test
  void aPlanDoesNotGrowWithItsDevicesAndUtilisationFallsWithSlices() throws IOException {
    List<ScaleFigure.Row> rows = ScaleFigure.rows(ScaleFigure.DEVICES);
    assertEquals(rows.getFirst().steps(), rows.getLast().steps());
    assertTrue(rows.getFirst().certificate().contains("each of 2048 devices"), rows::toString);
    assertTrue(rows.getLast().certificate().contains("each of 99840 devices"), rows::toString);
    // Two exchanges forward, two backward, and gradients that are reduced.
    assertTrue(rows.getFirst().collectives() >= 4);
    assertTrue(
        rows.getFirst().prediction().utilisation() > rows.getLast().prediction().utilisation()
            && rows.getLast().prediction().utilisation() > 0);
    JsonNode json = new JsonMapper().readTree(ScaleFigure.json(rows));
    assertEquals(8192, json.path("rows").get(1).path("devices").intValue());
    String svg = ScaleFigure.svg(rows);
    assertTrue(svg.startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""), svg);
    assertTrue(svg.contains("99,840 devices") && svg.endsWith("</svg>\n"), svg);
    // Drawn by build/figures.
    Path shown = Path.of(System.getProperty("basedir", "")).resolve("../../docs/figures/scale.svg");
    assertEquals(svg, Files.readString(shown), "run build/figures");
  }
}
