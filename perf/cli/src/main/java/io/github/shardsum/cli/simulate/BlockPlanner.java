package io.github.shardsum.cli.simulate;

import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.cli.simulate.PlannedBlock.Weighted;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.topology.AllToAllSchedule;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Topology;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Plans the parts of a job's model, with the usual layouts or with found layouts. */
final class BlockPlanner {
  /** Work of a search, in seconds; it plans a part a few times. */
  private static final double SECONDS = 1;

  /** Factor by which found layouts may exceed the bytes of the usual layouts. */
  private static final double ROOM = 1.01;

  private final Job slice;
  private final double eta;
  private final BlockPrograms model;
  private final CollectiveCostModel network;
  private final PlanOptions options;
  private final Kernels kernels = MoePrograms.kernels();

  BlockPlanner(Job job, double eta) {
    this.slice = job.ofSlice();
    this.eta = eta;
    this.model = new BlockPrograms(slice);
    Topology topology = slice.machine().topology(job.layout().pipeline());
    this.network =
        CollectiveCostModel.of(topology, model.mesh()).with(AllToAllSchedule.AXIS_BY_AXIS);
    this.options = PlanOptions.defaults().withTopology(topology).withReplication();
  }

  /**
   * A part with its plan.
   *
   * @param both the plan of forward and backward pass
   * @param layouts the found layouts; empty for the usual ones
   */
  record Planned(PlannedBlock block, ProgramPlan both, Map<String, String> layouts) {}

  List<SimulatedBlock> parts() {
    return model.all();
  }

  /** Plans a part as it is annotated. */
  Planned planned(SimulatedBlock block, Map<String, String> layouts) {
    ProgramPlan both = plan(block.both());
    PlannedBlock planned =
        new PlannedBlock(
            block,
            SimulatedPlanPricer.price(
                slice, eta, AssumptionValues.USUAL, network, block, plan(block.forward()).plan()),
            SimulatedPlanPricer.price(
                slice, eta, AssumptionValues.USUAL, network, block, both.plan()),
            both.plan(),
            SimulatedPlanPricer.weightElements(block, both.plan()),
            SimulatedPlanPricer.held(slice, eta, network, block, both.plan()));
    return new Planned(planned, both, layouts);
  }

  private ProgramPlan plan(Program program) {
    return ProgramPlan.of(
        program, model.mesh(), composite -> kernels.kernel(composite).isPresent(), options);
  }

  /**
   * Searches for layouts of weights and intermediates. Tokens between parts keep their usual
   * layout. A part may need at most a hundredth more memory than with the usual layouts.
   *
   * @return the found layouts, or the usual ones where those take no more time
   */
  Planned found(Planned usual) {
    SimulatedBlock block = usual.block().block();
    if (model.mesh().size() == 1) {
      return usual;
    }
    Map<String, String> tokens = tokens(usual);
    SimulatedBlock open = BlockPrograms.with(block, tokens);
    PlanOptions limited = options.withMemoryLimit(usual.both().plan().peakBytes());
    AutoOptions search =
        AutoOptions.defaults().withPlan(limited).withKernels(kernels).withSeconds(SECONDS);
    try {
      FoundLayouts found = Auto.find(open.both(), model.mesh(), search);
      Map<String, String> layouts = layouts(open, tokens, found);
      Planned other = planned(BlockPrograms.with(block, layouts), Map.copyOf(layouts));
      return isBetter(other.block(), usual.block()) ? other : usual;
    } catch (IllegalArgumentException none) {
      // Nothing fits, or layouts of both passes are not valid for the forward pass alone.
      return usual;
    }
  }

  /** The found layouts of a part's forward pass, and of its tokens and weights. */
  private static Map<String, String> layouts(
      SimulatedBlock open, Map<String, String> tokens, FoundLayouts found) {
    Map<String, String> layouts = new TreeMap<>(tokens);
    Set<String> forward = names(open.forward());
    found
        .annotations()
        .forEach(
            (name, layout) -> {
              if (forward.contains(name)) {
                layouts.put(name, layout);
              }
            });
    for (PlannedValue input : found.plan().plan().inputs()) {
      if (open.weights().containsKey(input.name())) {
        layouts.put(input.name(), input.layout().term().spaced());
      }
    }
    return layouts;
  }

  private boolean isBetter(PlannedBlock one, PlannedBlock than) {
    return one.weights() <= ROOM * than.weights()
        && one.held() <= ROOM * than.held()
        && seconds(one) < seconds(than);
  }

  private double seconds(PlannedBlock block) {
    return block.all(slice.rematerialise()).stream().mapToDouble(BlockPlanner::seconds).sum();
  }

  private static double seconds(Weighted step) {
    return step.times() * step.step().seconds();
  }

  /** The usual layouts of inputs other than weights, and of outputs. */
  private static Map<String, String> tokens(Planned usual) {
    SimulatedBlock block = usual.block().block();
    Program bare = Annotations.none(block.forward());
    Set<String> names = names(bare);
    Map<String, String> tokens = new TreeMap<>();
    for (PlannedValue input : usual.both().plan().inputs()) {
      if (names.contains(input.name()) && !block.weights().containsKey(input.name())) {
        tokens.put(input.name(), input.layout().term().spaced());
      }
    }
    for (Value output : bare.outputs()) {
      usual.both().plan().values().stream()
          .filter(value -> value.name().equals(output.name()) && output.type().rank() > 0)
          .filter(value -> value.layout().partial().isEmpty())
          .reduce((_, last) -> last)
          .ifPresent(value -> tokens.put(output.name(), value.layout().term().spaced()));
    }
    return tokens;
  }

  private static Set<String> names(Program program) {
    Set<String> names = new HashSet<>();
    program.inputs().forEach(input -> names.add(input.name()));
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> names.add(result.name()));
    }
    return names;
  }
}
