package io.github.shardsum.lab.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.lab.topology.Figure9.Curve;
import io.github.shardsum.lab.topology.Figure9.Slices;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.LinkFit;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class Figure9Test {
  private static final Path DOCS =
      Path.of(System.getProperty("basedir", "")).resolve("../../docs/cost.md");

  private final Link link = Figure9.fitted(Slices.RINGS, curve -> true);

  @Test
  void oneLinkGivesEveryAllToAllWithinThirtyPercentAndItsSteps() {
    for (Curve curve : Figure9.CURVES.stream().filter(Curve::isAllToAll).toList()) {
      LinkFit fit = Figure9.residuals(Slices.RINGS, link, curve);
      assertEquals(8, fit.residuals().size());
      assertTrue(fit.worst() < 0.3, fit::toString);
      assertTrue(Figure9Report.sameSteps(fit), fit::toString);
    }
  }

  /** Fitted to the all-to-alls alone, too: the all-reduces are not what makes it fit. */
  @Test
  void theAllToAllsAloneGiveTheSame() {
    Link alone = Figure9.fitted(Slices.RINGS, Curve::isAllToAll);
    assertTrue(Figure9.worst(Slices.RINGS, alone, Curve::isAllToAll) < 0.3);
  }

  @Test
  void ringsOnTheLongestAxesAloneDoNotFit() {
    Link pod = Figure9.fitted(Slices.POD, Curve::isAllToAll);
    assertTrue(Figure9.worst(Slices.POD, pod, Curve::isAllToAll) > 0.3);
  }

  @Test
  void everyPointIsPrintedAndTheDocumentShowsThem() throws IOException {
    StringWriter out = new StringWriter();
    Figure9Report.print(new PrintWriter(out));
    String report = out.toString();
    long points =
        report.lines().filter(line -> line.matches("\\s*\\d+ .* [+-]\\d+\\.\\d %")).count();
    assertEquals(32, points, report);
    assertTrue(Files.readString(DOCS).contains(report.strip()), report);
  }

  @Test
  void figureNineIsPrintedAsJsonToo() {
    JsonNode answer = new JsonMapper().readTree(Figure9Report.json());
    assertEquals(4, answer.get("curves").size());
    for (JsonNode curve : answer.get("curves")) {
      assertEquals(8, curve.get("points").size());
      double worst = 0;
      for (JsonNode point : curve.get("points")) {
        double paper = point.get("paperSeconds").doubleValue();
        double error = point.get("modelSeconds").doubleValue() / paper - 1;
        assertEquals(error, point.get("error").doubleValue(), 1e-9);
        worst = Math.max(worst, Math.abs(error));
      }
      assertEquals(worst, curve.get("worst").doubleValue(), 1e-9);
    }
    assertEquals(6, answer.get("assumptions").size());
  }
}
