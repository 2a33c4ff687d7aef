package io.github.shardsum.cli.simulate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The steps of a block's plan over time: one queue for computation and one for the collectives of
 * each group of axes, each in the plan's order. A step begins when its operands are computed. A
 * weight may be gathered during the block before, as late as it may be without a wait, and a
 * gradient may be reduced during the next block.
 *
 * @param bars the bars in the plan's order
 * @param seconds from the first computation to the end of the last step that reduces no gradient
 * @param exposed seconds in which computation waits, by the term of the collective
 */
record BlockTimeline(List<Bar> bars, double seconds, Map<String, Double> exposed) {
  /** A step in its queue; seconds before 0 are within the block before. */
  record Bar(SimulatedStep step, double from, double to) {}

  static BlockTimeline of(List<SimulatedStep> steps) {
    double compute =
        steps.stream().filter(step -> !step.collective()).mapToDouble(SimulatedStep::seconds).sum();
    Map<String, Double> ahead = ahead(steps);
    List<Bar> bars = new ArrayList<>();
    Map<String, Double> free = new LinkedHashMap<>();
    Map<String, Double> exposed = new TreeMap<>();
    double end = 0;
    for (SimulatedStep step : steps) {
      double ready = early(step) ? -compute : 0;
      String waited = "";
      for (int operand : step.operands()) {
        Bar before = bars.get(operand);
        if (before.to() > ready) {
          ready = before.to();
          waited = before.step().collective() ? before.step().term() : "";
        }
      }
      double begins = -Math.min(compute, ahead.getOrDefault(step.queue(), 0.0));
      double queue = free.getOrDefault(step.queue(), begins);
      double from = Math.max(ready, queue);
      if (!step.collective() && from > queue && !waited.isEmpty()) {
        exposed.merge(waited, from - queue, Double::sum);
      }
      Bar bar = new Bar(step, from, from + step.seconds());
      bars.add(bar);
      free.put(step.queue(), bar.to());
      if (!step.gradient()) {
        end = Math.max(end, bar.to());
      }
    }
    return new BlockTimeline(List.copyOf(bars), end, Map.copyOf(exposed));
  }

  /** Whether a step may run during the block before. */
  private static boolean early(SimulatedStep step) {
    return step.weights() && step.operands().isEmpty();
  }

  /** Seconds of the gathers at the head of each queue. */
  private static Map<String, Double> ahead(List<SimulatedStep> steps) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    Set<String> closed = new HashSet<>();
    for (SimulatedStep step : steps) {
      if (!early(step)) {
        closed.add(step.queue());
      } else if (!closed.contains(step.queue())) {
        seconds.merge(step.queue(), step.seconds(), Double::sum);
      }
    }
    return seconds;
  }
}
