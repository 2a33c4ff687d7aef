package io.github.shardsum.testkit;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.ReshardPlan;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Asserts properties of a plan, so that a test fails if the plan changes.
 *
 * <pre>{@code
 * PlanAssert.that(plan).communicates("all-to-all", "all-to-all").neverHoldsWhole("dispatched");
 * }</pre>
 */
public final class PlanAssert {
  private final SpmdPlan plan;

  private PlanAssert(SpmdPlan plan) {
    this.plan = Objects.requireNonNull(plan, "plan");
  }

  /**
   * Assertions about a plan.
   *
   * @param plan the plan
   * @return assertions about it
   */
  public static PlanAssert that(SpmdPlan plan) {
    return new PlanAssert(plan);
  }

  /**
   * Assertions about the plan of a program.
   *
   * @param plan the plan
   * @return assertions about it
   */
  public static PlanAssert that(ProgramPlan plan) {
    return that(plan.plan());
  }

  /**
   * Assertions about the plan of one einsum.
   *
   * @param plan the plan
   * @return assertions about it
   */
  public static PlanAssert that(ShardedEinsumPlan plan) {
    return that(plan.plan());
  }

  /**
   * Assertions about the plan of a reshard.
   *
   * @param plan the plan
   * @return assertions about it
   */
  public static PlanAssert that(ReshardPlan plan) {
    return that(plan.plan());
  }

  /**
   * Asserts that the plan's collectives are these, in order; a collective in the body of a loop
   * counts once.
   *
   * @param ops names as in {@link Action#op()}, such as {@code all-reduce}; none for no
   *     communication
   * @return this
   * @throws AssertionError with the plan, if the collectives differ
   */
  public PlanAssert communicates(String... ops) {
    List<String> got = new ArrayList<>();
    collect(plan, got);
    return require(
        got.equals(Arrays.asList(ops)),
        "collectives must be " + Arrays.toString(ops) + ", got " + got);
  }

  private static void collect(SpmdPlan plan, List<String> ops) {
    for (PlanStep step : plan.steps()) {
      if (step.action() instanceof Action.Loop loop) {
        collect(loop.body(), ops);
      } else if (step.action().isCollective()) {
        ops.add(step.action().op());
      }
    }
  }

  /**
   * Asserts that the busiest device receives no more than this.
   *
   * @param elements the most elements, counted as for rings
   * @return this
   * @throws AssertionError with the plan, if the device receives more
   */
  public PlanAssert receivesAtMost(long elements) {
    return require(
        plan.elementsReceived() <= elements,
        "must receive at most " + elements + " elements, got " + plan.elementsReceived());
  }

  /**
   * Asserts that no device ever holds more than this, including its inputs.
   *
   * @param bytes the most bytes
   * @return this
   * @throws AssertionError with the plan, if a device holds more
   */
  public PlanAssert peakAtMost(long bytes) {
    return require(
        plan.peakBytes() <= bytes,
        "must hold at most " + bytes + " bytes, got " + plan.peakBytes());
  }

  /**
   * Asserts that devices wait for started collectives no longer than this.
   *
   * @param price the largest price, in seconds if the options name a topology, otherwise in
   *     elements
   * @param options the options by which steps are priced
   * @return this
   * @throws AssertionError with the plan, if devices wait longer
   */
  public PlanAssert exposesAtMost(double price, PlanOptions options) {
    double exposed = plan.exposed(options);
    return require(
        exposed <= price,
        "must wait at most " + price + " for started collectives, got " + exposed);
  }

  /**
   * Asserts that no device ever holds all elements of a value.
   *
   * @param name the value's name; for an operand of an einsum its number
   * @return this
   * @throws AssertionError with the plan, if a device does, or the plan has no such value
   */
  public PlanAssert neverHoldsWhole(String name) {
    List<PlannedValue> held = new ArrayList<>();
    named(plan, name, held);
    require(!held.isEmpty(), "must have a value " + name + ", got none");
    for (PlannedValue value : held) {
      require(
          value.localElements() < value.shape().elementCount(),
          "no device may hold all of " + name + ", got " + value);
    }
    return this;
  }

  private static void named(SpmdPlan plan, String name, List<PlannedValue> held) {
    plan.values().stream().filter(value -> value.name().equals(name)).forEach(held::add);
    for (PlanStep step : plan.steps()) {
      if (step.action() instanceof Action.Loop loop) {
        named(loop.body(), name, held);
      }
    }
  }

  private PlanAssert require(boolean condition, String message) {
    if (!condition) {
      throw new AssertionError(message + " of\n" + plan);
    }
    return this;
  }
}
