package io.github.shardsum.lab.scaling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Errors of predictions over all points. */
final class ScalingErrors {
  private ScalingErrors() {}

  /** A sentence on time and one on memory, each if something is compared. */
  static List<String> lines(List<ScalingPoint> points) {
    List<String> lines = new ArrayList<>();
    // Predictions begin with one device.
    List<ScalingPoint> timed = points.stream().filter(point -> point.devices() > 1).toList();
    if (!timed.isEmpty()) {
      lines.add(line("time", timed, ScalingPoint::error));
    }
    List<ScalingPoint> held = points.stream().filter(each -> !Double.isNaN(each.bytes())).toList();
    if (!held.isEmpty()) {
      lines.add(line("memory", held, ScalingPoint::bytesError));
    }
    return List.copyOf(lines);
  }

  private static String line(
      String what, List<ScalingPoint> points, ToDoubleFunction<ScalingPoint> error) {
    double mean =
        points.stream()
            .mapToDouble(each -> Math.abs(error.applyAsDouble(each)))
            .average()
            .orElse(0);
    ScalingPoint worst =
        points.stream()
            .max(Comparator.comparingDouble(each -> Math.abs(error.applyAsDouble(each))))
            .orElseThrow();
    return String.format(
        Locale.ROOT,
        "%s of %d points: mean absolute error %.1f %%, largest %+.1f %% (%s on %d devices, %s)",
        what,
        points.size(),
        100 * mean,
        100 * error.applyAsDouble(worst),
        worst.program(),
        worst.devices(),
        worst.engine());
  }
}
