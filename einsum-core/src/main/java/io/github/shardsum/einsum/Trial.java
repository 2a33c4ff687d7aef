package io.github.shardsum.einsum;

import io.github.shardsum.internal.contract.Picks;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Tries the kernels that each step of an einsum could take: one step after the other, by whole runs
 * of the einsum, all kernels of a step in turns, so that the JVM has compiled all or none of them.
 */
final class Trial {
  /** Runs are timed in blocks of at least this long, in ns. */
  private static final long BLOCK = 2_000_000;

  /** Turns that each kernel has at least, if there is time. */
  private static final int TURNS = 5;

  /** A kernel must take at most this share of the time; less of a gain may be chance. */
  private static final double GAIN = 0.97;

  /**
   * A kernel that takes this many times as long as the fastest is given up after half of the time;
   * before, it may only not be compiled yet.
   */
  private static final double SLOW = 2;

  /** If so long, in ns, nothing gets faster, the compiler is taken to be done. */
  private static final long QUIET = 500_000_000;

  private final Function<Picks, Einsum> with;
  private final List<List<String>> ladders;
  private final Operand[] operands;
  private final Duration most;
  private final Tensor out;
  private Picks picks = Picks.NONE;

  /**
   * A trial.
   *
   * @param with the einsum with given picks
   * @param ladders names of the kernels of each step, the model's first
   */
  Trial(
      Function<Picks, Einsum> with, List<List<String>> ladders, Operand[] operands, Duration most) {
    if (most.isNegative()) {
      throw new IllegalArgumentException("trial: a time of at least 0 is wanted, got " + most);
    }
    this.with = with;
    this.ladders = ladders;
    this.operands = operands;
    this.most = most;
    Einsum model = with.apply(picks);
    this.out = Tensor.zeros(model.dtype(), model.outputShape());
  }

  Einsum run() {
    long end = WarmUp.endOf(most);
    int left = (int) ladders.stream().filter(ladder -> ladder.size() > 1).count();
    for (int step = 0; step < ladders.size(); step++) {
      long now = System.nanoTime();
      if (ladders.get(step).size() > 1 && now < end) {
        picks = picks.with(step, pick(step, now + (end - now) / left--));
      }
    }
    return with.apply(picks);
  }

  private Picks.Pick pick(int step, long end) {
    List<String> names = ladders.get(step);
    Einsum[] einsums = new Einsum[names.size()];
    for (int rung = 0; rung < einsums.length; rung++) {
      einsums[rung] = with.apply(picks.with(step, new Picks.Pick(rung, "")));
    }
    double[] times = times(einsums, end);
    int best = 0;
    for (int rung = 1; rung < times.length; rung++) {
      best = times[rung] < times[best] ? rung : best;
    }
    double gain = times[best] / times[0];
    return gain > GAIN
        ? new Picks.Pick(0, "measured: no slower than any of %d others".formatted(names.size() - 1))
        : new Picks.Pick(
            best,
            String.format(
                Locale.ROOT, "measured: %.2f of the time with %s", gain, names.getFirst()));
  }

  /** The fastest block of each: what disturbs a run only makes it longer. */
  private double[] times(Einsum[] einsums, long end) {
    double[] least = new double[einsums.length];
    Arrays.fill(least, Double.MAX_VALUE);
    long now = System.nanoTime();
    long half = now + (end - now) / 2;
    long gained = now;
    for (int turn = 0; turn == 0 || (now < end && (turn < TURNS || now - gained < QUIET)); turn++) {
      double fastest = Arrays.stream(least).min().orElseThrow();
      for (int rung = 0; rung < einsums.length; rung++) {
        if (now < half || least[rung] < SLOW * fastest) {
          double time = block(einsums[rung]);
          now = System.nanoTime();
          gained = time < GAIN * least[rung] ? now : gained;
          least[rung] = Math.min(least[rung], time);
        }
      }
    }
    return least;
  }

  /** Nanoseconds a run. */
  private double block(Einsum einsum) {
    long begin = System.nanoTime();
    long now = begin;
    long runs = 0;
    while (runs == 0 || now - begin < BLOCK) {
      einsum.runInto(out, operands);
      runs++;
      now = System.nanoTime();
    }
    return (double) (now - begin) / runs;
  }
}
