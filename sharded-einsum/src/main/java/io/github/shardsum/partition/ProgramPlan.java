package io.github.shardsum.partition;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.CompositeKernelFinder;
import io.github.shardsum.internal.partition.plan.ProgramPlanner;
import io.github.shardsum.internal.partition.plan.ProgramPlanning;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.partition.text.CertificationText;
import io.github.shardsum.internal.program.pass.PairwiseEinsums;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The plan of a whole program on a mesh; an immutable value, equal for equal arguments. Its length
 * does not depend on the number of devices.
 *
 * <p>Values of the plan have the names of the program's values. An annotation is not a step: its
 * result is its operand's value, resharded to the annotated layout.
 *
 * @param given the program that was given
 * @param layouts the layouts that were given in addition to the program's annotations, by the names
 *     of values
 * @param program the planned program: composites without kernels are decomposed, and repeated or
 *     unused statements are removed. If it is cheaper, einsums of three and more operands are in
 *     pairs, and an operation that normalises, scans or searches a split label is written as
 *     operations on its chunks
 * @param plan the steps; its inputs and outputs are the program's
 * @param cost the price of the steps, as {@link #explain()} prints it. Without a topology: elements
 *     received, 1,000 elements for each collective, and one element for 200 multiply-adds of
 *     einsums. With a topology: seconds; if collectives overlap with computation, the end of the
 *     schedule. The choice of a plan also counts other operations: one element for 200 elements
 *     that they read or write
 */
public record ProgramPlan(
    Program given, Map<String, Layout> layouts, Program program, SpmdPlan plan, double cost) {
  /** Copies the map. */
  public ProgramPlan {
    Objects.requireNonNull(given, "given");
    layouts = Map.copyOf(layouts);
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(plan, "plan");
  }

  /**
   * Completes the layouts of a program from its annotations and plans it as {@link
   * io.github.shardsum.backend.mesh.MeshBackend} does: kernels give the costs of composites, and
   * may define partitions of their own.
   *
   * @param program the program
   * @param mesh the devices
   * @param kernels code of composites; composites without code are decomposed
   * @param options the options by which plans are chosen
   * @return the plan
   * @throws io.github.shardsum.propagation.PropagationException if an annotation names an axis that
   *     the mesh does not have
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan of(Program program, Mesh mesh, Kernels kernels, PlanOptions options) {
    return ProgramPlanning.plan(
        program, mesh, new CompositeKernelFinder(kernels, options.sums()), options);
  }

  /**
   * Completes the layouts of a program from its annotations and plans it only by its sharding
   * rules. The planner does not know the kernels' memory or their own partitions.
   *
   * @param program the program
   * @param mesh the devices
   * @param kernels kernels of the composites that are not decomposed
   * @param options the options by which plans are chosen
   * @return the plan
   * @throws io.github.shardsum.propagation.PropagationException if an annotation names an axis that
   *     the mesh does not have
   * @throws PlanException if no plan stays within the limits, not even with other layouts on the
   *     way, einsums in parts or values computed again
   */
  public static ProgramPlan of(
      Program program, Mesh mesh, Predicate<Composite> kernels, PlanOptions options) {
    return ProgramPlanning.plan(program, mesh, DeviceMemory.kernels(kernels), options);
  }

  /**
   * Plans a program with a given layout for every value. Statements compute and read each value in
   * its layout.
   *
   * @param program the program, which is planned without changes
   * @param mesh the devices
   * @param layouts the layouts of values by name; a value in the body of a loop is named {@code
   *     RESULT.body.VALUE}, and a value without a layout is whole
   * @param options the options by which plans are chosen
   * @return the plan
   * @throws IllegalArgumentException if the program has no value of a given name, or a layout has
   *     another rank
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan withLayouts(
      Program program, Mesh mesh, Map<String, Layout> layouts, PlanOptions options) {
    layouts.forEach((name, layout) -> check(program, name, layout));
    Program pairs = options.sums().isTree() ? PairwiseEinsums.run(program) : program;
    ProgramPlanner.Planned planned =
        ProgramPlanner.plan(pairs, mesh, layouts, true, _ -> Optional.empty(), options);
    ProgramPlan plan =
        new ProgramPlan(
            program,
            complete(program, mesh, layouts),
            planned.program(),
            planned.plan(),
            planned.cost());
    CompositeCode.Finder kernels = DeviceMemory.kernels(_ -> true);
    plan = ProgramPlanning.finished(plan, kernels, options);
    if (options.memoryLimit().isPresent()) {
      ProgramPlanning.check(plan, kernels, options.memoryLimit().getAsLong());
    }
    return plan;
  }

  /** Adds layouts for the values that are whole. */
  private static Map<String, Layout> complete(
      Program program, Mesh mesh, Map<String, Layout> layouts) {
    Map<String, Layout> all = new HashMap<>(layouts);
    Stream<Value> results = program.statements().stream().flatMap(s -> s.results().stream());
    Stream.concat(program.inputs().stream(), results)
        .forEach(
            value ->
                all.putIfAbsent(
                    value.name(), new Layout(mesh, value.type().labels().withoutLayout())));
    return all;
  }

  private static void check(Program program, String name, Layout layout) {
    if (name.contains(".body.")) {
      return;
    }
    int rank = program.value(name).type().shape().rank();
    if (layout.rank() != rank) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "layouts: that of %s must have %d labels, got %s",
              program.value(name),
              rank,
              layout));
    }
  }

  /**
   * Follows the plan with a checker that shares no code with the planner. The checker proves by the
   * definitions of operations that the steps compute the given program. Inputs, outputs and
   * annotated values must have the layouts that the program states.
   *
   * @return the certificate, with the number of statements, including those in bodies of loops
   * @throws IllegalStateException if the plan is refused, which is a defect of the planner; the
   *     message names the step and the layouts of its values
   */
  public String certify() {
    return CertificationText.of(plan, given, layouts);
  }

  /**
   * The plan's table.
   *
   * @return lines of text
   */
  public String explain() {
    return plan.explain();
  }

  /** The same text as {@link #explain()}. */
  @Override
  public String toString() {
    return explain();
  }
}
