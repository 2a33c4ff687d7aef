package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.bench.CollectiveBenchmark;
import io.github.shardsum.bench.SuperstepBenchmark;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import java.util.List;

/**
 * Compares the cases of {@link CollectiveBenchmark} and {@link SuperstepBenchmark} in pairs. On a
 * machine whose memory is shared with others, the ratio of two benchmarks that ran one after the
 * other is unreliable. Prints paired 95 % intervals and whether each promise is kept; the exit
 * status is 1 if a promise is broken.
 *
 * <p>Arguments: numbers of devices, with 4 MB each; the default is 8, 16, 32 and 64.
 */
public final class CollectiveComparison {
  private static final int ROUNDS = 41;
  private static final int[] DEVICES = {8, 16, 32, 64};
  private static final double LEAST_OF_COPY = 0.9;
  private static final double LEAST_OF_READ = 0.6;

  /**
   * Fewest devices for the promise on all-reduces: from here on, operands do not fit in the caches.
   */
  private static final int BEYOND_CACHES = 64;

  private static final double MOST_MICROSECONDS = 5;

  private final Promises promises = new Promises();

  private CollectiveComparison() {}

  /**
   * Measures.
   *
   * @param arguments numbers of devices
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws MeasurementException {
    int[] devices = arguments.stream().mapToInt(Integer::parseInt).toArray();
    CollectiveComparison times = new CollectiveComparison();
    for (int count : devices.length == 0 ? DEVICES : devices) {
      times.collectives(count);
    }
    times.supersteps();
    return times.promises.areKept();
  }

  private void collectives(int devices) throws MeasurementException {
    CollectiveBenchmark both = new CollectiveBenchmark(devices);
    both.setUp();
    PairedTiming copies =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            Timed.of(both::copyOfWholeOperands),
            Timed.of(both::allToAll));
    Interval share = share(devices, "all-to-all", "whole operands copied", copies);
    print(", at least %.2f %s%n", LEAST_OF_COPY, promises.verdict(share.median() >= LEAST_OF_COPY));
    share(
        devices,
        "all-to-all",
        "its chunks copied by Java",
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS), Timed.of(both::copyOfChunks), Timed.of(both::allToAll)));
    print("%n");
    PairedTiming reads =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS), Timed.of(both::readAll), Timed.of(both::allReduce));
    share = share(devices, "all-reduce", "all read", reads);
    if (devices >= BEYOND_CACHES) {
      print(", at least %.2f %s", LEAST_OF_READ, promises.verdict(share.median() >= LEAST_OF_READ));
    }
    print("%n");
    both.check();
  }

  private static Interval share(int devices, String what, String limit, PairedTiming times) {
    Interval share = times.interval((copied, collective) -> copied / collective);
    print(
        "%d devices: %s %.0f us, %s %.0f us: %.2f [%.2f, %.2f]",
        devices,
        what,
        Interval.median(times.second()) * 1e6,
        limit,
        Interval.median(times.first()) * 1e6,
        share.median(),
        share.low(),
        share.high());
    return share;
  }

  private void supersteps() throws MeasurementException {
    SuperstepBenchmark both = new SuperstepBenchmark();
    PairedTiming times =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            Timed.of(both::superstepOfMany),
            Timed.of(both::superstepAlone));
    Interval step = times.interval((many, _) -> many / SuperstepBenchmark.STEPS * 1e6);
    print(
        "a superstep of 2048 devices %.2f us [%.2f, %.2f], under %.0f us %s; a plan of"
            + " one %.2f us%n",
        step.median(),
        step.low(),
        step.high(),
        MOST_MICROSECONDS,
        promises.verdict(step.high() < MOST_MICROSECONDS),
        Interval.median(times.second()) * 1e6);
    both.check();
  }
}
