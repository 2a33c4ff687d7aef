package io.github.shardsum.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.PlannedReport.Compared;
import io.github.shardsum.cli.simulate.PlannedReport.Used;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class PlannedFormsTest {
  private static final String DENSE =
      """
      {"layers": 2, "width": 256, "heads": 4, "kvHeads": 2, "headWidth": 128, "vocabulary": 1024,
       "feedForward": {"width": 1024, "gated": true}, "sequence": 512, "globalBatch": 64}
      """;

  /** 18 layers with experts; the forward pass is repeated, so six exchanges a layer. */
  @Test
  void theLargestModelOfThePaperIsPlannedOnItsTorus() {
    PlannedForms forms =
        PlannedForms.of(job(file("gshard-600b"), "v3:32x32", Map.of("expert", 2048)), 0.84);
    List<Used> exchanges =
        PlannedReport.collectives(forms).stream()
            .filter(each -> each.name().startsWith("all-to-all"))
            .toList();
    assertEquals(18 * 6, exchanges.stream().mapToDouble(Used::times).sum());
    // 2048 tokens with two slots of 1024 bf16 each, but for the device's own.
    exchanges.forEach(
        each -> assertEquals(2048L * 2 * 1024 * 2 * 2047 / 2048, each.bytesReceived()));
    double dense = forms.job().model().linearWeights() + forms.job().model().embeddingWeights();
    double experts = 18 * 2 * 1024.0 * 8192;
    // Scales of the normalisations are in the plan only.
    assertEquals(4 * (dense + experts), forms.prediction().bytes().get("weights, f32"), 4 * 1e5);
    assertEquals(5, forms.certificates().size());
    forms.certificates().forEach(each -> assertTrue(each.contains("certified"), each));
    for (String name : List.of("projections and dense layers", "experts", "attention")) {
      assertEquals(
          1, seconds(forms.prediction(), name) / seconds(forms.closed(), name), 0.01, name);
    }
  }

  @Test
  void weightsAreGatheredForBothPassesAndTheirGradientsScattered() {
    PlannedForms forms = PlannedForms.of(job(read(DENSE), "v5e:4x4", Map.of("fsdp", 16)), 0.9);
    double received =
        PlannedReport.collectives(forms).stream()
            .filter(each -> each.term().equals("weights over fsdp"))
            .mapToDouble(each -> each.times() * each.bytesReceived())
            .sum();
    // Four projections, of two heads of keys for four of queries, three matrices, and the logits.
    double layer = 256 * 128 * (4 + 2 + 2 + 4) + 3 * 256 * 1024;
    double weights = 2 * layer + 2 * 1024 * 256;
    assertEquals(3 * 2 * weights * 15 / 16, received, 1e-6 * received);
  }

  @Test
  void headsAndHiddenWidthsLieOverTensor() {
    PlannedForms forms =
        PlannedForms.of(job(read(DENSE), "v5e:4x4", Map.of("fsdp", 8, "tensor", 2)), 0.9);
    assertTrue(seconds(forms.prediction(), "activations over tensor") > 0);
    double all = forms.job().model().weights();
    assertEquals(4 * all / 16, forms.prediction().bytes().get("weights, f32"), 0.02 * 4 * all / 16);
    double flops = 0;
    for (PlannedBlock block : forms.blocks()) {
      for (PlannedBlock.Weighted each : block.all(1)) {
        boolean linear = each.step().term().equals("projections and dense layers");
        flops += linear ? block.block().count() * each.times() * each.step().amount() : 0;
      }
    }
    // Forward twice and backward twice as much; 2048 tokens a device.
    double layer = 256 * 128 * (4 + 2 + 2 + 4) + 3 * 256 * 1024;
    assertEquals(4 * 2 * 2048.0 * 2 * layer, flops);
  }

  @Test
  void slicesArePlannedOnceAndReduceTheirGradientsBetweenThem() {
    Map<String, Integer> layout = Map.of("data", 4, "fsdp", 16);
    PlannedForms four = PlannedForms.of(job(read(DENSE), "v5e:4x4*4", layout), 0.9);
    PlannedForms one =
        PlannedForms.of(
            SimulateJobs.job(
                read(DENSE),
                Machine.parse("v5e:4x4"),
                Optional.of(AxisSizes.of(Map.of("fsdp", 16))),
                16),
            0.9);
    for (String name : List.of("attention", "weights over fsdp", "elementwise")) {
      assertEquals(seconds(one.prediction(), name), seconds(four.prediction(), name), 1e-12, name);
    }
    double bytes = four.prediction().bytes().get("weights, f32");
    // Reduced once there and once back, three parts of four, over one chip's share of the network.
    double least = bytes * 2 * 3 / 4 / (0.8 * 3.125e9);
    double between = seconds(four.prediction(), "gradients between slices");
    assertTrue(between >= least && between < 1.1 * least + 1e-3, () -> between + " " + least);
  }

  @Test
  void whereTheTwoDifferByMoreThanATenthThePageSaysWhy() {
    for (Map<String, Integer> layout :
        List.of(Map.of("fsdp", 16), Map.of("fsdp", 4, "tensor", 4), Map.of("data", 16))) {
      PlannedForms forms = PlannedForms.of(job(read(DENSE), "v5e:4x4", layout), 0.9);
      for (Compared each : PlannedReport.compared(forms)) {
        double most = Math.max(each.plan(), each.formula());
        boolean large = Math.abs(each.plan() - each.formula()) > 0.1 * most;
        assertEquals(large, !each.reason().isEmpty(), each::toString);
      }
    }
  }

  @Test
  void latentAttentionHasTheWeightsOfItsRanks() {
    String latent =
        DENSE.replace(
            "\"headWidth\"",
            "\"latent\": {\"query\": 96, \"keyValue\": 64, \"rope\": 16}, \"headWidth\"");
    PlannedForms forms = PlannedForms.of(job(read(latent), "v5e:1x1", Map.of()), 0.9);
    double scales = 5 * 256;
    assertEquals(
        forms.job().model().weights() + scales, forms.prediction().bytes().get("weights, f32") / 4);
  }

  @Test
  void expertsWithoutSlotsMoveRowsAndCapacityCostsProducts() {
    String experts =
        DENSE.replace(
            "\"feedForward\": {\"width\": 1024, \"gated\": true}",
            "\"experts\": {\"count\": 8, \"topK\": 2, \"width\": 512, \"groupTokens\": 512}");
    Map<String, Integer> layout = Map.of("fsdp", 4, "expert", 4);
    PlannedForms dropless = PlannedForms.of(job(read(experts), "v5e:4x4", layout), 0.9);
    String twice =
        experts.replace(
            "\"topK\": 2", "\"topK\": 2, \"capacityFactor\": 2, \"dispatch\": \"einsum\"");
    PlannedForms slots = PlannedForms.of(job(read(twice), "v5e:4x4", layout), 0.9);
    assertEquals(
        seconds(dropless.closed(), "dispatch and combine"),
        seconds(dropless.prediction(), "dispatch and combine"));
    double ratio =
        seconds(slots.prediction(), "all-to-all of experts")
            / seconds(dropless.prediction(), "all-to-all of experts");
    assertEquals(2, ratio, 0.05);
    assertTrue(
        seconds(slots.prediction(), "experts") > 1.4 * seconds(dropless.prediction(), "experts"));
  }

  @Test
  void computationWaitsForWhatItReadsAndWeightsComeAhead() {
    SimulatedStep gather =
        new SimulatedStep("gather", "w", Kind.COLLECTIVE, "x", 2, 0, 0, List.of(), true, false);
    SimulatedStep first =
        new SimulatedStep(
            "first", "p", Kind.COMPUTE, SimulatedStep.COMPUTE, 1, 1, 0, List.of(0), false, false);
    SimulatedStep exchange =
        new SimulatedStep("exchange", "a", Kind.COLLECTIVE, "x", 3, 0, 0, List.of(1), false, false);
    SimulatedStep beside =
        new SimulatedStep(
            "beside", "p", Kind.COMPUTE, SimulatedStep.COMPUTE, 1, 1, 0, List.of(1), false, false);
    SimulatedStep last =
        new SimulatedStep(
            "last", "p", Kind.COMPUTE, SimulatedStep.COMPUTE, 1, 1, 0, List.of(2, 3), false, false);
    SimulatedStep sum =
        new SimulatedStep("sum", "g", Kind.COLLECTIVE, "x", 9, 0, 0, List.of(4), false, true);
    BlockTimeline time = BlockTimeline.of(List.of(gather, first, exchange, beside, last, sum));
    // The gather ends when the computation begins; the exchange shows two of its three seconds.
    assertEquals(-2, time.bars().get(0).from());
    assertEquals(0, time.bars().get(1).from());
    assertEquals(4, time.bars().get(4).from());
    assertEquals(5, time.seconds());
    assertEquals(Map.of("a", 2.0), time.exposed());
  }

  /** The backward pass of the logits follows at once, so nothing is computed again. */
  @Test
  void logitsHaveThreeProductsWhateverIsRematerialised() {
    for (double again : List.of(0.0, 0.5, 1.0)) {
      String text = DENSE.replace("{\"layers\"", "{\"rematerialise\": " + again + ", \"layers\"");
      PlannedForms forms = PlannedForms.of(job(read(text), "v5e:4x4", Map.of("fsdp", 16)), 0.9);
      double flops = 0;
      for (PlannedBlock block : forms.blocks()) {
        for (PlannedBlock.Weighted each : block.all(again)) {
          boolean isLogits = each.step().term().equals("logits") && each.step().flopSeconds() > 0;
          flops += isLogits ? each.times() * each.step().amount() : 0;
        }
      }
      // Logits, and the gradients of tokens and embeddings; 2048 tokens a device.
      assertEquals(3 * 2 * 2048.0 * 256 * 1024, flops);
    }
  }

  @Test
  void aReasonHasTheTimeOfFlopsAndOfMemory() {
    PlannedForms forms = PlannedForms.of(job(read(DENSE), "v5e:4x4", Map.of("data", 16)), 0.9);
    for (Compared each : PlannedReport.compared(forms)) {
      if (!each.reason().startsWith("FLOPs")) {
        continue;
      }
      double flops = 0;
      for (PlannedBlock block : forms.blocks()) {
        for (PlannedBlock.Weighted step : block.all(1)) {
          boolean counts = step.step().term().equals(each.name());
          flops += counts ? block.block().count() * step.times() * step.step().flopSeconds() : 0;
        }
      }
      String said =
          String.format(
              Locale.ROOT,
              "take %.2f ms; memory adds %.2f",
              1e3 * flops,
              1e3 * (each.plan() - flops));
      assertTrue(each.reason().endsWith(said), each.reason() + " " + said);
      assertTrue(each.plan() >= flops, each::toString);
    }
  }

  /** A router's weights are split over fsdp like all others, so only scales are on each device. */
  @Test
  void weightsOfExpertsAndRoutersAreSplitEvenly() {
    String experts =
        DENSE.replace(
            "\"feedForward\": {\"width\": 1024, \"gated\": true}",
            "\"experts\": {\"count\": 64, \"topK\": 2, \"width\": 256, \"groupTokens\": 512}");
    PlannedForms forms = PlannedForms.of(job(read(experts), "v5e:4x4", Map.of("fsdp", 16)), 0.9);
    double scales = 5 * 256;
    double even = forms.job().model().weights() / 16.0;
    assertEquals(4 * (even + scales), forms.prediction().bytes().get("weights, f32"), 1e-6);
    double beyond =
        forms.beyondEvenSplit().values().stream().mapToDouble(Double::doubleValue).sum();
    assertEquals(4 * scales * 15 / 16, beyond, 1e-6);
  }

  /** Experts of 4 groups of devices: each group has the weights of attention and the logits. */
  @Test
  void copiesOfWeightsAreExplainedByPart() {
    String experts =
        DENSE.replace(
            "\"feedForward\": {\"width\": 1024, \"gated\": true}",
            "\"experts\": {\"count\": 64, \"topK\": 2, \"width\": 256, \"groupTokens\": 512}");
    PlannedForms forms =
        PlannedForms.of(job(read(experts), "v5e:4x4", Map.of("fsdp", 4, "expert", 4)), 0.9);
    double attention = 2 * (256 * 128 * (4 + 2 + 2 + 4.0));
    double scales = 2 * 256;
    double beyond = (attention / 4 + scales) - (attention + scales) / 16;
    assertEquals(4 * beyond, forms.beyondEvenSplit().get("attention"), 1e-6);
    String line = PlannedReport.beyondEvenSplit(forms).orElseThrow();
    assertTrue(
        line.contains(String.format(Locale.ROOT, "%.1f for attention", 4e-6 * beyond)), line);
  }

  @Test
  void aTimelineBeginsAtZero() {
    PlannedForms forms = PlannedForms.of(job(read(DENSE), "v5e:4x4", Map.of("fsdp", 16)), 0.9);
    String page = SimulatePage.of(forms, 0.9, 1e12);
    assertTrue(page.contains("time from the first gather; dashed: computation begins"), page);
    assertFalse(page.matches("(?s).*>-[0-9.]+ [mun]?s</text>.*"), page);
    assertTrue(page.contains(PlannedReport.BELIEVE), page);
  }

  /** Planes lie side by side; a chip's neighbours of its plane touch it. */
  @ParameterizedTest
  @CsvSource({"v5p:8x8x8, 8, 8", "v4:4x4x8, 4, 8", "v5e:4x16, 4, 16"})
  void chipsAreDrawnInPlanes(String topology, int rows, int columns) {
    Machine machine = Machine.parse(topology);
    int devices = (int) machine.devices();
    String many = DENSE.replace("\"globalBatch\": 64", "\"globalBatch\": " + devices);
    PlannedForms forms = PlannedForms.of(job(read(many), topology, Map.of("data", devices)), 0.9);
    Map<Integer, double[]> places = new TreeMap<>();
    Pattern.compile("x=\"([0-9.]+)\" y=\"([0-9.]+)\" width[^>]*><title>device (\\d+):")
        .matcher(SimulatePage.of(forms, 0.9, 1e12))
        .results()
        .forEach(
            each ->
                places.put(
                    Integer.parseInt(each.group(3)),
                    new double[] {
                      Double.parseDouble(each.group(1)), Double.parseDouble(each.group(2))
                    }));
    assertEquals(devices, places.size());
    double side =
        Objects.requireNonNull(places.get(1))[0] - Objects.requireNonNull(places.get(0))[0];
    for (int chip = 0; chip < devices; chip++) {
      double[] plane = Objects.requireNonNull(places.get(chip / (rows * columns) * rows * columns));
      double[] at = Objects.requireNonNull(places.get(chip));
      assertEquals(plane[0] + chip % columns * side, at[0], 0.1);
      assertEquals(plane[1] + chip / columns % rows * side, at[1], 0.1);
      assertTrue(at[0] + side <= 900, () -> "chip at " + at[0]);
    }
    long distinct = places.values().stream().map(at -> at[0] + " " + at[1]).distinct().count();
    assertEquals(devices, distinct);
  }

  @Test
  void thePageIsWholeWithoutAScript() {
    PlannedForms forms = PlannedForms.of(job(read(DENSE), "v5e:4x4", Map.of("fsdp", 16)), 0.9);
    String page = SimulatePage.of(forms, 0.9, 1e12);
    assertFalse(page.contains("<script"), page);
    assertEquals(page.split("<svg", -1).length, page.split("</svg>", -1).length);
    // Terms, a timeline each part, memory, and 16 chips of the mesh.
    assertEquals(1 + 3 + 1 + 1, page.split("<svg", -1).length - 1);
    assertEquals(16, page.split("<title>device ", -1).length - 1);
    for (Term term : forms.prediction().terms()) {
      assertTrue(page.contains(term.name()), term.name());
    }
  }

  private static double seconds(Prediction prediction, String name) {
    return prediction.terms().stream()
        .filter(each -> each.name().equals(name))
        .mapToDouble(Term::seconds)
        .sum();
  }

  private static Job job(SimulatedModelFile file, String topology, Map<String, Integer> layout) {
    return SimulateJobs.job(file, Machine.parse(topology), Optional.of(AxisSizes.of(layout)), 0);
  }

  private static SimulatedModelFile file(String name) {
    return Catalogue.open().exact(name).orElseThrow();
  }

  private static SimulatedModelFile read(String text) {
    return SimulatedModelFile.read("test", new JsonMapper().readTree(text));
  }
}
