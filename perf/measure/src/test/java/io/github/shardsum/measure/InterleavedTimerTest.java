package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class InterleavedTimerTest {
  private static final InterleavedTimer THREE = new InterleavedTimer(3, 1.0, 0.1, 0);

  /** A competitor whose clock is made up. */
  private static final class Fake implements Timed {
    private final String name;
    private final double secondsPerCall;
    private final List<String> log;
    private final int failsAfter;
    private int blocks;

    Fake(String name, double secondsPerCall, List<String> log, int failsAfter) {
      this.name = name;
      this.secondsPerCall = secondsPerCall;
      this.log = log;
      this.failsAfter = failsAfter;
    }

    @Override
    public double seconds(long calls) throws MeasurementException {
      if (blocks++ >= failsAfter) {
        throw new MeasurementException("made to fail");
      }
      log.add(name + calls);
      return calls * secondsPerCall;
    }
  }

  @Test
  void everyRoundGivesTheTimeOfACallOfEach() {
    List<String> log = new ArrayList<>();
    Fake slow = new Fake("slow", 0.5, log, Integer.MAX_VALUE);
    Fake fast = new Fake("fast", 0.001, log, Integer.MAX_VALUE);
    Map<Fake, double[]> times = THREE.run(List.of(slow, fast), (_, _) -> {});
    assertArrayEquals(new double[] {0.5, 0.5, 0.5}, times.get(slow));
    assertArrayEquals(new double[] {0.001, 0.001, 0.001}, times.get(fast), 1e-12);
  }

  @Test
  void ofTwoEachIsFirstInHalfOfTheRounds() {
    List<String> log = new ArrayList<>();
    new InterleavedTimer(4, 0, 0.1, 0)
        .run(
            List.of(
                new Fake("a", 0.1, log, Integer.MAX_VALUE),
                new Fake("b", 0.1, log, Integer.MAX_VALUE)),
            (_, _) -> {});
    // Two blocks of each a round: the one that does not count, and the one that does.
    List<String> rounds = log.subList(log.size() - 16, log.size());
    assertEquals(
        List.of("a1", "b1", "b1", "a1"),
        List.of(rounds.get(0), rounds.get(4), rounds.get(8), rounds.get(12)));
  }

  @Test
  void aBlockOfShortCallsIsLongEnoughAndALongCallIsABlock() {
    List<String> log = new ArrayList<>();
    THREE.run(
        List.of(
            new Fake("slow", 0.5, log, Integer.MAX_VALUE),
            new Fake("fast", 0.001, log, Integer.MAX_VALUE)),
        (_, _) -> {});
    assertEquals("slow1", log.getFirst());
    assertEquals(3, log.stream().filter("fast100"::equals).count() - warmUps(log));
  }

  /** Blocks of full length before the first round, which begins with a single call. */
  private static long warmUps(List<String> log) {
    int firstRound = log.size() - 2 * 2 * 3;
    return log.subList(0, firstRound).stream().filter("fast100"::equals).count();
  }

  @Test
  void theWarmUpGoesOnWhileTheJitCompiles() {
    int busy = 30;
    List<String> log = new ArrayList<>();
    // The JIT compiles for as long as each of the first blocks lasts.
    LongSupplier compiled = () -> Math.min(log.size(), busy) * 100L;
    Fake fast = new Fake("fast", 0.001, log, Integer.MAX_VALUE);
    THREE.run(List.of(fast), (_, _) -> {}, compiled);
    int quiet = 10; // as long as a warm-up
    assertEquals(busy + quiet, log.size() - 2 * THREE.rounds(), 1);
  }

  @Test
  void aJitThatNeverEndsIsNotWaitedFor() {
    List<String> log = new ArrayList<>();
    Fake fast = new Fake("fast", 0.001, log, Integer.MAX_VALUE);
    THREE.run(List.of(fast), (_, _) -> {}, () -> log.size() * 100L);
    long blocks = log.stream().filter("fast100"::equals).count();
    assertEquals(50, (int) blocks, 5);
  }

  @Test
  void whoFailsIsDroppedAndTheOthersGoOn() {
    List<String> log = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    Fake steady = new Fake("steady", 0.5, log, Integer.MAX_VALUE);
    Fake frail = new Fake("frail", 0.5, log, 4);
    Map<Fake, double[]> times =
        THREE.run(
            List.of(steady, frail), (fake, why) -> failed.add(fake.name + ": " + why.getMessage()));
    assertEquals(List.of("frail: made to fail"), failed);
    assertTrue(times.containsKey(steady));
    assertEquals(1, times.size());
  }
}
