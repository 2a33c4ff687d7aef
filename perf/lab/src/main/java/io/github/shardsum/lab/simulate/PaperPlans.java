package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.Architecture;
import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.PlannedForms;
import io.github.shardsum.lab.simulate.Paper.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans of the paper's models.
 *
 * @param models the rows of table 1
 * @param forms the plan of each, in their order
 */
record PaperPlans(List<Model> models, List<PlannedForms> forms) {
  static PaperPlans of(List<Model> models) {
    List<PlannedForms> forms = new ArrayList<>();
    for (Model model : models) {
      Job job = model.job();
      forms.add(PlannedForms.of(job, job.machine().family().eta()));
    }
    return new PaperPlans(List.copyOf(models), List.copyOf(forms));
  }

  /** Total bytes of a device. */
  static double bytes(PlannedForms forms) {
    return forms.prediction().bytes().values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** The planned forms of a model with another number of layers, half of them in the encoder. */
  static PlannedForms withLayers(Model model, int layers) {
    Job job = model.job();
    Architecture old = job.model();
    Architecture other =
        new Architecture(
            old.name(),
            layers,
            old.width(),
            old.attention(),
            old.vocabulary(),
            old.outputVocabulary(),
            old.feedForward(),
            old.gated(),
            old.experts(),
            layers / 2);
    Job changed =
        new Job(
            other,
            job.machine(),
            job.layout(),
            job.sequence(),
            job.batch(),
            job.precision(),
            1,
            job.overlap(),
            job.imbalance(),
            job.compiled(),
            job.momentBytes(),
            job.assumptions());
    return PlannedForms.of(changed, job.machine().family().eta());
  }

  /** Share of a step that the repeated forward pass takes. */
  static double repeated(Job job, double eta) {
    ClosedForms forms = new ClosedForms();
    Job once =
        new Job(
            job.model(),
            job.machine(),
            job.layout(),
            job.sequence(),
            job.batch(),
            job.precision(),
            0,
            job.overlap(),
            job.imbalance(),
            job.compiled(),
            job.momentBytes(),
            job.assumptions());
    return 1 - forms.predict(once, eta).seconds() / forms.predict(job, eta).seconds();
  }
}
