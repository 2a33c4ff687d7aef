package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.simulate.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Converts a row's metrics into seconds of a step; a time is preferred, then tokens, FLOP/s and a
 * share of peak.
 */
final class StepSeconds {
  private StepSeconds() {}

  /**
   * Seconds of a step and the metric that they come from.
   *
   * @param metric its name
   */
  record Step(double seconds, String metric) {}

  /** Kinds of metrics, the most direct ones first. */
  private enum Metric {
    STEP_TIME,
    STEPS_A_SECOND,
    TOKENS,
    SAMPLES,
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
      if (name.matches(".*(hfu|hardware).*")) {
        return UNKNOWN;
      }
      if (name.matches(".*(samples|sequences|seqs?)[ _/]*(per)?[ _/]*s.*")) {
        return SAMPLES;
      }
      if (name.matches(".*(mfu|flops?[ _]*utili).*")) {
        return SHARE;
      }
      return name.contains("tflop") ? FLOPS : UNKNOWN;
    }
  }

  /** Parts of a name that mark a number as a rate per second. */
  private static final Pattern RATE =
      Pattern.compile("per[ _]*s(?:ec|\\b|_)|/ *s(?:ec|\\b)|_s(?:ec|\\b|_)|throughput");

  /**
   * Whether a column of this name has a metric that can be used; tokens and samples must be counts
   * per second.
   */
  static boolean isMetric(String name) {
    return switch (Metric.of(name)) {
      case TOKENS, SAMPLES -> RATE.matcher(name).find();
      case STEP_TIME, STEPS_A_SECOND, FLOPS, SHARE -> true;
      case UNKNOWN -> false;
    };
  }

  /**
   * The best metric of a row.
   *
   * @param fullAttention whether the row's FLOPs count every key of attention
   * @throws IllegalArgumentException if no metric can be used; the message is about the first
   *     metric with a bad value, if there is one
   */
  static Step step(Map<String, String> metrics, Job job, boolean fullAttention) {
    List<String> wrong = new ArrayList<>();
    for (Metric kind : Metric.values()) {
      for (Map.Entry<String, String> entry : metrics.entrySet()) {
        if (kind != Metric.UNKNOWN && Metric.of(entry.getKey()) == kind) {
          try {
            double value = number(entry.getKey(), entry.getValue());
            boolean milli = entry.getValue().matches(".*\\d ?ms\\b.*");
            String name = milli ? entry.getKey() + " ms" : entry.getKey();
            double seconds = seconds(kind, name, value, job, fullAttention);
            return new Step(seconds, entry.getKey());
          } catch (IllegalArgumentException other) {
            wrong.add(String.valueOf(other.getMessage())); // the next metric may be right
          }
        }
      }
    }
    throw new IllegalArgumentException(
        wrong.isEmpty()
            ? "metric must be a step time, steps, tokens or samples a second, TFLOP/s or MFU, got "
                + String.join(", ", metrics.keySet())
            : wrong.getFirst());
  }

  /** The peak that follows from a row's FLOP/s and its share of peak. */
  static Optional<Double> statedPeak(Map<String, String> metrics) {
    Optional<Double> flops = value(metrics, Metric.FLOPS);
    Optional<Double> share = value(metrics, Metric.SHARE).map(StepSeconds::share);
    return flops.isPresent() && share.isPresent()
        ? Optional.of(flops.get() * 1e12 / share.get())
        : Optional.empty();
  }

  private static Optional<Double> value(Map<String, String> metrics, Metric kind) {
    return metrics.entrySet().stream()
        .filter(each -> Metric.of(each.getKey()) == kind)
        .flatMap(each -> lenient(each.getKey(), each.getValue()).stream())
        .findFirst();
  }

  private static double share(double value) {
    return value > 1.5 ? value / 100 : value;
  }

  private static double seconds(
      Metric kind, String name, double value, Job job, boolean fullAttention) {
    double flops = job.model().modelFlops(job.sequence(), fullAttention) * job.tokensPerDevice();
    return switch (kind) {
      case STEP_TIME ->
          name.matches(".*(?:^|[ _(])ms(?:$|[ _)]).*|.*(?:milli|msec).*") ? value / 1000 : value;
      case STEPS_A_SECOND -> 1 / value;
      case TOKENS ->
          (name.matches(".*(device|chip|gpu|core|tpu).*") ? job.tokensPerDevice() : job.tokens())
              / value;
      case SAMPLES ->
          job.batch()
              / (name.matches(".*(device|chip|gpu|core|tpu).*")
                  ? value * job.machine().devices()
                  : value);
      case FLOPS -> flops / (value * 1e12);
      case SHARE -> flops / (share(value) * job.machine().peak(job.precision()));
      case UNKNOWN -> throw new IllegalStateException(name);
    };
  }

  private static Optional<Double> lenient(String name, String text) {
    try {
      return Optional.of(number(name, text));
    } catch (IllegalArgumentException none) {
      return Optional.empty();
    }
  }

  private static final Pattern ESTIMATE =
      Pattern.compile("[~≈] ?(.*)|(?:about|approx\\.?|ca\\.?) ?(.*)", Pattern.CASE_INSENSITIVE);

  private static final Pattern WITH_UNIT =
      Pattern.compile(
          "([+-]?[0-9.]{1,30}(?:[eE][+-]?\\d{1,3})?) ?([km](?!s))?"
              + " ?(?:%|x|ms|s|sec|seconds|sequences|seqs|tokens|tok|t?flops?|tflop/s[a-z/]*|tflops/s[a-z/]*|(?:tokens|tok)/s[a-z/]*|chips|devices|gpus|tpus|cores)?(?:"
              + " ?\\([^)]*\\))?",
          Pattern.CASE_INSENSITIVE);

  /**
   * Reads a positive number. It may have commas between thousands, a sign of an estimate in front,
   * and a unit or a letter for a thousand or a million at the end.
   *
   * @throws IllegalArgumentException if the text is not a positive number
   */
  static double number(String name, String text) {
    double value = Double.NaN;
    String plain = text.replaceAll("(?<=\\d)[,_](?=\\d{3}(?!\\d))", "").strip();
    Matcher estimate = ESTIMATE.matcher(plain);
    if (estimate.matches()) {
      String first = Objects.requireNonNullElse(estimate.group(1), "");
      plain =
          first.isEmpty()
              ? Objects.requireNonNullElse(estimate.group(2), "").strip()
              : first.strip();
    }
    Matcher found = WITH_UNIT.matcher(plain);
    if (found.matches()) {
      try {
        value =
            Double.parseDouble(found.group(1))
                * times(name, Optional.ofNullable(found.group(2)).orElse(""));
      } catch (NumberFormatException twoPoints) {
        value = Double.NaN;
      }
    }
    if (!(value > 0 && value < 1e18)) {
      throw wrongArgument(
          "%s must be a positive number, got \"%s\"",
          name, text.length() > 40 ? text.substring(0, 40) + "..." : text);
    }
    return value;
  }

  /**
   * The factor of a suffix: k is 1024 in the columns seq and global_batch, and 1000 elsewhere; m is
   * k squared.
   */
  private static double times(String name, String suffix) {
    if (suffix.isEmpty()) {
      return 1;
    }
    double thousand = name.equals("seq") || name.equals("global_batch") ? 1024 : 1000;
    return suffix.equalsIgnoreCase("k") ? thousand : thousand * thousand;
  }
}
