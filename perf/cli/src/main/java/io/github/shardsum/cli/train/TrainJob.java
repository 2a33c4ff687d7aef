package io.github.shardsum.cli.train;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to be trained.
 *
 * @param minutes to train at most in this call
 * @param steps to make at most in this call
 * @param experts of each layer that has them
 * @param dense whether the dense model is trained too
 * @param checkpoint a folder for the model
 * @param resume whether to go on from its last checkpoint
 * @param html the page's file
 * @param data a file of pairs instead of the JDK's
 * @param seed of parameters and order; that of the checkpoint, or 1, if it is not given
 * @param sweep models to be compared, instead of one that is trained
 */
record TrainJob(
    Optional<Double> minutes,
    Optional<Long> steps,
    Optional<Integer> experts,
    boolean dense,
    Optional<Path> checkpoint,
    boolean resume,
    Optional<Path> html,
    Optional<Path> data,
    Optional<Long> seed,
    Optional<Sweep.Grid> sweep) {
  /** With what comes before and after, the whole takes less than ten minutes on two cores. */
  private static final double MINUTES = 7.5;

  private static final double NANOS_A_MINUTE = 60e9;

  OptionalLong nanos() {
    return steps.isPresent()
        ? OptionalLong.empty()
        : OptionalLong.of((long) (minutes.orElse(MINUTES) * NANOS_A_MINUTE));
  }

  OptionalLong stepLimit() {
    return steps.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /** The page's file, if one is written. */
  Optional<Path> page() {
    return html.or(() -> checkpoint.map(folder -> folder.resolve("report.html")));
  }
}
