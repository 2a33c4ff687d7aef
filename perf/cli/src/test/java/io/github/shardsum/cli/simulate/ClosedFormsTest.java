package io.github.shardsum.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.Prediction.Term;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.topology.AllToAllSchedule;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Topologies;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class ClosedFormsTest {
  private static final String DENSE =
      """
      {"layers": 2, "width": 256, "heads": 2, "headWidth": 128, "vocabulary": 1000,
       "feedForward": {"width": 1024, "gated": false}, "sequence": 512, "globalBatch": 4,
       "rematerialise": 0}
      """;
  private static final String SPARSE =
      """
      {"layers": 2, "width": 256, "heads": 2, "headWidth": 128, "vocabulary": 1000,
       "experts": {"count": 4, "topK": 2, "width": 512},
       "sequence": 512, "globalBatch": 4, "rematerialise": 0}
      """;

  /** Products of v5e at 0.9 of peak. */
  private static final double RATE = 0.9 * 197e12;

  private static final double MEMORY = 0.8 * 819e9;

  @Test
  void aDenseStepOfOneChipIsTheSumOfItsProductsAndItsMemory() {
    Prediction step = predict(job(DENSE, "v5e:1x1", 4));
    double linear = 2 * (4 * 256 * 256 + 2 * 256 * 1024);
    assertTerm(step, "projections and dense layers", 2048 * 2 * linear * 3 / RATE);
    assertTerm(step, "logits", 3 * 2048 * 2 * 1000.0 * 256 / RATE);
    // Two products of 256 keys seen, 2 layers, 2 heads of 128; the backward pass has five.
    double attention = 2048.0 * 2 * (2 * 2 * 128 * 256 * 2);
    assertTerm(step, "attention", attention * 3.5 / (0.5 * 197e12));
    double values = 2 * (16 * 256 + 6 * 256) + 2 * 2 * 1024;
    assertTerm(step, "elementwise", 2048 * 2 * 3 * values / MEMORY);
    assertTerm(step, "optimizer", (linear + 2 * 1000 * 256) * 28 / MEMORY);
    assertEquals(5, step.terms().size());
    assertEquals(step.terms().stream().mapToDouble(Term::seconds).sum(), step.seconds(), 1e-15);
  }

  /** A width of 288 takes the time of 384 on units of 128, and of 512 on units of 256. */
  @ParameterizedTest
  @CsvSource({"v5e:1x1, 384, 197e12", "v6e:1x1, 512, 918e12"})
  void widthsAreFilledUpToTheMatrixUnit(String topology, double filled, double peak) {
    double rate = 0.9 * peak;
    Prediction dense = predict(job(DENSE.replace("\"width\": 256", "\"width\": 288"), topology, 4));
    double linear = 2 * (4 * filled * 256 + 2 * filled * 1024);
    assertTerm(dense, "projections and dense layers", 2048 * 2 * linear * 3 / rate);
    assertTerm(dense, "logits", 3 * 2048 * 2 * 1000.0 * filled / rate);
    Prediction sparse =
        predict(job(SPARSE.replace("\"width\": 512", "\"width\": 288"), topology, 4));
    double rows = 2048 * 2;
    assertTerm(sparse, "experts", 2 * 2 * rows * (3.0 * 256 * filled) * 3 * 1.25 / rate);
  }

  @Test
  void expertsHaveEmptyRowsAndMoveRowsByIndex() {
    Prediction step = predict(job(SPARSE, "v5e:1x1", 4));
    // 1024 rows an expert, and 256 empty ones: a quarter more.
    double rows = 2048 * 2;
    assertTerm(step, "experts", 2 * 2 * rows * (3.0 * 256 * 512) * 3 * 1.25 / RATE);
    assertTerm(step, "dispatch and combine", 2 * rows * 256 * 2 * 6 * 3 / (0.5 * MEMORY));
  }

  @Test
  void weightsAreGatheredThreeTimesOverTheLinksOfATorus() {
    Prediction step = predict(job(DENSE, "v5e:16x16", 256));
    double weights = 2 * (4 * 256 * 256 + 2 * 256 * 1024) + 2 * 1000 * 256;
    double seconds = 3 * 2 * weights * 255 / 256 / (0.8 * 4 * 45e9);
    assertTerm(step, "weights over fsdp", seconds);
    double hidden = term(step, "weights over fsdp").exposed();
    assertTrue(hidden >= 0.5 * seconds && hidden <= seconds);
  }

  /** The closed forms of a whole slice are the prices that collectives give link by link. */
  @ParameterizedTest
  @CsvSource({
    "v4:4x4x4, tpu-v4, 64, 1",
    "v5e:16x16, tpu-v5e, 256, 1",
    "v3:32x32, tpu-v3, 2048, 2",
  })
  void collectivesOfASliceArePricedAsLinkByLink(
      String slice, String name, int devices, int perChip) {
    Machine machine = Machine.parse(slice);
    CollectiveCostModel links =
        CollectiveCostModel.of(Topologies.of(name, devices), Mesh.of("d", devices))
            .with(AllToAllSchedule.AXIS_BY_AXIS);
    long bytes = 8 << 20;
    double exchange =
        links.price(new Collective.AllToAll(0, 0, "d"), bytes).meanSeconds() / Machine.ATTAINED;
    assertEquals(1, machine.allToAll(devices, bytes) / exchange, 0.03);
    if (perChip == 1) {
      double gather =
          links.price(new Collective.AllGather(0, "d"), bytes).meanSeconds() / Machine.ATTAINED;
      double ours = (devices - 1.0) * bytes / machine.gather(devices);
      assertEquals(1, ours / gather, 0.01);
    }
  }

  @Test
  void slicesAddTheirGradientsAndTheirSpread() {
    Prediction step = predict(job(DENSE, "v5e:16x16*4", 1024));
    double own = (2 * (4 * 256 * 256 + 2 * 256 * 1024) + 2 * 1000 * 256) / 256.0;
    assertTerm(step, "gradients between slices", own * 4 * 2 * 3 / 4 / (0.8 * 3.125e9));
    Term spread = term(step, "spread of slices");
    assertEquals(0.022 * 2, spread.seconds() / (step.seconds() - spread.seconds()), 1e-12);
  }

  @Test
  void timeFallsWithPeakAndRisesWithTokens() {
    for (String topology : List.of("v4:4x4x4", "v5e:16x16", "v6e:8x8", "h100:64", "tpu7x:4x4x4")) {
      for (String model : List.of(DENSE, SPARSE)) {
        Machine machine = Machine.parse(topology);
        long devices = machine.devices();
        Job job = job(model, topology, devices);
        double base = new ClosedForms().predict(job, 0.5).seconds();
        assertTrue(new ClosedForms().predict(job, 0.9).seconds() <= base, topology);
        assertTrue(
            new ClosedForms().predict(job(model, topology, 4096 * devices), 0.5).seconds() > base);
        assertTrue(base > 0 && Double.isFinite(base));
      }
    }
  }

  @Test
  void capacityAndRealRoutingAndNoOverlapCostTime() {
    Job dropless = job(SPARSE, "v5e:1x1", 4);
    assertLonger(dropless, with(dropless, 1.25, false), "imbalance");
    String padded = SPARSE.replace("\"topK\": 2", "\"topK\": 2, \"capacityFactor\": 1.25");
    Job capacity = job(padded, "v5e:1x1", 4);
    Job wider = job(padded.replace("1.25", "2"), "v5e:1x1", 4);
    assertLonger(capacity, wider, "capacity");
    Job axis =
        SimulateJobs.job(
            file(SPARSE),
            Machine.parse("v5e:2x2"),
            Optional.of(AxisSizes.of(Map.of("expert", 4))),
            64);
    assertLonger(with(axis, 1, true), axis, "overlap");
  }

  @Test
  void eightBitsHalveProductsOnly() {
    Job job = job(DENSE, "h100:1", 256);
    Job half =
        job(
            DENSE.replace("\"rematerialise\"", "\"precision\": \"fp8\", \"rematerialise\""),
            "h100:1",
            256);
    BiFunction<Job, String, Double> of = (each, name) -> term(predict(each), name).seconds();
    assertEquals(
        2,
        of.apply(job, "projections and dense layers")
            / of.apply(half, "projections and dense layers"),
        1e-12);
    assertEquals(of.apply(job, "attention"), of.apply(half, "attention"));
    assertEquals(of.apply(job, "logits"), of.apply(half, "logits"));
  }

  @Test
  void aPipelineHasItsBubble() {
    AxisSizes layout = AxisSizes.of(Map.of("pipeline", 2, "microbatches", 4));
    Job job = SimulateJobs.job(file(DENSE), Machine.parse("h100:2"), Optional.of(layout), 64);
    Prediction step = predict(job);
    Term bubble = term(step, "bubble of the pipeline");
    List<Term> before = step.terms().subList(0, step.terms().indexOf(bubble));
    double rest = before.stream().mapToDouble(Term::exposed).sum();
    assertEquals(rest / 4, bubble.seconds(), 1e-15);
  }

  @Test
  void memoryIsSplitByTheLayout() {
    double whole = memory(job(DENSE, "v5e:1x1", 256));
    double split = memory(job(DENSE, "v5e:16x16", 256));
    assertEquals(4.0 * (2 * (4 * 256 * 256 + 2 * 256 * 1024) + 2 * 1000 * 256), whole);
    assertEquals(whole / 256, split, 1e-9);
  }

  @Test
  void catalogueHasTheWeightsOfTheNames() {
    Map<String, Double> billions =
        Map.of(
            "llama2-70b",
            69.0,
            "llama3.1-405b",
            405.9,
            "mixtral-8x7b",
            46.7,
            "mixtral-8x22b",
            140.6,
            "deepseek-v3",
            671.0,
            "qwen3-235b-a22b",
            235.1,
            "gpt-oss-120b",
            116.8,
            "gemma-7b",
            8.54,
            "gpt3-175b",
            174.6,
            "kimi-k2",
            1026.0);
    billions.forEach(
        (name, weights) ->
            assertEquals(
                1,
                Catalogue.open().exact(name).orElseThrow().model().weights() / weights / 1e9,
                0.01,
                name));
  }

  @Test
  void theLongestNameWithinTheWordsCounts() {
    Catalogue catalogue = Catalogue.open();
    Map<String, String> names =
        Map.of(
            "meta-llama/Llama-3.1-70B (seq 8k)", "llama3-70b",
            "Qwen3 30B-A3B", "qwen3-30b-a3b",
            "DeepSeek-V2-Lite", "deepseek-v2-lite",
            "gpt3-1.3b", "gpt3-1.3b",
            "GPT3 13B", "gpt3-13b",
            "dense-128b", "dense-128b");
    names.forEach(
        (words, name) ->
            assertEquals(name, catalogue.within(words).orElseThrow().model().name(), words));
    assertTrue(catalogue.within("something else").isEmpty());
  }

  private static void assertLonger(Job shorter, Job longer, String name) {
    assertTrue(predict(longer).seconds() > predict(shorter).seconds(), name);
  }

  private static Job with(Job job, double imbalance, boolean overlap) {
    return new Job(
        job.model(),
        job.machine(),
        job.layout(),
        job.sequence(),
        job.batch(),
        job.precision(),
        job.rematerialise(),
        overlap,
        imbalance,
        job.compiled(),
        job.momentBytes(),
        job.assumptions());
  }

  private static double memory(Job job) {
    return ClosedForms.bytes(job).getOrDefault("weights, f32", Double.NaN);
  }

  private static void assertTerm(Prediction step, String name, double seconds) {
    assertEquals(seconds, term(step, name).seconds(), 1e-9 * seconds, name);
  }

  private static Term term(Prediction step, String name) {
    return step.terms().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private static Prediction predict(Job job) {
    return new ClosedForms().predict(job, 0.9);
  }

  private static Job job(String model, String topology, long batch) {
    return SimulateJobs.job(file(model), Machine.parse(topology), Optional.empty(), batch);
  }

  private static SimulatedModelFile file(String model) {
    return SimulatedModelFile.read("test", new JsonMapper().readTree(model));
  }
}
