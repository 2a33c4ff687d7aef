package io.github.shardsum.lab.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.PlannedForms;
import io.github.shardsum.lab.simulate.Paper.Bar;
import io.github.shardsum.lab.simulate.Paper.Model;
import io.github.shardsum.lab.simulate.PaperReport.PaperPlans;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class PaperTest {
  @Test
  void weightsAreThoseOfTableOne() {
    for (Model each : Paper.MODELS) {
      assertEquals(1, each.job().model().weights() / each.weights(), 0.07, each.name());
    }
    // 18 layers of 2048 experts of two matrices, 1024 by 8192.
    assertEquals(
        18L * 2048 * 2 * 1024 * 8192, Paper.MODELS.getFirst().job().model().allExpertWeights());
  }

  @Test
  void daysAndCoreYearsFollowFromThePapersOwnSteps() {
    for (Model each : Paper.MODELS) {
      assertEquals(1, each.ownCoreYears() / each.coreYears(), 0.015, each.name());
      if (!each.name().equals("gshard-200b")) {
        assertEquals(1, each.ownDays() / each.days(), 0.015, each.name());
      }
    }
  }

  /** The paper prints 1.4 days where its own core-years are 1.34. */
  @Test
  void oneFigureOfTableThreeContradictsItsNeighbour() {
    Model model = Paper.MODELS.get(1);
    double fromCoreYears = model.coreYears() * 365 / model.cores();
    assertEquals(1, model.ownDays() / fromCoreYears, 0.015);
    assertTrue(model.days() / fromCoreYears > 1.04);
  }

  @Test
  void modelsAreInTheOrderOfTableThree() {
    List<Double> ours =
        Paper.MODELS.stream()
            .map(each -> 1 / new ClosedForms().predict(each.job(), 0.84).seconds())
            .toList();
    List<Double> paper = Paper.MODELS.stream().map(Model::stepsPerSecond).toList();
    assertTrue(PredictionStatistics.rankCorrelation(ours, paper) > 0.9, ours::toString);
  }

  @Test
  void rooflinesAreThoseOfFigureEight() {
    assertEquals(18, Paper.bars().size());
    for (Bar bar : Paper.bars()) {
      if (bar.name().startsWith("dispatch") && bar.experts() == 512) {
        assertEquals(1, bar.ours() / bar.roofline(), 0.08, bar.name());
      } else {
        assertEquals(bar.roofline(), bar.ours(), 70, bar.name());
      }
    }
  }

  @Test
  void oneCalibrationGivesTheMeasuredTotalsOfFigureEight() {
    for (Paper.Scan scan : Paper.SCANS) {
      List<Bar> bars =
          Paper.bars().stream().filter(each -> each.experts() == scan.experts()).toList();
      double measured = scan.measured() + bars.stream().mapToDouble(Bar::measured).sum();
      double ours = scan.calibrated() + bars.stream().mapToDouble(Bar::calibrated).sum();
      assertEquals(6, bars.size());
      assertEquals(1, ours / measured, 0.08, scan::toString);
    }
  }

  @Test
  void sixteenTimesTheModelTakesLessThanFourTimesTheCoreYears() {
    Model large = Paper.MODELS.getFirst();
    Model small = Paper.MODELS.get(4);
    assertEquals(16, (double) large.job().model().weights() / small.job().model().weights(), 0.5);
    assertEquals(3.6, large.ownCoreYears() / small.ownCoreYears(), 0.15);
  }

  @Test
  void everyResidualIsPrinted() {
    StringWriter out = new StringWriter();
    PaperReport.print(new ClosedForms()::predict, new PrintWriter(out));
    for (Bar bar : Paper.bars()) {
      assertTrue(
          out.toString()
              .lines()
              .anyMatch(
                  line ->
                      line.startsWith(bar.name())
                          && line.contains(" " + bar.experts() + " ")
                          && line.contains(String.format(Locale.ROOT, "%+.0f ", bar.residual()))),
          bar::toString);
    }
    for (Model model : Paper.MODELS) {
      // Tables 1 and 3, twice, rematerialisation and figure 7.
      assertEquals(5, out.toString().lines().filter(l -> l.startsWith(model.name() + " ")).count());
    }
    for (PaperGrowth growth : PaperGrowth.all()) {
      assertTrue(out.toString().contains(growth.name()), growth.name());
    }
    // Figure 9: four curves of eight points.
    assertEquals(
        32, out.toString().lines().filter(l -> l.matches(" +\\d+ +\\d+x\\d+ .*%$")).count());
  }

  @Test
  void workAndCommunicationGrowAsInTableFour() {
    assertEquals(9, PaperGrowth.all().size());
    for (PaperGrowth growth : PaperGrowth.all()) {
      PaperGrowth.Slopes ours = growth.fitted();
      assertEquals(growth.work(), ours.work(), 0.02, growth.name());
      if (growth.communication() < 0) {
        assertTrue(Double.isNaN(ours.communication()), growth.name());
      } else {
        assertEquals(growth.communication(), ours.communication(), 0.05, growth.name());
      }
    }
  }

  @Test
  void slopesAreThoseOfAStraightLine() {
    assertEquals(2.5, PaperGrowth.slope(List.of(1.0, 2.0, 4.0), List.of(0.5, 3.0, 8.0)), 1e-12);
  }

  /** Figure 7: the same in all numbers of experts, a straight line in the layers. */
  @Test
  void memoryIsConstantInExpertsAndLinearInLayers() {
    List<Double> weights =
        List.of(Paper.MODELS.get(0), Paper.MODELS.get(2), Paper.MODELS.get(4)).stream()
            .map(each -> PlannedForms.of(each.job(), 0.84).prediction().bytes().get("weights, f32"))
            .toList();
    assertEquals(1, weights.get(1) / weights.get(0), 0.05);
    assertEquals(1, weights.get(2) / weights.get(0), 0.05);
    Model small = Paper.MODELS.getLast();
    double[] bytes = new double[3];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = PaperPlans.bytes(PaperPlans.withLayers(small, 12 * (i + 2)));
    }
    assertTrue(bytes[1] > 1.3 * bytes[0]);
    assertEquals(bytes[1] - bytes[0], bytes[2] - bytes[1], 1e-9 * bytes[2]);
  }

  /** A fourth pass of four, but for what is no product; the paper has 30 % of a larger model. */
  @Test
  void rematerialisationTakesAboutAQuarterOfAStep() {
    for (Model each : Paper.MODELS) {
      double share = PaperPlans.repeated(each.job(), 0.84);
      boolean used = each.job().model().layers() == 36;
      assertTrue(used ? share > 0.2 && share < 0.3 : share == 0, each.name());
    }
  }

  @Test
  void ranksAreThoseOfTheDefinition() {
    assertEquals(
        1, PredictionStatistics.rankCorrelation(List.of(1.0, 2.0, 9.0), List.of(0.1, 5.0, 6.0)));
    assertEquals(
        -1, PredictionStatistics.rankCorrelation(List.of(1.0, 2.0, 3.0), List.of(3.0, 2.0, 1.0)));
    // 1 - 6 * (0 + 1 + 1) / (3 * 8)
    assertEquals(
        0.5,
        PredictionStatistics.rankCorrelation(List.of(1.0, 2.0, 3.0), List.of(1.0, 3.0, 2.0)),
        1e-12);
    assertEquals(2.5, PredictionStatistics.median(List.of(9.0, 1.0, 2.0, 3.0)));
  }
}
