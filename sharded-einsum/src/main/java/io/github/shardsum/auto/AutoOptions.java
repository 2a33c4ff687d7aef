package io.github.shardsum.auto;

import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.partition.PlanOptions;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Options of {@link Auto}; an immutable value. */
public final class AutoOptions {
  private final PlanOptions plan;
  private final Kernels kernels;
  private final Set<String> split;
  private final double seconds;

  private AutoOptions(PlanOptions plan, Kernels kernels, Set<String> split, double seconds) {
    Objects.requireNonNull(plan, "plan");
    if (plan.sums().isTree()) {
      throw new IllegalArgumentException(
          "plan: must be without an order of sums, got " + plan.sums());
    }
    Objects.requireNonNull(kernels, "kernels");
    split = Set.copyOf(split);
    if (!(seconds > 0 && seconds <= AssignmentOptions.MOST_SECONDS)) {
      throw new IllegalArgumentException(
          "seconds: must be more than 0 and at most 1,000,000, got " + seconds);
    }
    this.plan = plan;
    this.kernels = kernels;
    this.split = split;
    this.seconds = seconds;
  }

  /**
   * No topology, no limit, no kernels, inputs may be replicated, and the work of 10 seconds.
   *
   * @return the defaults
   */
  public static AutoOptions defaults() {
    return new AutoOptions(PlanOptions.defaults(), Kernels.none(), Set.of(), 10);
  }

  /**
   * The same options with other prices or another limit.
   *
   * @param value prices and limits of plans
   * @return a changed copy
   * @throws IllegalArgumentException if plans must keep an order of sums
   */
  public AutoOptions withPlan(PlanOptions value) {
    return new AutoOptions(value, kernels, split, seconds);
  }

  /**
   * The same options with kernels.
   *
   * @param value code of composites
   * @return a changed copy
   */
  public AutoOptions withKernels(Kernels value) {
    return new AutoOptions(plan, value, split, seconds);
  }

  /**
   * The same options with inputs that may not be replicated, such as the batch of a training step.
   *
   * @param names the inputs
   * @return a changed copy
   */
  public AutoOptions withSplit(Set<String> names) {
    return new AutoOptions(plan, kernels, names, seconds);
  }

  /**
   * The same options with another amount of work.
   *
   * @param value more than 0 and at most 1,000,000
   * @return a changed copy
   * @throws IllegalArgumentException if the seconds are out of their range
   */
  public AutoOptions withSeconds(double value) {
    return new AutoOptions(plan, kernels, split, value);
  }

  /**
   * {@return prices and the memory limit of plans: a topology, and the most bytes of a device by
   * {@link io.github.shardsum.partition.SpmdPlan#peakBytes}. The memory of composites' kernels
   * counts only if a plan is changed to hold less. There must be no order of sums; the options for
   * collectives started ahead and for windows are ignored}
   */
  public PlanOptions plan() {
    return plan;
  }

  /** {@return code of composites; those that have none are decomposed} */
  public Kernels kernels() {
    return kernels;
  }

  /** {@return inputs that may not be replicated: each mesh axis splits one of their labels} */
  public Set<String> split() {
    return split;
  }

  /**
   * {@return more than 0 and at most 1,000,000: they set the amount of work, so that equal input
   * gives equal output}
   */
  public double seconds() {
    return seconds;
  }

  private List<Object> values() {
    return List.of(plan, kernels, split, seconds);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AutoOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "AutoOptions" + values();
  }
}
