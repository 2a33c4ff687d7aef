package io.github.shardsum.cli.simulate;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Turns a row's metrics into seconds of a step: a time first, then tokens, FLOP/s and a share. */
final class Measured {
  private Measured() {}

  /**
   * Seconds of a step and where they come from.
   *
   * @param metric its name
   */
  record Step(double seconds, String metric) {}

  /** Kinds of metrics, the most direct ones first. */
  private enum Metric {
    STEP_TIME,
    STEPS_A_SECOND,
    TOKENS,
    FLOPS,
    SHARE,
    UNKNOWN;

    static Metric of(String name) {
      if (name.contains("tok")) {
        return name.matches(".*(per[ _]*step|/step).*") ? UNKNOWN : TOKENS;
      }
      if (name.matches(".*step[s]?[ _/]*per[ _]*s.*|.*steps/s.*")) {
        return STEPS_A_SECOND;
      }
      if (name.matches(".*(step|iter).*(time|sec|_s\\b|ms).*|.*(time|sec|ms).*(step|iter).*")) {
        return STEP_TIME;
      }
      if (name.contains("tflop")) {
        return FLOPS;
      }
      return name.contains("mfu") ? SHARE : UNKNOWN;
    }
  }

  /**
   * The best metric of a row.
   *
   * @param fullAttention the row's FLOPs count every key
   * @throws IllegalArgumentException if a value is no positive number, or none can be used
   */
  static Step step(Map<String, String> metrics, Job job, boolean fullAttention) {
    for (Metric kind : Metric.values()) {
      for (Map.Entry<String, String> entry : metrics.entrySet()) {
        if (kind != Metric.UNKNOWN && Metric.of(entry.getKey()) == kind) {
          double value = number(entry.getKey(), entry.getValue());
          return new Step(seconds(kind, entry.getKey(), value, job, fullAttention), entry.getKey());
        }
      }
    }
    throw new IllegalArgumentException(
        "metric must be a step time, tokens a second, TFLOP/s or MFU, got "
            + String.join(", ", metrics.keySet()));
  }

  /** The peak by which a row's FLOP/s and its share of peak agree. */
  static Optional<Double> statedPeak(Map<String, String> metrics) {
    Optional<Double> flops = value(metrics, Metric.FLOPS);
    Optional<Double> share = value(metrics, Metric.SHARE).map(Measured::share);
    return flops.isPresent() && share.isPresent()
        ? Optional.of(flops.get() * 1e12 / share.get())
        : Optional.empty();
  }

  private static Optional<Double> value(Map<String, String> metrics, Metric kind) {
    return metrics.entrySet().stream()
        .filter(each -> Metric.of(each.getKey()) == kind)
        .map(each -> number(each.getKey(), each.getValue()))
        .findFirst();
  }

  private static double share(double value) {
    return value > 1.5 ? value / 100 : value;
  }

  private static double seconds(
      Metric kind, String name, double value, Job job, boolean fullAttention) {
    double flops = job.model().modelFlops(job.sequence(), fullAttention) * job.tokensPerDevice();
    return switch (kind) {
      case STEP_TIME -> name.matches(".*(ms|milli).*") ? value / 1000 : value;
      case STEPS_A_SECOND -> 1 / value;
      case TOKENS ->
          (name.matches(".*(device|chip|gpu|core|tpu).*") ? job.tokensPerDevice() : job.tokens())
              / value;
      case FLOPS -> flops / (value * 1e12);
      case SHARE -> flops / (share(value) * job.machine().peak(job.precision()));
      case UNKNOWN -> throw new IllegalStateException(name);
    };
  }

  /**
   * Reads a positive number, with commas between thousands.
   *
   * @throws IllegalArgumentException if it is none
   */
  static double number(String name, String text) {
    double value = Double.NaN;
    String plain = text.replace(",", "").strip();
    if (plain.matches("[+-]?[0-9.]{1,30}([eE][+-]?\\d{1,3})?")) {
      try {
        value = Double.parseDouble(plain);
      } catch (NumberFormatException twoPoints) {
        value = Double.NaN;
      }
    }
    if (!(value > 0 && value < 1e18)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s must be a positive number, got \"%s\"",
              name,
              text.length() > 40 ? text.substring(0, 40) + "..." : text));
    }
    return value;
  }
}
