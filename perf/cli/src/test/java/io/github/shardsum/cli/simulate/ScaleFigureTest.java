package io.github.shardsum.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScaleFigureTest {
  @Test
  void aPlanDoesNotGrowWithItsDevicesAndUtilisationFallsWithSlices() {
    List<ScaleFigure.Row> rows = ScaleFigure.rows(List.of(1024, 4096));
    assertEquals(rows.get(0).steps(), rows.get(1).steps());
    assertTrue(rows.get(0).certificate().contains("each of 1024 devices"), rows::toString);
    assertTrue(rows.get(1).certificate().contains("each of 4096 devices"), rows::toString);
    // Two exchanges forward, two backward, and gradients that are reduced.
    assertTrue(rows.get(0).collectives() >= 4);
    assertTrue(
        rows.get(0).prediction().utilisation() > rows.get(1).prediction().utilisation()
            && rows.get(1).prediction().utilisation() > 0);
    JsonNode json = new JsonMapper().readTree(ScaleFigure.json(rows));
    assertEquals(4096, json.path("rows").get(1).path("devices").intValue());
    String svg = ScaleFigure.svg(rows);
    assertTrue(svg.startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""), svg);
    assertTrue(svg.contains("4,096 devices") && svg.endsWith("</svg>\n"), svg);
  }
}
