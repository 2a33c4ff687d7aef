package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LossCurvesTest {
  /** The losses of docs/training.md: a column a model, a line each hundred steps. */
  private static Map<String, List<TrainHistory.Point>> losses(String name) throws IOException {
    List<String> lines = Files.readAllLines(Figures.file("docs/figures/sweep-" + name + ".tsv"));
    String[] models = lines.getFirst().split("\t", -1);
    Map<String, List<TrainHistory.Point>> curves = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      for (int i = 1; i < models.length; i++) {
        curves
            .computeIfAbsent(models[i], _ -> new ArrayList<>())
            .add(new TrainHistory.Point(Long.parseLong(cells[0]), Double.parseDouble(cells[i])));
      }
    }
    return curves;
  }

  @ParameterizedTest
  @ValueSource(strings = {"names", "phrases"})
  void theCurvesOfThePageAreDrawnFromItsLosses(String name) throws IOException {
    Map<String, List<TrainHistory.Point>> curves = losses(name);
    Figures.check(
        "sweep-" + name + ".svg", LossCurves.of("losses of " + name, "loss", true, curves).svg());
    Figures.check(
        "sweep-" + name + "-less.svg",
        LossCurves.differences("losses of " + name + ", less the dense model's", curves).svg());
  }

  @Test
  void aCurveWithoutPointsIsNotInTheLegend() {
    Map<String, List<TrainHistory.Point>> curves = new LinkedHashMap<>();
    curves.put("loss", List.of(new TrainHistory.Point(1, 2), new TrainHistory.Point(2, 1)));
    curves.put("held back", List.of());
    String svg = LossCurves.of("", "loss", true, curves).svg();
    assertTrue(svg.contains(">loss<") && !svg.contains("held back"), svg);
    assertEquals(1, svg.split("<polyline", -1).length - 1, svg);
  }

  @Test
  void pointsThatAreNotFiniteAreLeftOut() {
    List<TrainHistory.Point> finite =
        List.of(new TrainHistory.Point(1, 2), new TrainHistory.Point(3, 1));
    List<TrainHistory.Point> diverged = new ArrayList<>(finite);
    diverged.add(1, new TrainHistory.Point(2, Double.NaN));
    diverged.add(new TrainHistory.Point(4, Double.POSITIVE_INFINITY));
    Map<String, List<TrainHistory.Point>> curves = new LinkedHashMap<>(Map.of("dense", finite));
    String alone = LossCurves.of("", "loss", true, curves).svg();
    assertEquals(alone, LossCurves.of("", "loss", true, Map.of("dense", diverged)).svg());
    curves.put("of experts", finite);
    String equal = LossCurves.differences("", curves).svg();
    curves.put("of experts", diverged);
    assertEquals(equal, LossCurves.differences("", curves).svg());
  }
}
