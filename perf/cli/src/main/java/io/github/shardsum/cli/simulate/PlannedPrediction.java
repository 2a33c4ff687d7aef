package io.github.shardsum.cli.simulate;

import java.util.Optional;

/**
 * A prediction, by the plan of the job if it has one.
 *
 * @param prediction the step
 * @param forms the plan, if there is one
 * @param reason the reason if there is no plan
 */
public record PlannedPrediction(
    Prediction prediction, Optional<PlannedForms> forms, String reason) {
  /** Plans of longer rings would take minutes. */
  private static final long MOST_DEVICES = 1 << 17;

  public static PlannedPrediction of(Job job, double eta, boolean planned) {
    if (!planned) {
      return new PlannedPrediction(
          new ClosedForms().predict(job, eta), Optional.empty(), "formulas were asked for");
    }
    if (job.machine().devices() > MOST_DEVICES) {
      return new PlannedPrediction(
          new ClosedForms().predict(job, eta),
          Optional.empty(),
          "a plan must be of at most " + MOST_DEVICES + " devices, got " + job.machine().devices());
    }
    return planned(job, eta, false);
  }

  /** A prediction by a plan whose layouts are searched for. */
  static PlannedPrediction found(Job job, double eta) {
    return job.machine().devices() > MOST_DEVICES ? of(job, eta, true) : planned(job, eta, true);
  }

  private static PlannedPrediction planned(Job job, double eta, boolean isFound) {
    try {
      PlannedForms forms = PlannedForms.of(job, eta, isFound);
      return new PlannedPrediction(forms.prediction(), Optional.of(forms), "");
    } catch (IllegalArgumentException none) {
      return new PlannedPrediction(
          new ClosedForms().predict(job, eta), Optional.empty(), String.valueOf(none.getMessage()));
    }
  }
}
