package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.Architecture;
import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.Catalogue;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.Prediction;
import io.github.shardsum.lab.simulate.MeasurementTable.Row;
import io.github.shardsum.lab.simulate.TableRowJobs.Outcome;
import io.github.shardsum.lab.simulate.TableRowJobs.Planned;
import io.github.shardsum.lab.simulate.TableRowJobs.Refused;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Predictions against a table of measured steps.
 *
 * @param fits the attainable share of peak of each family
 * @param scores the scores of the rows that could be planned
 * @param refused the rows that could not be planned
 */
record Holdout(Map<String, Fit> fits, List<Score> scores, List<Refused> refused) {
  private static final double LEAST = 0.3;
  private static final double MOST = 1.2;
  private static final double STEP = 0.005;

  /**
   * The share of peak of a family.
   *
   * @param rows number of rows on which the share was fitted; 0 if it was not fitted
   * @param source the origin of the share, in words
   */
  record Fit(double eta, int rows, String source) {}

  /**
   * One row's score.
   *
   * @param apart the error of time if the fit of its family leaves out this row; empty if the fit
   *     does not use the row, or uses no other row
   * @param baseline error of a trivial prediction: the median FLOP/s of the family's other rows of
   *     this kind, over the measured FLOP/s, less 1; NaN for a single row
   */
  record Score(Planned row, Prediction prediction, Optional<Double> apart, double baseline) {
    double timeError() {
      return prediction.seconds() / row.seconds() - 1;
    }

    double rateError() {
      return row.seconds() / prediction.seconds() - 1;
    }

    String family() {
      return row.job().machine().family().name();
    }

    String kind() {
      return Holdout.kind(row);
    }
  }

  /** Dense, or the form of the experts. */
  static String kind(Planned row) {
    Architecture model = row.job().model();
    if (model.sparseLayers() == 0) {
      return "dense";
    }
    return model.experts().filter(Experts::dropless).isPresent()
        ? "MoE, dropless"
        : "MoE, capacity form";
  }

  static Holdout of(List<Row> rows, StepModel model) {
    return of(rows, model, DeviceFamily.all());
  }

  /** The same with other families of devices. */
  static Holdout of(List<Row> rows, StepModel model, List<DeviceFamily> families) {
    return of(rows, model, model, families);
  }

  /**
   * Predictions with one model for the scores and another one for the shares of peak.
   *
   * @param model the model for the shares of peak
   * @param scored the model that makes the predictions
   */
  static Holdout of(
      List<Row> rows, StepModel model, StepModel scored, List<DeviceFamily> families) {
    TableRowJobs planner = new TableRowJobs(Catalogue.open(), families);
    List<Planned> planned = new ArrayList<>();
    List<Refused> refused = new ArrayList<>();
    for (Row row : rows) {
      Outcome outcome = planner.plan(row);
      switch (outcome) {
        case Planned each -> planned.add(each);
        case Refused each -> refused.add(each);
      }
    }
    Map<String, Fit> fits = fits(planned, model);
    List<Score> scores =
        planned.stream().map(row -> score(row, planned, fits, model, scored)).toList();
    return new Holdout(fits, scores, List.copyOf(refused));
  }

  private static Score score(
      Planned row, List<Planned> all, Map<String, Fit> fits, StepModel model, StepModel scored) {
    String family = family(row);
    double eta = fits.getOrDefault(family, new Fit(1, 0, "")).eta();
    List<Planned> others = fitted(family, all).stream().filter(each -> !each.equals(row)).toList();
    Optional<Double> apart =
        fitted(family, all).contains(row) && !others.isEmpty()
            ? Optional.of(
                scored.predict(row.job(), fit(others, model)).seconds() / row.seconds() - 1)
            : Optional.empty();
    List<Double> rates =
        all.stream()
            .filter(each -> !each.equals(row) && family(each).equals(family))
            .filter(each -> kind(each).equals(kind(row)))
            .map(Holdout::rate)
            .toList();
    double baseline = PredictionStatistics.median(rates) / rate(row) - 1;
    return new Score(row, scored.predict(row.job(), eta), apart, baseline);
  }

  /** The share of peak by which a family's rows are predicted. */
  double eta(String family) {
    return fits.getOrDefault(family, new Fit(1, 0, "")).eta();
  }

  private static String family(Planned row) {
    return row.job().machine().family().name();
  }

  /** Measured FLOP/s of a device. */
  private static double rate(Planned row) {
    Job job = row.job();
    return job.model().modelFlops(job.sequence(), false) * job.tokensPerDevice() / row.seconds();
  }

  private static List<Planned> fitted(String family, List<Planned> rows) {
    return rows.stream()
        .filter(each -> family(each).equals(family))
        .filter(each -> kind(each).equals("dense") && !each.guessed())
        .toList();
  }

  private static Map<String, Fit> fits(List<Planned> rows, StepModel model) {
    Map<String, Fit> fits = new TreeMap<>();
    Map<String, DeviceFamily> families = new LinkedHashMap<>();
    rows.forEach(row -> families.put(family(row), row.job().machine().family()));
    for (String name : families.keySet()) {
      List<Planned> dense = fitted(name, rows);
      if (!dense.isEmpty()) {
        fits.put(name, new Fit(fit(dense, model), dense.size(), "fitted on dense rows"));
      }
    }
    Map<String, Fit> known = Map.copyOf(fits);
    families.forEach((name, family) -> fits.computeIfAbsent(name, _ -> borrowed(family, known)));
    return fits;
  }

  /**
   * The share of a family without fitted rows. GPUs take the share fitted for H100 if there is one.
   * Otherwise the family has its own share in the table of devices.
   */
  private static Fit borrowed(DeviceFamily family, Map<String, Fit> fits) {
    Optional<Fit> donor = Optional.ofNullable(fits.get("h100")).filter(_ -> family.gpu());
    return donor
        .map(each -> new Fit(each.eta(), 0, "borrowed from h100"))
        .orElseGet(() -> new Fit(family.eta(), 0, "of the table of devices"));
  }

  /** The share of peak with the smallest mean absolute error of time. */
  static double fit(List<Planned> rows, StepModel model) {
    double best = LEAST;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; LEAST + i * STEP <= MOST + STEP / 2; i++) {
      double eta = LEAST + i * STEP;
      double error =
          rows.stream()
              .mapToDouble(
                  row -> Math.abs(model.predict(row.job(), eta).seconds() / row.seconds() - 1))
              .sum();
      if (error < least) {
        least = error;
        best = eta;
      }
    }
    return best;
  }

  /**
   * Scores by family and kind, in order of their names, then the scores of all TPUs and all GPUs.
   */
  Map<String, List<Score>> groups() {
    Map<String, List<Score>> groups = new TreeMap<>();
    Map<String, List<Score>> sums = new TreeMap<>();
    for (Score score : scores) {
      String name = score.family() + " " + score.kind();
      groups.computeIfAbsent(name, _ -> new ArrayList<>()).add(score);
      String devices = score.row().job().machine().family().gpu() ? "all GPU" : "all TPU";
      String kind = score.kind().equals("dense") ? " dense" : " MoE";
      sums.computeIfAbsent(devices + kind, _ -> new ArrayList<>()).add(score);
    }
    Map<String, List<Score>> all = new LinkedHashMap<>(groups);
    all.putAll(sums);
    return all;
  }

  /**
   * Rank correlations of the time per token over three or more configurations of one model and
   * family.
   */
  Map<String, Ranks> correlations() {
    Map<String, List<Score>> models = new TreeMap<>();
    for (Score score : scores) {
      String name = score.row().job().model().name() + " on " + score.family();
      models.computeIfAbsent(name, _ -> new ArrayList<>()).add(score);
    }
    Map<String, Ranks> correlations = new TreeMap<>();
    models.forEach(
        (name, group) -> {
          if (group.size() > 2) {
            correlations.put(name, ranks(group));
          }
        });
    return correlations;
  }

  /** A rank correlation and its number of rows. */
  record Ranks(int rows, double correlation) {}

  private static Ranks ranks(List<Score> group) {
    return new Ranks(
        group.size(),
        PredictionStatistics.rankCorrelation(
            group.stream().map(each -> perToken(each, each.prediction().seconds())).toList(),
            group.stream().map(each -> perToken(each, each.row().seconds())).toList()));
  }

  private static double perToken(Score score, double seconds) {
    return seconds / score.row().job().tokensPerDevice();
  }
}
