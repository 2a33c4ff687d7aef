package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.PlannedBlock.Weighted;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.topology.CollectiveCostModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A step from the plans of its parts. Each part of the model, with its gradient, is planned once
 * for the job's mesh. The prices of its steps are multiplied by the number of equal parts.
 *
 * @param job the training job
 * @param blocks the parts
 * @param programs plans of their forward and backward passes, in their order
 * @param prediction the step
 * @param closed the step by the formulas
 * @param found layouts that were found and are cheaper than the usual ones, by the part's name and
 *     the value's
 */
public record PlannedForms(
    Job job,
    List<PlannedBlock> blocks,
    List<ProgramPlan> programs,
    Prediction prediction,
    Prediction closed,
    Map<String, Map<String, String>> found) {
  private static final Set<String> HIDDEN =
      Set.of(
          "weights over fsdp",
          "experts' weights over fsdp",
          "gradients over data",
          "experts' gradients over data");

  /** Order of the terms: computation, then collectives. */
  private static final List<String> ORDER =
      List.of(
          "projections and dense layers",
          "logits",
          "attention",
          "experts",
          "dispatch and combine",
          "positions in experts",
          "elementwise",
          "all-to-all of experts",
          "weights over fsdp",
          "experts' weights over fsdp",
          "gradients over data",
          "experts' gradients over data",
          "activations over tensor",
          "gradients between slices",
          "other collectives");

  /**
   * Plans a job.
   *
   * @param eta attainable share of peak of large products
   * @throws IllegalArgumentException if the job's devices are not a network of whole chips
   */
  public static PlannedForms of(Job job, double eta) {
    return of(job, eta, false);
  }

  /**
   * Plans a job.
   *
   * @param eta attainable share of peak of large products
   * @param isFound whether layouts are searched for, instead of the usual ones
   * @throws IllegalArgumentException if the job's devices are not a network of whole chips
   */
  public static PlannedForms of(Job job, double eta, boolean isFound) {
    Prediction closed = new ClosedForms().predict(job, eta);
    BlockPlanner planner = new BlockPlanner(job, eta);
    List<PlannedBlock> blocks = new ArrayList<>();
    List<ProgramPlan> programs = new ArrayList<>();
    Map<String, Map<String, String>> found = new LinkedHashMap<>();
    for (SimulatedBlock block : planner.parts()) {
      BlockPlanner.Planned usual = planner.planned(block, Map.of());
      BlockPlanner.Planned best = isFound ? planner.found(usual) : usual;
      blocks.add(best.block());
      programs.add(best.both());
      if (!best.layouts().isEmpty()) {
        found.put(block.name(), best.layouts());
      }
    }
    List<Term> terms = terms(job, blocks, closed);
    Prediction prediction =
        ClosedForms.completed(job, eta, AssumptionValues.USUAL, terms, bytes(job, blocks));
    return new PlannedForms(
        job, List.copyOf(blocks), List.copyOf(programs), prediction, closed, found);
  }

  private static List<Term> terms(Job job, List<PlannedBlock> blocks, Prediction closed) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    ORDER.forEach(name -> seconds.put(name, 0.0));
    for (PlannedBlock block : blocks) {
      double each = block.block().count() / job.layout().pipeline();
      for (Weighted weighted : block.all(job.rematerialise())) {
        SimulatedStep step = weighted.step();
        seconds.merge(step.term(), each * weighted.times() * step.seconds(), Double::sum);
      }
    }
    if (job.model().experts().filter(experts -> !experts.einsum()).isPresent()) {
      seconds.put("dispatch and combine", seconds(closed, "dispatch and combine"));
    }
    List<Term> terms = new ArrayList<>();
    double compute = 0;
    for (Map.Entry<String, Double> each : seconds.entrySet()) {
      int place = ORDER.indexOf(each.getKey());
      if (each.getValue() > 0 && place < ORDER.indexOf("all-to-all of experts")) {
        terms.add(new Term(each.getKey(), Kind.COMPUTE, each.getValue(), each.getValue()));
        compute += each.getValue();
      }
    }
    double optimizer = own(blocks, job) * (12 + 2 * job.momentBytes()) / job.machine().bandwidth();
    if (job.machine().family().gpu()) {
      optimizer /= job.layout().data() * (double) job.layout().context();
    }
    terms.add(new Term("optimizer", Kind.COMPUTE, optimizer, optimizer));
    double again = seconds(closed, "weights read again");
    if (again > 0) {
      terms.add(new Term("weights read again", Kind.COMPUTE, again, again));
    }
    double linear = seconds.getOrDefault("projections and dense layers", 0.0);
    for (String name : ORDER.subList(ORDER.indexOf("all-to-all of experts"), ORDER.size())) {
      double alone = seconds.getOrDefault(name, 0.0);
      if (alone > 0) {
        terms.add(
            new Term(name, Kind.COLLECTIVE, alone, exposed(job, name, alone, compute, linear)));
      }
    }
    if (job.machine().slices() > 1) {
      double between = betweenSlices(job, 4 * own(blocks, job));
      terms.add(new Term("gradients between slices", Kind.COLLECTIVE, between, between));
    }
    return terms;
  }

  /** Every device reduces its gradients with the devices at the same place of the other slices. */
  private static double betweenSlices(Job job, double bytes) {
    int slices = job.machine().slices();
    Mesh mesh = Mesh.of("slice", slices, "device", Math.toIntExact(job.machine().sliceDevices()));
    return CollectiveCostModel.of(job.machine().topology(1), mesh)
        .price(new Collective.AllReduce(Reduction.SUM, "slice"), Math.round(bytes))
        .seconds();
  }

  /** The exposed part of a term, as in the formulas. */
  private static double exposed(Job job, String name, double alone, double compute, double linear) {
    if (name.equals("activations over tensor")) {
      return Math.max(Assumption.EXPOSED_TENSOR.value() * alone, alone - 0.5 * linear);
    }
    if (name.equals("all-to-all of experts")) {
      double least = Assumption.EXPOSED_EXCHANGE.value() * alone;
      return job.overlap() ? Math.max(least, alone - compute) : alone;
    }
    boolean bound =
        name.equals("experts' weights over fsdp")
            && job.model().experts().filter(Experts::dropless).isPresent();
    return HIDDEN.contains(name) && !bound
        ? Math.max(alone - compute, Assumption.EXPOSED_GATHER.value() * alone)
        : alone;
  }

  /**
   * Bytes of f32 weights of the largest device beyond an even split over the devices of a slice, by
   * part: copies of weights that not every axis splits, and chunks that are not even.
   */
  Map<String, Double> beyondEvenSplit() {
    Map<String, Double> beyond = new LinkedHashMap<>();
    for (PlannedBlock each : blocks) {
      double all =
          each.plan().inputs().stream()
              .mapToDouble(
                  input ->
                      each.block().weights().getOrDefault(input.name(), 0.0)
                          * input.shape().elementCount())
              .sum();
      double even = all / each.plan().mesh().size();
      double count = each.block().count() / job.layout().pipeline();
      beyond.put(each.block().name(), 4 * count * (each.weights() - even));
    }
    return beyond;
  }

  static double seconds(Prediction prediction, String name) {
    return prediction.terms().stream()
        .filter(term -> term.name().equals(name))
        .mapToDouble(Term::seconds)
        .sum();
  }

  /** Weights of a device. */
  private static double own(List<PlannedBlock> blocks, Job job) {
    return blocks.stream().mapToDouble(each -> each.block().count() * each.weights()).sum()
        / job.layout().pipeline();
  }

  private static Map<String, Double> bytes(Job job, List<PlannedBlock> blocks) {
    double own = own(blocks, job);
    Map<String, Double> bytes = new LinkedHashMap<>();
    bytes.put("weights, f32", 4 * own);
    bytes.put("optimizer's moments, f32", job.momentBytes() * own);
    bytes.put("gradients, f32", 4 * own);
    double gathered = 0;
    double kept = 0;
    double held = 0;
    for (PlannedBlock each : blocks) {
      double received =
          each.forward().stream()
              .filter(SimulatedStep::weights)
              .mapToDouble(SimulatedStep::amount)
              .sum();
      gathered = Math.max(gathered, 2 * received);
      held = Math.max(held, each.held());
      double inside = (1 - job.rematerialise()) * each.held();
      double input = each.block().kind() == SimulatedBlock.Kind.ATTENTION ? input(each) : 0;
      double count = each.block().count() / job.layout().pipeline();
      kept += count * (input + (each.block().kind() == SimulatedBlock.Kind.LOGITS ? 0 : inside));
    }
    double batches = Math.max(1, job.layout().microbatches());
    double live = Math.min(1, job.layout().pipeline() / batches);
    bytes.put("gathered weights of two layers", gathered);
    bytes.put("activations kept", kept * (job.layout().pipeline() > 1 ? live : 1 / batches));
    bytes.put("largest part at work", held / batches);
    return bytes;
  }

  private static double input(PlannedBlock block) {
    return block.plan().inputs().stream()
        .filter(each -> each.name().equals("x"))
        .mapToDouble(each -> 2.0 * each.localElements())
        .sum();
  }

  /** The checker's certificates of the plans of all parts. */
  List<String> certificates() {
    List<String> proved = new ArrayList<>();
    for (int i = 0; i < programs.size(); i++) {
      proved.add(blocks.get(i).block().name() + ": " + programs.get(i).certify());
    }
    return List.copyOf(proved);
  }
}
