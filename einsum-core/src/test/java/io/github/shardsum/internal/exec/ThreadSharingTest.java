package io.github.shardsum.internal.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether work is shared follows from the time to hand it over, played here. */
class ThreadSharingTest {
  @ParameterizedTest
  @CsvSource({
    // ns alone, threads, ns of a hand-over
    "20000, 2, 9999, true",
    "20000, 2, 10000, false",
    "20000, 4, 14999, true",
    "20000, 4, 15000, false",
    "500000, 64, 200000, true",
    "100000, 64, 200000, false"
  })
  void workIsSharedIfThatSavesMoreThanItTakes(
      double nanos, int threads, double handOver, boolean shares) {
    assertEquals(shares, ThreadSharing.isWorth(nanos, threads, handOver));
  }

  /** Threads of an executor are not measured: 2.5 microseconds, and 0.03 ns a byte. */
  @Test
  void bytesThatAnotherThreadReadsCount() {
    Workers workers = Workers.of(2, Runnable::run);
    assertTrue(workers.areWorthwhile(30_000, 416_000));
    assertFalse(workers.areWorthwhile(30_000, 417_000));
    assertTrue(workers.areWorthwhile(2_000_000, 1 << 30));
  }

  @Test
  void shortAndLongWorkAndOneThreadAskForNoThreads() {
    Workers workers = Workers.of(2);
    assertFalse(workers.areWorthwhile(9_999, 0));
    assertTrue(workers.areWorthwhile(1e9, 0));
    workers.close();
    assertFalse(Workers.sequential().areWorthwhile(1e9, 0));
    assertTrue(Workers.interleaved(2, () -> {}).areWorthwhile(10_001, 0));
  }

  @Test
  void elementsAreSharedFromAboutTenMicrosecondsOn() {
    Workers workers = Workers.of(2, Runnable::run);
    assertFalse(ThreadSharing.areWorth(1 << 14, workers));
    assertTrue(ThreadSharing.areWorth(1 << 15, workers));
    assertFalse(ThreadSharing.areWorth(1L << 40, Workers.sequential()));
  }

  @Test
  void aHandOverIsTheTimeWithoutBytesAndMoreForEachByte() {
    HandOver handOver = HandOver.between(2_000, 4_000, 1_000);
    assertEquals(2_000, handOver.nanos(0));
    assertEquals(3_000, handOver.nanos(500));
    assertEquals(2_000, HandOver.between(2_000, 1_500, 1_000).nanos(1 << 20));
    for (double with : new double[] {1, 1_999, 2_000, 2_001, 50_000}) {
      HandOver other = HandOver.between(2_000, with, 1_000);
      assertTrue(other.nanos(0) <= other.nanos(1 << 20), () -> other + " of " + with);
    }
  }

  @Test
  void threadsThatNeverComeAreNotMeasured() {
    AtomicInteger turns = new AtomicInteger();
    Optional<HandOver> handOver =
        HandOver.measured(
            task -> {
              turns.incrementAndGet();
              task.run(0, new Scratch());
              task.run(1, new Scratch());
            });
    assertEquals(Optional.empty(), handOver);
    assertEquals(4, turns.get());
  }

  @Test
  void theShortestOfEightMeasurementsCounts() {
    HandOverMeter meter = new HandOverMeter();
    assertEquals(HandOver.USUAL, meter.value());
    meter.add(Optional.empty(), 1_000);
    assertEquals(HandOver.USUAL, meter.value());
    meter.add(Optional.of(new HandOver(30_000, 0)), 2_000);
    assertEquals(30_000, meter.value().nanos(1 << 17));
    meter.add(Optional.of(new HandOver(2_000, 1)), 3_000);
    assertEquals(2_000, meter.value().nanos(0));
    assertEquals(30_000, meter.value().nanos(1 << 17), 1e-6);
    meter.add(Optional.of(new HandOver(4_000, 0.125)), 4_000);
    assertEquals(2_000, meter.value().nanos(0));
    assertEquals(4_000 + 16_384, meter.value().nanos(1 << 17), 1e-6);
    meter.add(Optional.empty(), 5_000);
    assertEquals(2_000, meter.value().nanos(0));
  }

  @Test
  void measurementsHaveTimeInBetweenAndEnd() {
    HandOverMeter meter = new HandOverMeter();
    long now = -50;
    assertTrue(meter.isDue(now));
    for (int tries = 0; tries < 8; tries++) {
      assertTrue(meter.isDue(now));
      meter.add(Optional.empty(), now);
      assertFalse(meter.isDue(now + 19_999_999));
      now += 20_000_000;
    }
    assertFalse(meter.isDue(now));
  }
}
