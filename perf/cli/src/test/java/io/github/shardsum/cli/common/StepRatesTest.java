package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.partition.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepRatesTest {
  private static StepSpan span(double flops, double bytes, long nanoseconds) {
    return new StepSpan(
        "step",
        List.of(0),
        List.of(),
        OptionalInt.empty(),
        false,
        0,
        5,
        5 + nanoseconds,
        flops,
        bytes);
  }

  @Test
  void ratesThatMadeTheTimesAreFound() {
    Random random = new Random(3);
    List<StepSpan> spans = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int flops = random.nextInt(1_000_000);
      int bytes = random.nextInt(1_000_000);
      spans.add(span(flops, bytes, 2L * flops + 3L * bytes + 5000));
    }
    StepRates rates = StepRates.of(spans);
    assertEquals(2e-9, rates.flop(), 1e-14);
    assertEquals(3e-9, rates.bytes(), 1e-14);
    assertEquals(5e-6, rates.each(), 1e-10);
  }

  @Test
  void noRateIsBelowZero() {
    Random random = new Random(4);
    for (int number = 0; number < 200; number++) {
      List<StepSpan> spans = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(6); i++) {
        spans.add(span(random.nextInt(3) * 10, random.nextInt(3) * 10, random.nextInt(1000)));
      }
      StepRates rates = StepRates.of(spans);
      assertTrue(rates.flop() >= 0 && rates.bytes() >= 0 && rates.each() >= 0, rates::toString);
      assertTrue(Double.isFinite(rates.flop() + rates.bytes() + rates.each()), rates::toString);
    }
  }

  @Test
  void aDeviceThatComputesNothingTakesNoTime() {
    StepRates rates = StepRates.of(List.of(span(0, 0, 900), span(10, 0, 70), span(20, 0, 140)));
    assertEquals(7e-9, rates.flop(), 1e-12);
    assertEquals(0, rates.seconds(span(0, 0, 1)));
    assertEquals(210e-9, rates.seconds(span(30, 0, 1)), 1e-12);
    assertEquals(0, StepRates.of(List.of()).seconds(span(30, 40, 1)));
  }
}
