package io.github.shardsum.lab.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.Assumption;
import io.github.shardsum.cli.simulate.AxisSizes;
import io.github.shardsum.cli.simulate.Catalogue;
import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.Machine;
import io.github.shardsum.cli.simulate.Precision;
import io.github.shardsum.cli.simulate.Prediction;
import io.github.shardsum.lab.simulate.MeasurementTable.Row;
import io.github.shardsum.lab.simulate.TableRowJobs.Outcome;
import io.github.shardsum.lab.simulate.TableRowJobs.Planned;
import io.github.shardsum.lab.simulate.TableRowJobs.Refused;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementTableTest {
  private static final String HEADER =
      "model\tseq\tglobal_batch\tdevices\tdevice_type\tparallelism\tmetric\tvalue\n";
  private static final String ROW = "llama2-70b\t4096\t256\t64\tTPU v5p\tfsdp\tstep_time_s\t40\n";

  @Test
  void columnsAreFoundByNameInAnyOrderAndUnknownOnesArePassedOver() {
    Row row =
        MeasurementTable.parse(
                "t", "value\tcolour\tMODEL\tmetric\tdevice_type\n\n# no row\n1\tred\tx\tMFU\tv4\n")
            .getFirst();
    assertEquals("x", row.cell("model"));
    assertEquals("red", row.cell("colour"));
    assertEquals("1", row.metrics().get("mfu"));
    assertEquals("", row.cell("seq"));
  }

  /** All forms of one row: 256 sequences of 4096 tokens on 64 devices in 40 seconds. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "value\tmetric\tparallelism\tdevice_type\tdevices\tglobal_batch\tseq\tmodel\n"
            + "40\tstep_time_s\tfsdp\tTPU v5p\t64\t256\t4096\tllama2-70b",
        "Model,Sequence Length,GBS,Num Devices,Hardware,Parallelism,Metric,Value\n"
            + "llama2-70b,4096,256,64,\"TPU v5p, 1 slice(s) of 64\",\"fsdp, remat"
            + " full\",step_time_s,40",
        "model;seq_len;batch_size;chips;accelerator;sharding;step_time_s;tokens_per_s_per_device;mfu\n"
            + "llama2-70b;4096;256;64;TPU v5p;fsdp;40;;",
        "model\tseq\tglobal_batch_tokens\tdevices\tdevice\ttokenizer\tsteps_per_second\n"
            + "llama2-70b\t4096\t1048576\t64\tTPU v5p\tsentencepiece\t0.025",
        "model,seq_len,gbs,num_devices,hardware,training_tokens,seq_shards,step_time_s\n"
            + "llama2-70b,4096,256,64,TPU v5p,2e12,4,40",
        "model\tseq\tbatch_tokens\tdevices\tdevice\tmetric\tvalue\tcost\n"
            + "llama2-70b\t4096\t1,048,576 tokens\t64\tTPU v5p\tstep time (s)\t40\t$1",
      })
  void columnsMayHaveOtherNamesAndSeparatorsAndAMetricEach(String text) {
    Row row = MeasurementTable.parse("t", text).getFirst();
    Planned planned = assertInstanceOf(Planned.class, new TableRowJobs(Catalogue.open()).plan(row));
    assertEquals(40, planned.seconds(), 1e-9);
    assertEquals(256, planned.job().batch());
    assertEquals(4096, planned.job().sequence());
    assertEquals(64, planned.job().machine().devices());
    assertEquals("v5p", planned.job().machine().family().name());
  }

  @Test
  void ofTwoColumnsForOneThingOurNameCounts() {
    Row row =
        MeasurementTable.parse(
                "t", "model\tdevice\tdevice_type\tmetric\tvalue\nx\tabacus\tv4\tmfu\t1\n")
            .getFirst();
    assertEquals("v4", row.cell("device_type"));
    assertEquals("abacus", row.cell("device"));
  }

  /** A column or a word that says no is no yes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "capacity_factor=1.25 sparse_matmul=False megablox=False | true",
        "capacity_factor=1.25 dropless=false | true",
        "dropping; megablox = 0 | true",
        "capacity_factor=1.25 dropless=none | true",
        "capacity_factor=1.25 megablox=n/a | true",
        "capacity_factor=1.25 use_ragged_dot=False | true",
        "dropless | false",
        "megablox=True | false",
        "dropless=1 | false",
      })
  void whatIsSwitchedOffIsNotSaid(String words, boolean einsum) {
    String row = ROW.replace("llama2-70b", "Mixtral-8x7B").replace("\tfsdp\t", "\t" + words + "\t");
    assertEquals(einsum, planned(row).job().model().experts().orElseThrow().einsum());
  }

  @Test
  void filesThatAreNoTablesAreErrors() {
    assertError("", "must have a line of column names, got none");
    assertError("# only this\n\n", "must have a line of column names, got none");
    assertError("model\tvalue\n", "got none named device_type, metric");
    assertError(HEADER, "must have rows behind the names, got none");
    assertError("model\tmodel\tdevice_type\tmetric\tvalue\n", "columns must have different names");
  }

  @Test
  void aRowThatIsNoRowOfTheTableLeavesTheOthers() {
    List<Row> rows =
        MeasurementTable.parse(
            "t", HEADER + "\tx".repeat(20) + "\r\n" + "x".repeat(100_000) + "\n" + ROW);
    assertEquals(3, rows.size());
    assertEquals("a row must have at most 8 cells, got 21", refused(rows.get(0)));
    assertTrue(refused(rows.get(1)).contains("at most 65536 characters"));
    assertInstanceOf(Planned.class, new TableRowJobs(Catalogue.open()).plan(rows.get(2)));
  }

  private static String refused(Row row) {
    return assertInstanceOf(Refused.class, new TableRowJobs(Catalogue.open()).plan(row)).reason();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "step_time_s\t40 | step_time_s\t~40",
        "step_time_s\t40 | step_time_s\t40.0 s (median)",
        "step_time_s\t40 | step_time\t40,000 ms",
        "step_time_s\t40 | samples_per_second\t6.4",
        "256\t64 | 256 sequences\t64 chips",
        "256\t64 | 1M tokens\t64",
        "256\t64 | \"256\"\t64",
        "4096 | 4k",
        "4096 | 4,096",
      })
  void valuesMayHaveUnitsEstimatesThousandsAndQuotes(String good, String other) {
    String from = good.replace("\\t", "\t");
    assertTrue(ROW.contains(from), from);
    Planned planned = planned(ROW.replace(from, other.replace("\\t", "\t")));
    assertEquals(40, planned.seconds(), 1e-9);
    assertEquals(256, planned.job().batch());
    assertEquals(4096, planned.job().sequence());
  }

  @Test
  void aMetricThatIsNoNumberLeavesTheNext() {
    Row row =
        MeasurementTable.parse(
                "t",
                HEADER
                    + ROW.replace("_s\t40", "_s\tn/a")
                    + ROW.replace("step_time_s\t40", "mfu\t0.4"))
            .getFirst();
    Planned planned = assertInstanceOf(Planned.class, new TableRowJobs(Catalogue.open()).plan(row));
    assertEquals("mfu", planned.metric());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "EP=4; a2a overlap | true",
        "EP=4; expert overlap: on | true",
        "EP=4; overlap=off | false",
        "EP=4; no overlap | false",
        "EP=4; without a2a overlap | false",
        "EP=4; overlap_grad_reduce | false",
        "EP=4; tp_comm_overlap | false",
        "EP=4; DualPipe | true",
      })
  void onlyTheOverlapOfTheExpertAxisCounts(String words, boolean overlap) {
    String row = ROW.replace("llama2-70b", "Mixtral-8x7B").replace("\tfsdp\t", "\t" + words + "\t");
    assertEquals(overlap, planned(row).job().overlap());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "real routing | 1.25",
        "natural routing | 1.25",
        "trained router | 1.25",
        "force_load_balancing=false | 1.25",
        "force_load_balancing=true | 1",
        "forced balance | 1",
        "dropless | 1",
      })
  void routingIsRealOrForced(String words, double imbalance) {
    String row = ROW.replace("llama2-70b", "Mixtral-8x7B").replace("\tfsdp\t", "\t" + words + "\t");
    assertEquals(imbalance, planned(row).job().imbalance());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FP8-CS | FP8",
        "MXFP8 (bf16 router) | FP8",
        "int8 | INT8",
        "bf16 | BF16",
        "fsdp | BF16",
      })
  void formatsOfEightBitsAreTold(String words, Precision precision) {
    String row = ROW.replace("\tfsdp\t", "\t" + words + "\t");
    assertEquals(precision, planned(row).job().precision());
  }

  @Test
  void sizesMayBeGivenTogether() {
    AxisSizes layout =
        planned(
                ROW.replace("TPU v5p", "H100")
                    .replace("\tfsdp\t", "\tTP/PP/CP/VP = 2/4/2/5; MBS=1; bf16\t"))
            .job()
            .layout();
    assertEquals(2, layout.tensor());
    assertEquals(4, layout.pipeline());
    assertEquals(2, layout.context());
    assertEquals(5, layout.virtualStages());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TPU v5p-128 slice | 1",
        "TPU v5p 4x4x4 slice | 1",
        "TPU v5p, 2 slice(s) of 32 | 2",
        "TPU v5p, 4-slice | 4",
        "TPU v5p, 2 pods | 2",
        "TPU v5p, num_slices=2 | 2",
      })
  void aSliceIsNotItsSize(String device, int slices) {
    assertEquals(slices, planned(ROW.replace("TPU v5p", device)).job().machine().slices());
  }

  @Test
  void rowsOfOneModelThatDifferInOneThingAreCompared() {
    String mixtral = ROW.replace("llama2-70b", "Mixtral-8x7B");
    String text =
        HEADER
            + mixtral.replace("\tfsdp\t", "\tfsdp; capacity_factor=1\t")
            + mixtral.replace("\tfsdp\t", "\tfsdp; capacity_factor=2\t").replace("_s\t40", "_s\t50")
            + mixtral
                .replace("\tfsdp\t", "\tfsdp; capacity_factor=4\t")
                .replace("_s\t40", "_s\t30");
    Holdout holdout = Holdout.of(MeasurementTable.parse("t", text), new ClosedForms()::predict);
    List<PredictionContrast> contrasts = PredictionContrast.of(holdout.scores());
    assertEquals(3, contrasts.size());
    contrasts.forEach(each -> assertEquals("capacity factor", each.name()));
    assertEquals(1.25, contrasts.get(0).measured(), 1e-12);
    assertTrue(contrasts.get(0).right());
    assertTrue(contrasts.get(1).predicted() > 1 && !contrasts.get(1).right());
    // The same measured time is a tie, whatever is predicted.
    String same = text.replace("_s\t50", "_s\t40");
    assertTrue(
        PredictionContrast.of(
                Holdout.of(MeasurementTable.parse("t", same), new ClosedForms()::predict).scores())
            .get(0)
            .tie());
  }

  @Test
  void everyAssumptionSaysWhatItMoves() {
    Planned row = planned(ROW);
    for (Assumption assumption : Assumption.values()) {
      String text = assumption.moving(List.of(row.job()), List.of(0.8));
      assertTrue(text.startsWith(assumption.sentence() + ": steps by "), text);
    }
    String attention = Assumption.ATTENTION.moving(List.of(row.job()), List.of(0.8));
    Prediction step = new ClosedForms().predict(row.job(), 0.8);
    double share =
        step.terms().stream()
                .filter(each -> each.name().equals("attention"))
                .findFirst()
                .orElseThrow()
                .seconds()
            / step.seconds();
    // At 0.3 of peak instead of 0.5 attention takes 5 / 3 of its time.
    assertTrue(
        attention.contains(String.format(Locale.ROOT, "%+.1f %% with 0.3", 100 * share * 2 / 3)),
        attention);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "256\t64 | ~\t64 | no global_batch",
        "256\t64 | NaN\t64 | global_batch must be a positive number",
        "256\t64 | -1\t64 | global_batch must be a positive number",
        "256\t64 | 1e400\t64 | global_batch must be a positive number",
        "256\t64 | 2.5\t64 | global_batch must be a whole number",
        "256\t64 | 256\t~ | no devices",
        "256\t64 | 256\t0 | devices must be a positive number",
        "256\t64 | 256\t99999999999 | devices must be at most",
        "4096 | sometimes | seq must be a positive number",
        "TPU v5p | abacus | unknown device",
        "TPU v5p | TPU v5p, 3 slices | 3 slices do not divide 64 devices",
        "fsdp | tensor=5 | axes of 5 devices do not divide 64",
        "fsdp | pp=8 | a pipeline without microbatches",
        "fsdp | nvfp4 | fp4 precision is not modelled",
        "step_time_s | loss | metric must be a step time",
        "_s\t40 | _s\t-40 | step_time_s must be a positive number",
        "_s\t40 | _s\t0.001 | precision or units",
        "llama2-70b | jamba-1.5 | hybrid attention is not modelled",
        "llama2-70b | llama99 | unknown model",
      })
  void aRowThatCannotBePlannedSaysWhy(String good, String bad, String reason) {
    String from = good.replace("\\t", "\t");
    assertTrue(ROW.contains(from), from);
    Refused refused =
        assertInstanceOf(
            Refused.class, plan(ROW.replace(from, bad.replace("~", "").replace("\\t", "\t"))));
    assertTrue(refused.reason().contains(reason), refused::reason);
  }

  @Test
  void theLayoutIsReadFromFreeWords() {
    Planned fsdp =
        planned(ROW.replace("\tfsdp\t", "\tfsdp=16 tensor=4; remat full; data over DCN\t"));
    assertEquals(16, fsdp.job().layout().fsdp());
    assertEquals(4, fsdp.job().layout().tensor());
    assertEquals(1.0, fsdp.job().rematerialise());
    Planned gpu =
        planned(
            ROW.replace("TPU v5p", "NVIDIA H100 SXM")
                .replace("\tfsdp\t", "\tTP=2 PP=4 VP=5 MBS=2 fp8\t"));
    assertEquals(2, gpu.job().layout().tensor());
    assertEquals(4, gpu.job().layout().pipeline());
    assertEquals(5, gpu.job().layout().virtualStages());
    assertEquals(8, gpu.job().layout().data());
    // 256 sequences over 8 copies, 2 at a time.
    assertEquals(16, gpu.job().layout().microbatches());
    assertEquals(Precision.FP8, gpu.job().precision());
    assertEquals(64, gpu.job().layout().devices());
  }

  /** Tables of GPUs have a column that says whether weights are split, not over how many. */
  @ParameterizedTest
  @CsvSource({"FSDP=0, 1", "FSDP=1, 64", "FSDP=64, 64", "FSDP=8, 8", "no fsdp, 1", "MBS=1, 1"})
  void ofGpusFsdpMayBeOnOrOff(String words, int fsdp) {
    Planned gpu =
        planned(
            ROW.replace("TPU v5p", "DGX-GB200")
                .replace("\tfsdp\t", "\tTP=1 PP=1 " + words + " bf16\t"));
    assertEquals(fsdp, gpu.job().layout().fsdp());
    assertEquals(64 / fsdp, gpu.job().layout().data());
  }

  /** 256 sequences over 8 copies, 2 at a time, are 16; a number that does not fit is misprinted. */
  @ParameterizedTest
  @CsvSource({
    "MBS=2 GA=16, 16, false",
    "MBS=2 GA=2, 16, true",
    "GA=2, 2, false",
  })
  void microbatchesFollowFromTheBatch(String words, int batches, boolean said) {
    Planned gpu =
        planned(
            ROW.replace("TPU v5p", "DGX-H100")
                .replace("\tfsdp\t", "\tTP=2 PP=4 bf16 " + words + "\t"));
    assertEquals(batches, gpu.job().layout().microbatches());
    assertEquals(
        said,
        gpu.job().assumptions().stream().anyMatch(each -> each.contains("states another number")));
  }

  @ParameterizedTest
  @CsvSource({
    "Nemotron-3-Nano, hybrid attention",
    "Nemotron 3 Super, hybrid attention",
    "nemotron_h 56b, hybrid attention",
    "nemotron 3400b, unknown model",
  })
  void onlyHybridNemotronsAreHybrid(String name, String reason) {
    Refused refused = assertInstanceOf(Refused.class, plan(ROW.replace("llama2-70b", name)));
    assertTrue(refused.reason().contains(reason), refused::reason);
  }

  @Test
  void aDenseNemotronIsPlanned() {
    assertEquals(
        "nemotron4-340b",
        planned(ROW.replace("llama2-70b", "nemotron-340b").replace("_s\t40", "_s\t200"))
            .job()
            .model()
            .name());
  }

  @ParameterizedTest
  @CsvSource({
    "step_time_s, 40, 40",
    "step_time_ms, 40000, 40",
    "seconds_per_step, 40, 40",
    "steps_per_second, 0.025, 40",
    // 256 sequences of 4096 tokens on 64 devices.
    "tokens_per_second, 26214.4, 40",
    "tokens_per_sec_per_device, 409.6, 40",
    "train_step_tokens_per_s_per_chip, 409.6, 40",
  })
  void metricsAreTurnedIntoSeconds(String metric, String value, double seconds) {
    Planned planned = planned(ROW.replace("step_time_s\t40", metric + "\t" + value));
    assertEquals(seconds, planned.seconds(), 1e-9);
  }

  @Test
  void ratesAreTurnedIntoSecondsByTheFlopsOfTheModel() {
    Planned rate = planned(ROW.replace("step_time_s\t40", "tflops_per_device\t200"));
    Planned share = planned(ROW.replace("step_time_s\t40", "mfu_percent\t40"));
    // Layers of 64 + 2 * 8 + 64 heads of 128 and three matrices, the logits, and half of the keys.
    double weights = 80 * (8192.0 * 128 * (64 + 16 + 64) + 3 * 8192.0 * 28672) + 32000.0 * 8192;
    double flops = 3 * (2 * weights + 80 * 2.0 * 2 * 8192 * 2048);
    double tokens = 256 * 4096 / 64.0;
    assertEquals(1, tokens * flops / 200e12 / rate.seconds(), 1e-9);
    assertEquals(1, tokens * flops / (0.4 * 459e12) / share.seconds(), 1e-9);
  }

  @ParameterizedTest
  @CsvSource({
    "TPU v5p, v5p",
    "TPU v5litepod-256, v5e",
    "Trillium, v6e",
    "Cloud TPU v4, v4",
    "Ironwood, tpu7x",
    "TPU7x-128, tpu7x",
    "NVIDIA H100 SXM5 80GB, h100",
    "DGX B200, b200",
    "GB200 NVL72, gb200",
    "DGX-GB300, gb300",
    "B300, b300",
  })
  void familiesAreSpelledFreely(String words, String family) {
    assertEquals(family, DeviceFamily.find(DeviceFamily.all(), words).orElseThrow().name());
  }

  @Test
  void slicesAndHalvesOfChipsAreSeen() {
    String devices = "\t64\tTPU v5p\t";
    assertEquals(4, planned(ROW.replace(devices, "\t64\t4x v5p-32\t")).job().machine().slices());
    Machine halves =
        planned(ROW.replace(devices, "\t64\tTPU7x, 2x4x4\t").replace("_s\t40", "_s\t30"))
            .job()
            .machine();
    assertEquals(2, halves.perChip());
    assertEquals(2307e12 / 2, halves.peak(Precision.BF16), 1);
  }

  @Test
  void expertsTakeTheFormThatTheRowNames() {
    String mixtral = ROW.replace("llama2-70b", "Mixtral-8x7B");
    Planned capacity =
        planned(mixtral.replace("\tfsdp\t", "\tfsdp=16 ep=4; capacity_factor=1.5\t"));
    assertEquals(3.0, capacity.job().model().experts().orElseThrow().rows());
    assertTrue(capacity.job().model().experts().orElseThrow().einsum());
    assertEquals(4, capacity.job().layout().expert());
    Planned dropless = planned(mixtral.replace("\tfsdp\t", "\tfsdp; dropless; real routing\t"));
    assertTrue(dropless.job().model().experts().orElseThrow().dropless());
    assertEquals(TableRowJobs.REAL_ROUTING, dropless.job().imbalance());
  }

  @Test
  void aModelThatIsNotKnownIsMadeOfItsColumnsAndMarked() {
    String header = HEADER.replace("seq", "params_b\tlayers\td_model\td_ff\tseq");
    Row row =
        MeasurementTable.parse("t", header + ROW.replace("llama2-70b", "mine\t7\t32\t4096\t11008"))
            .getFirst();
    Planned planned = assertInstanceOf(Planned.class, new TableRowJobs(Catalogue.open()).plan(row));
    assertTrue(planned.guessed());
    assertTrue(planned.job().model().gated());
  }

  @Test
  void noRowOfNoiseEndsInADefect() {
    Random random = new Random(7);
    List<String> words =
        List.of(
            "",
            "NaN",
            "-1",
            "1e9",
            "mixtral",
            "H100",
            "TPU v4 9x9x9",
            "pp=0",
            "tp/pp/ep=1/2/0",
            "overlap int8 real routing",
            "~4k (x)",
            "4M tokens",
            "ep=999",
            "fp8",
            "v5e, 0 slice(s)",
            "cf=-1",
            "mfu",
            "tokens_per_s",
            "\u0000",
            "999999",
            "dense-16b",
            "8");
    TableRowJobs planner = new TableRowJobs(Catalogue.open());
    for (int i = 0; i < 2000; i++) {
      StringBuilder row = new StringBuilder("x");
      for (int cell = 0; cell < 7; cell++) {
        row.append('\t').append(words.get(random.nextInt(words.size())));
      }
      Outcome outcome = planner.plan(MeasurementTable.parse("t", HEADER + row).getFirst());
      if (outcome instanceof Planned planned) {
        assertTrue(new ClosedForms().predict(planned.job(), 0.8).seconds() > 0);
      }
    }
  }

  private static Planned planned(String row) {
    Outcome outcome = plan(row);
    return assertInstanceOf(Planned.class, outcome, outcome::toString);
  }

  private static Outcome plan(String row) {
    return new TableRowJobs(Catalogue.open())
        .plan(MeasurementTable.parse("t", HEADER + row).getFirst());
  }

  private static void assertError(String text, String message) {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> MeasurementTable.parse("t", text));
    assertTrue(String.valueOf(error.getMessage()).contains(message), error::toString);
  }
}
