package io.github.shardsum.cli.bench.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompiledLimitsTest {
  @Test
  void theProgramPrintsEveryLimitOrSaysWhatToInstall() {
    try {
      Map<String, Double> rates = CompiledLimits.measure(2, Map.of("L1", 30_000L));
      assertEquals(
          Set.of("f32", "f64", "read L1", "triad L1", "copy L1", "fill L1", "streaming L1"),
          rates.keySet());
      rates.forEach((name, rate) -> assertTrue(rate > 1e7 && rate < 1e14, name + " " + rate));
    } catch (MeasurementException e) {
      assertTrue(e.why().contains("apt-get install gcc"), e::why);
    }
  }

  @Test
  void aProgramThatFailsIsToldWithItsFirstLine() {
    try {
      CCompiler.compiled(
          Objects.requireNonNull(CompiledLimits.class.getResourceAsStream("limits.c")),
          List.of("-shared-nonsense"),
          file -> List.of(file.toString()));
    } catch (MeasurementException e) {
      assertTrue(e.why().matches("(?s).*(failed|apt-get).*"), e::why);
      return;
    }
    throw new AssertionError("a compiler took a flag that there is not");
  }
}
