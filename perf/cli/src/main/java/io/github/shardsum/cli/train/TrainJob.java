package io.github.shardsum.cli.train;

import io.github.shardsum.cli.train.data.PairSplit;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Settings of a training.
 *
 * @param minutes the longest time to train in this call
 * @param steps the largest number of steps in this call
 * @param until the step to stop at, counted over all calls
 * @param experts the number of experts of each layer that has them
 * @param slots the slots of an expert, as a multiple of the slots that even loads would fill; if it
 *     is not given, no choice is dropped
 * @param dense whether the dense model is trained too
 * @param checkpoint a folder for the model
 * @param resume whether to go on from the folder's last checkpoint
 * @param html the page's file
 * @param seed seed of parameters and order; if it is not given, the checkpoint's, or 1
 * @param sweep models to be compared, instead of one that is trained
 * @param accumulate batches of a step
 * @param recompute whether the backward pass computes activations again
 * @param data the pairs to learn from, and how many are translated
 */
record TrainJob(
    Optional<Double> minutes,
    Optional<Long> steps,
    Optional<Long> until,
    Optional<Integer> experts,
    Optional<Double> slots,
    boolean dense,
    Optional<Path> checkpoint,
    boolean resume,
    Optional<Path> html,
    Optional<Long> seed,
    Optional<TrainExpertSweep.Grid> sweep,
    int accumulate,
    boolean recompute,
    Data data) {
  /**
   * The data to learn from.
   *
   * @param file a file of pairs instead of the JDK's
   * @param corpus a folder of {@code corpus make} instead of the JDK's pairs
   * @param quick whether few languages and few translations are enough, for a run of a minute in
   *     all
   * @param whole whether nothing is held back
   */
  record Data(Optional<Path> file, Optional<Path> corpus, boolean quick, boolean whole) {
    /** The number of held-back pairs of each kind that are translated. */
    Map<PairSplit, Integer> samples() {
      Map<PairSplit, Integer> samples = new LinkedHashMap<>();
      for (PairSplit split : PairSplit.HELD_BACK) {
        boolean many = split == PairSplit.NAMES || split == PairSplit.SENTENCES;
        int most = many ? NAMES : OTHERS;
        samples.put(split, quick ? most / QUICK_PART : most);
      }
      return samples;
    }
  }

  private static final int NAMES = 1600;
  private static final int OTHERS = 400;
  private static final int QUICK_PART = 8;

  /** Minutes of training; with data and report the command takes less than ten on two cores. */
  private static final double MINUTES = 7.5;

  /** Minutes of a quick training; the whole command takes one. */
  private static final double QUICK_MINUTES = 0.4;

  private static final double NANOS_A_MINUTE = 60e9;

  OptionalLong nanos() {
    if (minutes.isEmpty() && (steps.isPresent() || until.isPresent())) {
      return OptionalLong.empty();
    }
    double most = minutes.orElse(data.quick() ? QUICK_MINUTES : MINUTES);
    return OptionalLong.of((long) (most * NANOS_A_MINUTE));
  }

  /**
   * Steps to make at most.
   *
   * @param made steps that were made before this call
   */
  OptionalLong stepLimit(long made) {
    long most = steps.orElse(Long.MAX_VALUE);
    long left = until.map(last -> Math.max(0, last - made)).orElse(Long.MAX_VALUE);
    return steps.isPresent() || until.isPresent()
        ? OptionalLong.of(Math.min(most, left))
        : OptionalLong.empty();
  }

  /** The page's file, if one is written. */
  Optional<Path> page() {
    return html.or(() -> checkpoint.map(folder -> folder.resolve("report.html")));
  }
}
