package io.github.shardsum.cli.bench;

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

  /** A contestant whose clock is made up. */
  private static final class Fake implements Competitor {
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
    public String name() {
      return name;
    }

    @Override
    public double[] prepare(BenchCase subject, long[] samples) {
      return new double[samples.length];
    }

    @Override
    public double seconds(int calls) throws PeerException {
      if (blocks++ >= failsAfter) {
        throw new PeerException("made to fail");
      }
      log.add(name + calls);
      return calls * secondsPerCall;
    }

    @Override
    public void forget() {}
  }

  @Test
  void everyRoundGivesTheTimeOfACallOfEach() {
    List<String> log = new ArrayList<>();
    Map<String, double[]> times =
        THREE.run(
            List.of(
                new Fake("slow", 0.5, log, Integer.MAX_VALUE),
                new Fake("fast", 0.001, log, Integer.MAX_VALUE)),
            (_, _) -> {});
    assertArrayEquals(new double[] {0.5, 0.5, 0.5}, times.get("slow"));
    assertArrayEquals(new double[] {0.001, 0.001, 0.001}, times.get("fast"), 1e-12);
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
    Map<String, double[]> times =
        THREE.run(
            List.of(
                new Fake("steady", 0.5, log, Integer.MAX_VALUE), new Fake("frail", 0.5, log, 4)),
            (contestant, why) -> failed.add(contestant.name() + ": " + why.getMessage()));
    assertEquals(List.of("frail: made to fail"), failed);
    assertTrue(times.containsKey("steady"));
    assertEquals(1, times.size());
  }
}
