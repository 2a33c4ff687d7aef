package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.topology.CollectiveCostModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Prices each step of a plan: products by their FLOPs or their bytes, operations between products
 * by the values that are stored, collectives link by link.
 *
 * <p>Plans are in f32; floating values are counted as bf16. Scores of attention stay on the chip. A
 * value is fused into its readers if elementwise operations make and read it, with no other step
 * between them.
 */
final class SimulatedPlanPricer {
  private final Job job;
  private final double eta;
  private final AssumptionValues constants;
  private final CollectiveCostModel network;
  private final SimulatedBlock block;
  private final SpmdPlan plan;
  private final List<PlannedValue> values;
  private final int[] producer;
  private final boolean[] ofWeights;
  private final boolean[] ofExperts;
  private final String[] gradientOf;
  private final Set<Integer> stored;

  private SimulatedPlanPricer(
      Job job,
      double eta,
      AssumptionValues constants,
      CollectiveCostModel network,
      SimulatedBlock block,
      SpmdPlan plan) {
    this.job = job;
    this.eta = eta;
    this.constants = constants;
    this.network = network;
    this.block = block;
    this.plan = plan;
    values = plan.values();
    producer = new int[values.size()];
    ofWeights = new boolean[values.size()];
    ofExperts = new boolean[values.size()];
    gradientOf = new String[values.size()];
    follow();
    followBack();
    stored = stored();
  }

  /**
   * The steps of a block's plan with their times.
   *
   * @param eta attainable share of peak of large products
   */
  static List<SimulatedStep> price(
      Job job,
      double eta,
      AssumptionValues constants,
      CollectiveCostModel network,
      SimulatedBlock block,
      SpmdPlan plan) {
    return new SimulatedPlanPricer(job, eta, constants, network, block, plan).steps();
  }

  /** Bytes of values, other than weights, that the largest device holds at once. */
  static double held(
      Job job, double eta, CollectiveCostModel network, SimulatedBlock block, SpmdPlan plan) {
    return new SimulatedPlanPricer(job, eta, AssumptionValues.USUAL, network, block, plan).held();
  }

  private void follow() {
    Arrays.fill(producer, -1);
    for (int i = 0; i < plan.inputs().size(); i++) {
      String name = plan.inputs().get(i).name();
      ofWeights[i] = block.weights().containsKey(name);
      ofExperts[i] = ofWeights[i] && has(values.get(i), "E", "H");
    }
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      boolean weights =
          !step.operands().isEmpty() && step.operands().stream().allMatch(each -> ofWeights[each]);
      for (int j = 0; j < step.results().size(); j++) {
        int number = plan.number(i) + j;
        producer[number] = i;
        ofWeights[number] = weights;
        ofExperts[number] = weights && step.operands().stream().anyMatch(each -> ofExperts[each]);
      }
    }
  }

  /** Finds gradients of weights, and values that only collectives separate from such a gradient. */
  private void followBack() {
    Arrays.fill(gradientOf, "");
    for (int output : plan.outputs()) {
      String name = values.get(output).programName();
      String weight = name.replaceFirst("^(gradient|cotangent)\\.", "");
      gradientOf[output] = block.weights().containsKey(weight) ? weight : "";
    }
    for (int i = plan.steps().size() - 1; i >= 0; i--) {
      PlanStep step = plan.steps().get(i);
      boolean moves = step.action().isCollective() || !fused(step) || step.operands().size() == 1;
      for (int j = 0; j < step.results().size() && moves && !product(step); j++) {
        int operand = step.operands().size() > j ? step.operands().get(j) : -1;
        if (operand >= 0 && gradientOf[operand].isEmpty()) {
          gradientOf[operand] = gradientOf[plan.number(i) + j];
        }
      }
    }
  }

  private static boolean has(PlannedValue value, String... labels) {
    Set<String> all = new HashSet<>();
    for (int dim = 0; dim < value.layout().rank(); dim++) {
      all.add(value.layout().label(dim));
    }
    return all.containsAll(List.of(labels));
  }

  /** Whether a value has a query and a key: a score. */
  private static boolean score(PlannedValue value) {
    return has(value, "S", "T");
  }

  /** Whether a value has a token and a slot: a mask. */
  private static boolean mask(PlannedValue value) {
    return has(value, "S", "E") && value.layout().rank() > 3;
  }

  private static boolean product(PlanStep step) {
    return step.operands().size() > 1 && equation(step).isPresent();
  }

  private static Optional<Equation> equation(PlanStep step) {
    return switch (step.action()) {
      case Action.Apply(Statement statement)
          when statement.operation() instanceof Contraction.Einsum einsum ->
          Optional.of(einsum.equation());
      default -> Optional.empty();
    };
  }

  private static boolean composite(PlanStep step) {
    return step.action() instanceof Action.Apply(Statement statement)
        && statement.operation() instanceof Composite;
  }

  /**
   * Whether a step can be fused: it is not a product, a collective, a loop or an operation with its
   * own kernel.
   */
  private static boolean fused(PlanStep step) {
    return !product(step)
        && !composite(step)
        && !step.action().isCollective()
        && !(step.action() instanceof Action.Loop);
  }

  /**
   * Values that memory must hold: outputs, values that an unfused operation makes or reads, and
   * values that are read after a later unfused operation.
   */
  private Set<Integer> stored() {
    Set<Integer> all = new HashSet<>(plan.outputs());
    int[] run = new int[plan.steps().size()];
    int number = 0;
    for (int i = 0; i < run.length; i++) {
      number += fused(plan.steps().get(i)) ? 0 : 1;
      run[i] = number;
    }
    for (int i = 0; i < run.length; i++) {
      PlanStep step = plan.steps().get(i);
      for (int operand : step.operands()) {
        boolean made = producer[operand] >= 0 && fused(plan.steps().get(producer[operand]));
        if (!made || !fused(step) || run[producer[operand]] != run[i]) {
          all.add(operand);
        }
      }
    }
    all.removeIf(each -> score(values.get(each)));
    return all;
  }

  private List<SimulatedStep> steps() {
    List<SimulatedStep> all = new ArrayList<>();
    Set<Integer> read = new HashSet<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      if (!fused(plan.steps().get(i))) {
        read.clear();
      }
      all.add(step(i, read));
    }
    return all;
  }

  private SimulatedStep step(int i, Set<Integer> read) {
    PlanStep step = plan.steps().get(i);
    return switch (step.action()) {
      case Action.Loop loop -> {
        double rounds = loop.rounds();
        double seconds =
            price(job, eta, constants, network, block, loop.body()).stream()
                .mapToDouble(SimulatedStep::seconds)
                .sum();
        yield compute(i, "elementwise", rounds * seconds, 0);
      }
      default -> {
        if (step.action().isCollective()) {
          yield collective(i);
        }
        if (product(step)) {
          yield product(i);
        }
        yield composite(step) ? route(i) : between(i, read);
      }
    };
  }

  private SimulatedStep compute(int i, String term, double seconds, double amount) {
    return compute(i, term, seconds, 0, amount);
  }

  private SimulatedStep compute(
      int i, String term, double seconds, double flopSeconds, double amount) {
    return new SimulatedStep(
        name(i),
        term,
        Kind.COMPUTE,
        SimulatedStep.COMPUTE,
        seconds,
        flopSeconds,
        amount,
        producers(i),
        false,
        false);
  }

  private String name(int i) {
    PlanStep step = plan.steps().get(i);
    return step.action().moved().op()
        + equation(step).map(each -> " " + each.withoutLayout()).orElse("")
        + (step.action().groupAxes().isEmpty()
            ? ""
            : " over " + String.join(".", step.action().groupAxes()));
  }

  private List<Integer> producers(int i) {
    return plan.steps().get(i).operands().stream()
        .map(operand -> producer[operand])
        .filter(each -> each >= 0)
        .distinct()
        .toList();
  }

  /** Bytes of a value on the largest device, floating elements as bf16. */
  private double bytes(int value) {
    PlannedValue planned = values.get(value);
    DType dtype = planned.dtype();
    return (double) planned.localElements() * (dtype.isFloating() ? 2 : dtype.byteSize());
  }

  private double storedBytes(int i) {
    double bytes = 0;
    for (int operand : plan.steps().get(i).operands()) {
      bytes += score(values.get(operand)) ? 0 : bytes(operand);
    }
    int number = plan.number(i);
    return bytes + (score(values.get(number)) ? 0 : bytes(number));
  }

  private SimulatedStep product(int i) {
    PlanStep step = plan.steps().get(i);
    double flops = plan.flops(i);
    String term = term(step, i);
    int unit = job.machine().family().unit();
    double rate = eta * job.machine().peak(Precision.BF16);
    double times = 1;
    switch (term) {
      case "attention" -> {
        double narrow = Math.min(1, job.model().attention().queryWidth() / 128.0);
        double share = constants.of(Assumption.ATTENTION);
        rate = share * narrow * job.machine().peak(Precision.BF16);
        times = job.model().keysSeen(job.sequence()) / job.sequence();
      }
      case "experts" -> {
        rate = eta * job.machine().peak(job.precision());
        times = padded() * job.model().expertFilling(unit);
      }
      case "projections and dense layers" -> {
        rate = eta * job.machine().peak(job.precision());
        times = job.model().filledLinearWeights(unit) / job.model().linearWeights();
      }
      case "logits" -> times = Architecture.filling(job.model().width(), unit);
      default -> {}
    }
    if (term.equals("dispatch and combine") && byRows()) {
      return compute(i, term, 0, 0); // rows are moved instead, as the formula says
    }
    double seconds = times * flops / rate;
    double moved = storedBytes(i) / job.machine().bandwidth();
    return term.equals("elementwise")
        ? compute(i, term, moved, storedBytes(i))
        : compute(i, term, Math.max(seconds, moved), seconds, times * flops);
  }

  private boolean byRows() {
    return job.model().experts().filter(each -> !each.einsum()).isPresent();
  }

  /** The factor for empty rows of a tile, and for the busiest expert. */
  private double padded() {
    Experts experts = job.model().experts().orElseThrow();
    double rows =
        job.tokensPerDevice()
            * job.layout().pipeline()
            * experts.rows()
            * job.layout().expert()
            / experts.count();
    double most = experts.dropless() ? job.imbalance() : 1;
    return most * (1 + constants.of(Assumption.EMPTY_ROWS) / Math.max(rows, 1));
  }

  private String term(PlanStep step, int i) {
    List<PlannedValue> all = new ArrayList<>();
    step.operands().forEach(operand -> all.add(values.get(operand)));
    all.add(values.get(plan.number(i)));
    return switch (block.kind()) {
      case ATTENTION ->
          all.stream().anyMatch(SimulatedPlanPricer::score)
              ? all.stream().filter(SimulatedPlanPricer::score).count() > 1
                  ? "elementwise"
                  : "attention"
              : dense(all);
      case LOGITS -> all.stream().anyMatch(each -> has(each, "V")) ? "logits" : "elementwise";
      case DENSE -> dense(all);
      case SPARSE -> sparse(all);
    };
  }

  private static String dense(List<PlannedValue> all) {
    return all.stream().anyMatch(each -> each.layout().rank() < 2)
            || all.stream().noneMatch(each -> !has(each, "B"))
        ? "elementwise"
        : "projections and dense layers";
  }

  private static String sparse(List<PlannedValue> all) {
    if (all.stream().anyMatch(each -> has(each, "E", "H"))) {
      return "experts";
    }
    if (all.stream().anyMatch(SimulatedPlanPricer::mask)) {
      return all.stream().anyMatch(each -> has(each, "K")) ? "elementwise" : "dispatch and combine";
    }
    return all.stream().anyMatch(each -> has(each, "M", "E")) && all.size() > 2
        ? "projections and dense layers"
        : "elementwise";
  }

  /**
   * The prefix sum of positions: one pass over the experts of each token for each bit of the number
   * of tokens in a group.
   */
  private SimulatedStep route(int i) {
    Experts experts = job.model().experts().orElseThrow();
    boolean forward = !values.get(plan.number(i)).name().startsWith("cotangent");
    if (!experts.einsum() || !forward) {
      return compute(i, "positions in experts", 0, 0);
    }
    double rows = 0;
    for (int operand : plan.steps().get(i).operands()) {
      rows = Math.max(rows, values.get(operand).localElements());
    }
    double bytes = rows * 4 * 2 * Math.log(experts.groupTokens()) / Math.log(2);
    return compute(i, "positions in experts", bytes / job.machine().bandwidth(), bytes);
  }

  /** Prices a step between products by the stored values that it reads and writes. */
  private SimulatedStep between(int i, Set<Integer> read) {
    PlanStep step = plan.steps().get(i);
    double bytes = 0;
    boolean masks = false;
    if (!(step.action() instanceof Action.Slice || step.action() instanceof Action.Await)) {
      for (int operand : step.operands()) {
        if (stored.contains(operand) && !ofWeights[operand] && read.add(operand)) {
          bytes += bytes(operand);
          masks |= mask(values.get(operand));
        }
      }
      for (int j = 0; j < step.results().size(); j++) {
        int number = plan.number(i) + j;
        if (stored.contains(number) && !ofWeights[number] && read.add(number)) {
          bytes += bytes(number);
          masks |= mask(values.get(number));
        }
      }
    }
    if (masks && byRows()) {
      bytes = 0; // there is no mask
    }
    String term =
        block.kind() == SimulatedBlock.Kind.LOGITS
            ? "logits"
            : masks ? "dispatch and combine" : "elementwise";
    return compute(i, term, bytes / job.machine().bandwidth(), bytes);
  }

  private SimulatedStep collective(int i) {
    PlanStep step = plan.steps().get(i);
    List<String> axes = step.action().groupAxes();
    int operand = step.operands().getFirst();
    String of = gradientOf[plan.number(i)];
    boolean gradient = !of.isEmpty();
    boolean weights = ofWeights[operand];
    double bytes = 0;
    for (int each : step.operands()) {
      bytes += bytes(each);
    }
    String weight = gradient ? of : values.get(operand).name();
    double times = block.weights().getOrDefault(weight, 1.0);
    String term = collectiveTerm(step, i, weights, gradient);
    if (term.equals("all-to-all of experts") && byRows()) {
      times *= job.imbalance();
    }
    double seconds = times * network.price(plan.collective(i), Math.round(bytes)).seconds();
    return new SimulatedStep(
        name(i),
        term,
        Kind.COLLECTIVE,
        String.join(".", axes),
        seconds,
        0,
        times * received(step, i) * 2,
        producers(i),
        weights,
        gradient);
  }

  private double received(PlanStep step, int i) {
    return step.operands().isEmpty() ? 0 : plan.elementsReceived(i);
  }

  private String collectiveTerm(PlanStep step, int i, boolean weights, boolean gradient) {
    List<String> axes = step.action().groupAxes();
    PlannedValue value = values.get(plan.number(i));
    boolean experts = ofExperts[step.operands().getFirst()] || has(value, "E", "H");
    boolean overFsdp =
        axes.contains("fsdp") && step.action().moved() instanceof Action.ReduceScatter;
    if (weights || (gradient && overFsdp)) {
      return experts ? "experts' weights over fsdp" : "weights over fsdp";
    }
    if (gradient) {
      return experts ? "experts' gradients over data" : "gradients over data";
    }
    if (block.kind() == SimulatedBlock.Kind.SPARSE
        && axes.contains("expert")
        && step.action().moved() instanceof Action.AllToAll) {
      return "all-to-all of experts";
    }
    return axes.contains("tensor") ? "activations over tensor" : "other collectives";
  }

  /** Stored values other than weights, from where they are made to where they are last read. */
  private double held() {
    int[] last = new int[values.size()];
    for (int i = 0; i < plan.steps().size(); i++) {
      for (int operand : plan.steps().get(i).operands()) {
        last[operand] = i;
      }
    }
    plan.outputs().forEach(output -> last[output] = plan.steps().size());
    double live = 0;
    for (int i = 0; i < plan.inputs().size(); i++) {
      live += counted(i) ? bytes(i) : 0;
    }
    double most = live;
    for (int i = 0; i < plan.steps().size(); i++) {
      for (int j = 0; j < plan.steps().get(i).results().size(); j++) {
        live += counted(plan.number(i) + j) ? bytes(plan.number(i) + j) : 0;
      }
      most = Math.max(most, live);
      for (int operand : new HashSet<>(plan.steps().get(i).operands())) {
        live -= last[operand] == i && counted(operand) ? bytes(operand) : 0;
      }
    }
    return most;
  }

  private boolean counted(int value) {
    boolean gradient = !gradientOf[value].isEmpty();
    boolean noMask = !(mask(values.get(value)) && byRows());
    return stored.contains(value) && !ofWeights[value] && !gradient && noMask;
  }

  /**
   * Elements of weights that the largest device holds; a weight counts once for each value that it
   * represents.
   */
  static double weightElements(SimulatedBlock block, SpmdPlan plan) {
    double elements = 0;
    for (PlannedValue input : plan.inputs()) {
      for (Map.Entry<String, Double> weight : block.weights().entrySet()) {
        if (weight.getKey().equals(input.name())) {
          elements += weight.getValue() * input.localElements();
        }
      }
    }
    return elements;
  }
}
