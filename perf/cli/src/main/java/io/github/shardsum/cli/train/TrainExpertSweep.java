package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * Models with more and more experts but equal multiply-adds per token, each trained from several
 * seeds: the paper's figure 6 and table 2 at the scale of one machine.
 */
final class TrainExpertSweep {
  /**
   * The losses to compare at, as shares of the way from the dense model's first loss to its last.
   */
  private static final double[] WAYS = {0.5, 0.8, 1};

  private final String curve;
  private final Map<Integer, List<Trained>> models = new LinkedHashMap<>();

  /**
   * The models of a sweep.
   *
   * @param experts the number of experts of each model; the first has one, and is the dense model
   * @param seeds the number of seeds of each model
   */
  record Grid(List<Integer> experts, int seeds) {
    /** The sizes and seeds that {@code --sweep} compares. */
    static final Grid STANDARD = new Grid(List.of(1, 4, 16, 64), 3);
  }

  /**
   * A model that was trained.
   *
   * @param heldBack losses on held-back pairs, over steps
   * @param millis the milliseconds of a step
   */
  record Trained(List<TrainHistory.Point> heldBack, double millis) {
    double last() {
      return heldBack.getLast().value();
    }

    /** The first step at which the loss is reached, if there is one. */
    OptionalLong reaches(double loss) {
      return heldBack.stream()
          .filter(point -> point.value() <= loss)
          .mapToLong(TrainHistory.Point::step)
          .findFirst();
    }
  }

  /** A sweep that compares this loss. */
  TrainExpertSweep(String curve) {
    this.curve = curve;
  }

  /** The loss that is compared. */
  String curve() {
    return curve;
  }

  /** The name of a model in reports. */
  static String name(int experts) {
    return experts == 1 ? "dense" : experts + " experts";
  }

  void add(int experts, Trained trained) {
    models.computeIfAbsent(experts, _ -> new ArrayList<>()).add(trained);
  }

  private static double mean(List<Trained> of, ToDoubleFunction<Trained> value) {
    return of.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** The losses for which steps are counted: means of the losses that the dense models reach. */
  private double[] losses() {
    List<Trained> dense = models.values().iterator().next();
    double first = mean(dense, trained -> trained.heldBack().getFirst().value());
    double last = mean(dense, Trained::last);
    return Arrays.stream(WAYS).map(way -> first + way * (last - first)).toArray();
  }

  /** The table: a row a model. */
  List<List<String>> table() {
    double[] losses = losses();
    List<String> head = new ArrayList<>(List.of("model", curve, "spread", "ms a step"));
    for (double loss : losses) {
      head.add(format("steps to %.3f", loss));
    }
    List<List<String>> rows = new ArrayList<>(List.of(head));
    models.forEach(
        (experts, of) -> {
          double most = of.stream().mapToDouble(Trained::last).max().orElse(Double.NaN);
          double least = of.stream().mapToDouble(Trained::last).min().orElse(Double.NaN);
          List<String> row =
              new ArrayList<>(
                  List.of(
                      name(experts),
                      format("%.3f", mean(of, Trained::last)),
                      format("%.3f", most - least),
                      format("%.0f", mean(of, Trained::millis))));
          for (double loss : losses) {
            List<Long> steps =
                of.stream().flatMap(trained -> trained.reaches(loss).stream().boxed()).toList();
            row.add(
                steps.size() < of.size()
                    ? format("%d of %d reach it", steps.size(), of.size())
                    : format(
                        "%.0f", steps.stream().mapToLong(Long::longValue).average().orElse(0)));
          }
          rows.add(row);
        });
    return rows;
  }

  /** The curves of the first seed of each model. */
  Map<String, List<TrainHistory.Point>> curves() {
    Map<String, List<TrainHistory.Point>> curves = new LinkedHashMap<>();
    models.forEach((experts, of) -> curves.put(name(experts), of.getFirst().heldBack()));
    return curves;
  }

  void print(PrintWriter out) {
    int seeds = models.values().iterator().next().size();
    out.print(format("%n%s: %d seeds each; spread is the largest less the least%n", curve, seeds));
    for (List<String> row : table()) {
      StringBuilder line = new StringBuilder(format("%-12s", row.getFirst()));
      row.subList(1, row.size()).forEach(cell -> line.append(format("  %20s", cell)));
      out.println(line);
    }
    out.flush();
  }
}
