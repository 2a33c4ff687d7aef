package io.github.shardsum.bench;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * What {@link CollectiveBenchmark} and {@link SuperstepBenchmark} measure, in turns: on a machine
 * whose memory others use too, a ratio of two benchmarks that ran one after the other says little.
 * Prints paired 95 % intervals and whether each promise is met; the exit status is 1 if one is not.
 *
 * <p>Arguments: numbers of devices of 4 MB; none for 8, 16, 32 and 64.
 */
public final class CollectiveComparison {
  private static final int ROUNDS = 41;
  private static final int[] DEVICES = {8, 16, 32, 64};
  private static final double LEAST_OF_COPY = 0.9;
  private static final double LEAST_OF_READ = 0.6;

  /** From so many devices on the promise on all-reduces holds: operands are beyond the caches. */
  private static final int BEYOND_CACHES = 64;

  private static final double MOST_MICROSECONDS = 5;

  private boolean missed;

  private CollectiveComparison() {}

  /**
   * Measures.
   *
   * @param arguments numbers of devices
   */
  public static void main(String[] arguments) {
    int[] devices = Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    CollectiveComparison turns = new CollectiveComparison();
    printLoad();
    for (int count : devices.length == 0 ? DEVICES : devices) {
      turns.collectives(count);
    }
    turns.supersteps();
    printLoad();
    System.exit(turns.missed ? 1 : 0);
  }

  private static void printLoad() {
    print("load %.2f%n", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private String verdict(boolean met) {
    missed |= !met;
    return met ? "met" : "MISSED";
  }

  private void collectives(int devices) {
    CollectiveBenchmark both = new CollectiveBenchmark(devices);
    both.setUp();
    PairedTiming copies =
        PairedTiming.of(
            ROUNDS,
            PairedTiming.Timed.of(both::copyOfWholeOperands),
            PairedTiming.Timed.of(both::allToAll));
    PairedTiming.Interval share = share(devices, "all-to-all", "whole operands copied", copies);
    print(", at least %.2f %s%n", LEAST_OF_COPY, verdict(share.median() >= LEAST_OF_COPY));
    share(
        devices,
        "all-to-all",
        "its chunks copied by Java",
        PairedTiming.of(
            ROUNDS,
            PairedTiming.Timed.of(both::copyOfChunks),
            PairedTiming.Timed.of(both::allToAll)));
    print("%n");
    PairedTiming reads =
        PairedTiming.of(
            ROUNDS, PairedTiming.Timed.of(both::readAll), PairedTiming.Timed.of(both::allReduce));
    share = share(devices, "all-reduce", "all read", reads);
    if (devices >= BEYOND_CACHES) {
      print(", at least %.2f %s", LEAST_OF_READ, verdict(share.median() >= LEAST_OF_READ));
    }
    print("%n");
    both.check();
  }

  private static PairedTiming.Interval share(
      int devices, String what, String limit, PairedTiming turns) {
    PairedTiming.Interval share = turns.interval((copied, collective) -> copied / collective);
    print(
        "%d devices: %s %.0f us, %s %.0f us: %.2f [%.2f, %.2f]",
        devices,
        what,
        PairedTiming.median(turns.second()) * 1e6,
        limit,
        PairedTiming.median(turns.first()) * 1e6,
        share.median(),
        share.low(),
        share.high());
    return share;
  }

  private void supersteps() {
    SuperstepBenchmark both = new SuperstepBenchmark();
    PairedTiming turns =
        PairedTiming.of(
            ROUNDS,
            PairedTiming.Timed.of(both::superstepOfMany),
            PairedTiming.Timed.of(both::superstepAlone));
    PairedTiming.Interval step = turns.interval((many, _) -> many / SuperstepBenchmark.STEPS * 1e6);
    print(
        "a superstep of 2048 devices %.2f us [%.2f, %.2f], under %.0f us %s; a plan of one %.2f us%n",
        step.median(),
        step.low(),
        step.high(),
        MOST_MICROSECONDS,
        verdict(step.high() < MOST_MICROSECONDS),
        PairedTiming.median(turns.second()) * 1e6);
    both.check();
  }
}
