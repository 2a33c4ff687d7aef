package io.github.shardsum.lab.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.ClosedForms;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pairs of made-up rows that differ in one thing, all else equal. */
class PredictionContrastTest {
  private static final String HEADER =
      "model\tseq\tglobal_batch\tdevices\tdevice_type\tparallelism\tmetric\tvalue\n";

  /** Slower than any of these rows by its peak, so that none is refused. */
  private static final double SECONDS = 200;

  /** The cells of a row: model, sequence, batch, devices, device, and words about the rest. */
  private static String row(String cells, double seconds) {
    return String.join("\t", cells.split(" *; *", 6)) + "\tstep_time_s\t" + seconds + "\n";
  }

  private static PredictionContrast contrast(String first, String second, double ratio) {
    String text = HEADER + row(first, SECONDS) + row(second, SECONDS * ratio);
    List<PredictionContrast> found = contrasts(text);
    assertEquals(1, found.size(), () -> text + found);
    return found.getFirst();
  }

  private static List<PredictionContrast> contrasts(String text) {
    Holdout holdout = Holdout.of(MeasurementTable.parse("t", text), new ClosedForms()::predict);
    assertTrue(holdout.refused().isEmpty(), () -> holdout.refused().toString());
    return PredictionContrast.of(holdout.scores());
  }

  /** Batches grow with devices, so that a step's time is that of as many tokens a device. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "slower | capacity factor"
            + " | mixtral-8x7b; 4096; 512; 64; TPU v5p; fsdp capacity_factor=1"
            + " | mixtral-8x7b; 4096; 512; 64; TPU v5p; fsdp capacity_factor=1.25",
        "slower | experts, dropless to capacity"
            + " | mixtral-8x7b; 4096; 512; 64; TPU v5p; fsdp dropless"
            + " | mixtral-8x7b; 4096; 512; 64; TPU v5p; fsdp capacity_factor=1.25",
        "slower | slices"
            + " | llama2-70b; 4096; 256; 256; TPU v5e, 1 slice(s) of 256; fsdp"
            + " | llama2-70b; 4096; 512; 512; TPU v5e, 2 slice(s) of 256; fsdp",
        "slower | slices"
            + " | llama2-70b; 4096; 512; 256; TPU v5p, 1 pod; fsdp"
            + " | llama2-70b; 4096; 8192; 4096; TPU v5p, 16 pods; fsdp",
        "slower | slices"
            + " | mixtral-8x7b; 4096; 1024; 256; TPU v6e, 1 slice(s) of 256; fsdp dropless"
            + " | mixtral-8x7b; 4096; 32768; 8192; TPU v6e, 32 slice(s) of 256; fsdp dropless",
        "faster | precision, bf16 to 8 bits"
            + " | llama2-70b; 4096; 256; 64; H100; TP=4 PP=2 MBS=1 bf16"
            + " | llama2-70b; 4096; 256; 64; H100; TP=4 PP=2 MBS=1 fp8",
        "faster | precision, bf16 to 8 bits"
            + " | llama2-70b; 4096; 256; 64; TPU v6e; fsdp bf16"
            + " | llama2-70b; 4096; 256; 64; TPU v6e; fsdp int8",
        "faster | overlap, off to on"
            + " | mixtral-8x7b; 4096; 1024; 64; H100; EP=8 MBS=1 bf16"
            + " | mixtral-8x7b; 4096; 1024; 64; H100; EP=8 MBS=1 bf16 a2a overlap",
        "slower | routing, balanced to real"
            + " | mixtral-8x7b; 4096; 1024; 64; H100; EP=8 MBS=1 bf16 dropless"
            + " | mixtral-8x7b; 4096; 1024; 64; H100; EP=8 MBS=1 bf16 dropless real routing",
        "slower | rematerialised share"
            + " | llama2-70b; 4096; 256; 64; TPU v5p; fsdp; remat none"
            + " | llama2-70b; 4096; 256; 64; TPU v5p; fsdp; remat full",
      })
  void theSignIsThatOfTheThing(String sign, String thing, String first, String second) {
    double way = sign.equals("slower") ? 1.2 : 1 / 1.2;
    PredictionContrast contrast = contrast(first, second, way);
    assertEquals(thing, contrast.name());
    assertEquals(way, contrast.measured(), 1e-9);
    assertFalse(contrast.tie(), () -> "predicted " + contrast.predicted());
    assertTrue(contrast.right(), () -> "predicted " + contrast.predicted());
    assertFalse(contrast(first, second, 1 / way).right());
  }

  @Test
  void aLargerSliceAtAsManyTokensADeviceIsNotSaidToBeFaster() {
    PredictionContrast contrast =
        contrast(
            "llama2-70b;4096;256;64;TPU v5p;fsdp", "llama2-70b;4096;1024;256;TPU v5p;fsdp", 1.1);
    assertEquals("devices of a slice", contrast.name());
    assertTrue(contrast.predicted() > 0.99, () -> "predicted " + contrast.predicted());
  }

  @Test
  void rowsThatDifferInTwoThingsAreNoPair() {
    String text =
        HEADER
            + row("mixtral-8x7b;4096;512;64;TPU v5p;fsdp capacity_factor=1", SECONDS)
            + row("mixtral-8x7b;8192;512;64;TPU v5p;fsdp capacity_factor=2", 300);
    assertEquals(List.of(), contrasts(text));
  }

  @Test
  void thePageSaysTheSignOfEachPair() {
    String one = "mixtral-8x7b;4096;512;64;TPU v5p;fsdp capacity_factor=";
    String text = HEADER + row(one + 1, SECONDS) + row(one + 2, 300) + row(one + 4, 300);
    StringWriter out = new StringWriter();
    HoldoutReport.print(
        Holdout.of(MeasurementTable.parse("t", text), new ClosedForms()::predict),
        new PrintWriter(out));
    List<String> lines =
        out.toString().lines().filter(line -> line.startsWith("capacity factor")).toList();
    assertEquals(3, lines.size(), out::toString);
    assertTrue(lines.get(0).endsWith("  right"), lines::toString);
    assertTrue(lines.get(1).endsWith("  right"), lines::toString);
    assertTrue(lines.get(2).endsWith("  tie"), lines::toString);
  }
}
