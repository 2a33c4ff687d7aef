package io.github.shardsum.cli.simulate;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Predicted step of a job.
 *
 * @param terms the terms in the order of the page
 * @param bytes the bytes that a device holds, by kind of data
 */
public record Prediction(Job job, List<Term> terms, Map<String, Double> bytes) {
  /** The kind of work of a term. */
  enum Kind {
    COMPUTE,
    COLLECTIVE,
    OTHER
  }

  /**
   * One part of a step.
   *
   * @param seconds the seconds that the part takes alone
   * @param exposed the part of these seconds that no computation hides
   */
  public record Term(String name, Kind kind, double seconds, double exposed) {}

  public double seconds() {
    return terms.stream().mapToDouble(Term::exposed).sum();
  }

  /** The term that takes the largest part of the step. */
  public Term dominating() {
    return terms.stream().max(Comparator.comparingDouble(Term::exposed)).orElseThrow();
  }

  public double tokensPerSecond() {
    return job.tokens() / seconds();
  }

  /** FLOP/s of a device, rematerialisation and padding not counted. */
  double flopsPerSecond() {
    return job.model().modelFlops(job.sequence(), false) * job.tokensPerDevice() / seconds();
  }

  public double utilisation() {
    return flopsPerSecond() / job.machine().peak(job.precision());
  }

  double daysFor(double tokens) {
    return tokens / tokensPerSecond() / 86_400;
  }

  double deviceYearsFor(double tokens) {
    return daysFor(tokens) * job.machine().devices() / 365;
  }
}
