package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.Architecture;
import io.github.shardsum.cli.simulate.AxisSizes;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.lab.simulate.Holdout.Score;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Two rows of one model and family that differ in one property.
 *
 * @param name the name of the property that differs
 * @param from the row with the smaller value
 * @param to the row with the larger one
 */
record PredictionContrast(String name, Score from, Score to) {
  /** Ratios nearer to 1 are ties. */
  private static final double TIE = 0.01;

  private static final int MOST_ROWS = 2000;
  private static final String CAPACITY = "capacity factor";

  /**
   * The predicted time for each token and device of the second row, divided by that of the first.
   */
  double predicted() {
    return perToken(to, to.prediction().seconds()) / perToken(from, from.prediction().seconds());
  }

  double measured() {
    return perToken(to, to.row().seconds()) / perToken(from, from.row().seconds());
  }

  private static double perToken(Score score, double seconds) {
    return seconds / score.row().job().tokensPerDevice();
  }

  boolean tie() {
    return Math.abs(Math.log(predicted())) < TIE || Math.abs(Math.log(measured())) < TIE;
  }

  /** Whether both ratios say that the same row is slower, and neither is a tie. */
  boolean right() {
    return !tie() && predicted() > 1 == measured() > 1;
  }

  /** All pairs of some scores that differ in one property. */
  static List<PredictionContrast> of(List<Score> scores) {
    Map<String, List<Score>> groups =
        scores.stream()
            .limit(MOST_ROWS)
            .collect(
                Collectors.groupingBy(
                    score -> score.row().job().model().name() + " on " + score.family(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    List<PredictionContrast> all = new ArrayList<>();
    for (List<Score> group : groups.values()) {
      for (int i = 0; i < group.size(); i++) {
        for (int j = 0; j < group.size(); j++) {
          add(all, group.get(i), group.get(j));
        }
      }
    }
    return List.copyOf(all);
  }

  private static void add(List<PredictionContrast> all, Score from, Score to) {
    Map<String, Double> first = things(from.row().job());
    Map<String, Double> second = things(to.row().job());
    List<String> differ =
        first.keySet().stream()
            .filter(name -> !Objects.equals(first.get(name), second.get(name)))
            .toList();
    if (differ.size() == 1
        && first.getOrDefault(differ.getFirst(), 0.0)
            < second.getOrDefault(differ.getFirst(), 0.0)) {
      String name = differ.getFirst();
      boolean form = name.equals(CAPACITY) && first.getOrDefault(name, 0.0) == 0;
      all.add(new PredictionContrast(form ? "experts, dropless to capacity" : name, from, to));
    }
  }

  /**
   * The properties of a configuration; a contrast changes one. The devices of a slice and the
   * copies follow from the others.
   */
  private static Map<String, Double> things(Job job) {
    Map<String, Double> things = new LinkedHashMap<>();
    AxisSizes layout = job.layout();
    things.put(
        CAPACITY, job.model().experts().map(Architecture.Experts::capacityFactor).orElse(0.0));
    things.put("slices", (double) job.machine().slices());
    things.put("devices of a slice", (double) job.machine().sliceDevices());
    things.put("sequences a device", (double) job.batch() / job.machine().devices());
    things.put("sequence", (double) job.sequence());
    things.put("precision, bf16 to 8 bits", (double) job.precision().ordinal());
    things.put("overlap, off to on", job.overlap() ? 1.0 : 0);
    things.put("routing, balanced to real", job.imbalance());
    things.put("rematerialised share", job.rematerialise());
    things.put("tensor axis", (double) layout.tensor());
    things.put("expert axis", (double) layout.expert());
    things.put("pipeline", layout.pipeline() + layout.virtualStages() / 1e3);
    things.put("context axis", (double) layout.context());
    things.put(
        "microbatches",
        job.machine().family().gpu() && layout.pipeline() == 1 ? 0.0 : layout.microbatches());
    return things;
  }
}
