package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A number in the formulas that no data sheet gives, with its reason and the terms that depend on
 * it.
 */
public enum Assumption {
  ATTAINED(
      0.8,
      0.6,
      1,
      "links and memory reach 0.8 of the data sheet; affects collectives and elementwise"),
  /** 262 of 524 us in the GShard paper's figure 8. */
  ATTENTION(0.5, 0.3, 0.8, "attention reaches 0.5 of peak; affects attention"),
  /** The share of the attained bandwidth, as in figure 8. */
  INDEXED(
      0.5,
      0.25,
      1,
      "rows moved by index reach half of the attained bandwidth; affects dispatch by rows"),
  /** The share that fits the dense v4 and v5e rows. */
  EXPOSED_GATHER(
      0.5, 1, 0.1, "half of a gather of weights over fsdp is hidden; affects the weights' gathers"),
  EXPOSED_TENSOR(
      0.3,
      1,
      0.1,
      "0.3 of the collectives of a tensor axis is not hidden; affects activations over tensor"),
  EXPOSED_EXCHANGE(
      0.3,
      1,
      0.1,
      "an expert axis is not overlapped unless the job says so, and then 0.3 of it is"
          + " not hidden; affects the all-to-all"),
  /** Share of a step for each doubling, of the dense v4 and v5e rows. */
  SLICE_SPREAD(
      0.022,
      0.04,
      0,
      "slices spread by 0.022 of the step for each doubling; affects jobs over several slices"),
  /** Empty rows of a tile, in the mean. */
  EMPTY_ROWS(256, 512, 0, "256 rows of each expert's product are empty; affects the experts"),
  /** Seconds for each sparse layer and microbatch, if operations are launched one by one. */
  LAUNCH(
      7e-3,
      10e-3,
      0,
      "a GPU's host launches a sparse layer in 7 ms, a dense one in a third of it;"
          + " affects small microbatches on GPUs");

  private final double value;
  private final double longer;
  private final double shorter;
  private final String sentence;

  Assumption(double value, double longer, double shorter, String sentence) {
    this.value = value;
    this.longer = longer;
    this.shorter = shorter;
    this.sentence = sentence;
  }

  public double value() {
    return value;
  }

  public String sentence() {
    return sentence;
  }

  /** The sentences of all. */
  static List<String> sentences() {
    return Arrays.stream(values()).map(Assumption::sentence).toList();
  }

  /**
   * The sentence, and the mean change of steps with other plausible values.
   *
   * @param jobs the jobs whose steps change
   * @param eta share of peak of each job, in their order
   */
  public String moving(List<Job> jobs, List<Double> eta) {
    return jobs.isEmpty()
        ? sentence
        : format(
            "%s: steps by %+.1f %% with %s, %+.1f %% with %s",
            sentence,
            100 * moved(jobs, eta, longer),
            plain(longer),
            100 * moved(jobs, eta, shorter),
            plain(shorter));
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? format("%.0f", value) : Double.toString(value);
  }

  private double moved(List<Job> jobs, List<Double> eta, double other) {
    ClosedForms changed =
        new ClosedForms(
            this == ATTAINED ? AssumptionValues.USUAL : new AssumptionValues(Map.of(this, other)));
    double sum = 0;
    for (int i = 0; i < jobs.size(); i++) {
      Job job = jobs.get(i);
      double share = eta.get(i);
      Job moved = this == ATTAINED ? job.with(job.machine().attaining(other)) : job;
      sum +=
          changed.predict(moved, share).seconds() / new ClosedForms().predict(job, share).seconds()
              - 1;
    }
    return sum / jobs.size();
  }
}
