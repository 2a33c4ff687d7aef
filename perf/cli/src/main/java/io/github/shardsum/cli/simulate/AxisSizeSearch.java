package io.github.shardsum.cli.simulate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds sizes of a job's axes: all sizes that divide the devices are predicted by formulas; the
 * best of them and the usual sizes are planned.
 */
final class AxisSizeSearch {
  private static final int MOST_PLANNED = 6;

  /** Heads and hidden widths are split over the devices of a few hosts at most. */
  private static final int MOST_TENSOR = 64;

  private AxisSizeSearch() {}

  /**
   * Searches.
   *
   * @param given sizes that are kept; only the layouts of the parts are found then
   * @param batch sequences of a step, 0 for the model's own
   * @return the fastest step that fits into the memory; if none fits, the step that needs the least
   *     memory
   * @throws IllegalArgumentException if the batch or the sequence is not known
   */
  static PlannedPrediction of(
      SimulatedModelFile file, Machine machine, Optional<AxisSizes> given, long batch, double eta) {
    if (given.isPresent()) {
      Job job = SimulateJobs.job(file, machine, given, batch);
      return better(PlannedPrediction.of(job, eta, true), eta);
    }
    Job usual = usual(file, machine, batch);
    List<Prediction> all = new ArrayList<>();
    for (AxisSizes layout : layouts(file, machine, usual.batch())) {
      Job job = SimulateJobs.job(file, machine, Optional.of(layout), batch);
      all.add(new ClosedForms().predict(job, eta));
    }
    all.sort(BEST);
    List<Job> jobs = new ArrayList<>(List.of(usual));
    all.stream()
        .limit(MOST_PLANNED)
        .map(Prediction::job)
        .filter(job -> !job.layout().equals(usual.layout()))
        .forEach(jobs::add);
    PlannedPrediction best =
        jobs.stream()
            .map(job -> PlannedPrediction.of(job, eta, true))
            .min(Comparator.comparing(PlannedPrediction::prediction, BEST))
            .orElseThrow();
    return better(best, eta);
  }

  /** A plan with found layouts for its parts, or the plan itself if found layouts gain nothing. */
  private static PlannedPrediction better(PlannedPrediction usual, double eta) {
    PlannedPrediction found = PlannedPrediction.found(usual.prediction().job(), eta);
    boolean isBetter =
        found.forms().isPresent() && BEST.compare(found.prediction(), usual.prediction()) < 0;
    return isBetter ? found : usual;
  }

  private static final Comparator<Prediction> BEST =
      Comparator.<Prediction>comparingDouble(each -> Math.max(1, share(each)))
          .thenComparingDouble(Prediction::seconds);

  /** The share of a device's memory that a step needs. */
  private static double share(Prediction prediction) {
    Machine machine = prediction.job().machine();
    double bytes = prediction.bytes().values().stream().mapToDouble(Double::doubleValue).sum();
    return bytes * machine.perChip() / machine.family().memory();
  }

  /** The model's own layout, if it fits the number of devices, or the default layout. */
  private static Job usual(SimulatedModelFile file, Machine machine, long batch) {
    Optional<AxisSizes> own = file.layout().filter(layout -> layout.devices() == machine.devices());
    return SimulateJobs.job(file, machine, own, batch);
  }

  /** All sizes of data, fsdp, expert and tensor that leave every device whole sequences. */
  private static List<AxisSizes> layouts(SimulatedModelFile file, Machine machine, long sequences) {
    Architecture model = file.model();
    int devices = Math.toIntExact(machine.sliceDevices());
    long experts = model.experts().map(Architecture.Experts::count).orElse(1L);
    List<AxisSizes> layouts = new ArrayList<>();
    for (int tensor : divisors(devices, model.attention().heads(), MOST_TENSOR)) {
      for (int expert : divisors(devices / tensor, experts, devices)) {
        for (int fsdp : divisors(devices / tensor / expert, devices, devices)) {
          int data = devices / tensor / expert / fsdp * machine.slices();
          if (sequences % ((long) data * fsdp * expert) == 0) {
            Map<String, Integer> sizes = new HashMap<>();
            sizes.put("data", data);
            sizes.put("fsdp", fsdp);
            sizes.put("expert", expert);
            sizes.put("tensor", tensor);
            layouts.add(AxisSizes.of(sizes));
          }
        }
      }
    }
    return layouts;
  }

  /** Common divisors of two numbers, up to a largest one. */
  private static List<Integer> divisors(int one, long other, int largest) {
    List<Integer> divisors = new ArrayList<>();
    for (int size = 1; size <= Math.min(one, largest); size++) {
      if (one % size == 0 && other % size == 0) {
        divisors.add(size);
      }
    }
    return divisors;
  }
}
