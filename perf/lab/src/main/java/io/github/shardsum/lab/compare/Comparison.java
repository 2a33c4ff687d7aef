package io.github.shardsum.lab.compare;

import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import java.util.List;

/** A program whose sides take turns; it prints ratios with their intervals. */
@FunctionalInterface
public interface Comparison {
  /**
   * Measures.
   *
   * @param arguments the arguments of the command line, which README.md of perf/lab explains
   * @return whether every promise is kept
   * @throws IOException if a process or a file fails
   * @throws MeasurementException if a side cannot be measured
   */
  boolean compare(List<String> arguments) throws IOException, MeasurementException;
}
