package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.internal.contraction.StepKernelChoices;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Tries the kernels that each step of an einsum could use, one step after another, by whole runs of
 * the einsum. The kernels of a step run alternately, so that the JVM compiles all of them at about
 * the same time.
 */
public final class KernelTuner {
  /** The least time of a block of runs, in ns. */
  private static final long BLOCK = 2_000_000;

  /** The least number of turns of each kernel, if there is time. */
  private static final int TURNS = 5;

  /** A kernel must take at most this share of the time; a smaller gain may be chance. */
  private static final double GAIN = 0.97;

  /**
   * A kernel that takes this many times as long as the fastest is dropped after half of the time.
   * Before that it may be slow only because it is not compiled yet.
   */
  private static final double SLOW = 2;

  /** If nothing gets faster for this time in ns, the compiler is assumed to have finished. */
  private static final long QUIET = 500_000_000;

  private final Function<StepKernelChoices, Einsum> with;
  private final List<List<String>> candidates;
  private final Operand[] operands;
  private final Duration most;
  private final Tensor out;
  private StepKernelChoices choices = StepKernelChoices.NONE;

  /**
   * A trial.
   *
   * @param with makes the einsum with given choices
   * @param candidates names of the kernels of each step, the model's first
   */
  public KernelTuner(
      Function<StepKernelChoices, Einsum> with,
      List<List<String>> candidates,
      Operand[] operands,
      Duration most) {
    if (most.isNegative()) {
      throw new IllegalArgumentException("trial: expected a time of at least 0, got " + most);
    }
    this.with = with;
    this.candidates = candidates;
    this.operands = operands;
    this.most = most;
    Einsum model = with.apply(choices);
    this.out = Tensor.zeros(model.dtype(), model.outputShape());
  }

  public Einsum run() {
    long end = KernelWarmUp.endOf(most);
    int left = (int) candidates.stream().filter(of -> of.size() > 1).count();
    for (int step = 0; step < candidates.size(); step++) {
      long now = System.nanoTime();
      if (candidates.get(step).size() > 1 && now < end) {
        choices = choices.with(step, choose(step, now + (end - now) / left--));
      }
    }
    return with.apply(choices);
  }

  private StepKernelChoices.KernelChoice choose(int step, long end) {
    List<String> names = candidates.get(step);
    Einsum[] einsums = new Einsum[names.size()];
    for (int candidate = 0; candidate < einsums.length; candidate++) {
      einsums[candidate] =
          with.apply(choices.with(step, new StepKernelChoices.KernelChoice(candidate, "")));
    }
    double[] times = times(einsums, end);
    int best = 0;
    for (int candidate = 1; candidate < times.length; candidate++) {
      best = times[candidate] < times[best] ? candidate : best;
    }
    double gain = times[best] / times[0];
    return gain > GAIN
        ? new StepKernelChoices.KernelChoice(
            0,
            String.format(
                Locale.ROOT, "measured: no slower than any of %d others", names.size() - 1))
        : new StepKernelChoices.KernelChoice(
            best,
            String.format(
                Locale.ROOT, "measured: %.2f of the time with %s", gain, names.getFirst()));
  }

  /** The fastest block of each kernel, since disturbances only make a run longer. */
  private double[] times(Einsum[] einsums, long end) {
    double[] least = new double[einsums.length];
    Arrays.fill(least, Double.MAX_VALUE);
    long now = System.nanoTime();
    long half = now + (end - now) / 2;
    long gained = now;
    for (int turn = 0; turn == 0 || (now < end && (turn < TURNS || now - gained < QUIET)); turn++) {
      double fastest = Arrays.stream(least).min().orElseThrow();
      for (int candidate = 0; candidate < einsums.length; candidate++) {
        if (now < half || least[candidate] < SLOW * fastest) {
          double time = block(einsums[candidate]);
          now = System.nanoTime();
          gained = time < GAIN * least[candidate] ? now : gained;
          least[candidate] = Math.min(least[candidate], time);
        }
      }
    }
    return least;
  }

  /** Nanoseconds of a run. */
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
