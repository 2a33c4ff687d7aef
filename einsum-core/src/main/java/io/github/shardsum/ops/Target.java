package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where an operation writes its result, and the threads that compute it. Immutable; as thread-safe
 * as its tensor.
 *
 * <pre>{@code
 * Elementwise.add(x, y);                                // a fresh tensor, the process's threads
 * Elementwise.add(Target.into(out), x, y);              // into out, which may be x or y
 * Elementwise.add(Target.on(workers), x, y);            // a fresh tensor, given threads
 * Elementwise.add(Target.into(workers, out), x, y);     // both
 * }</pre>
 *
 * @since 0.1.0
 */
public final class Target {
  private final Workers workers;
  private final Optional<Tensor> out;

  private Target(Workers workers, Optional<Tensor> out) {
    this.workers = Objects.requireNonNull(workers, "workers");
    this.out = out;
  }

  /**
   * A given tensor, and the threads of the process, one for each processor.
   *
   * @param out takes the result; must have its dtype and shape
   * @return the target
   */
  public static Target into(Tensor out) {
    return into(DefaultOpsWorkers.get(), out);
  }

  /**
   * A given tensor and given threads.
   *
   * @param workers threads to use
   * @param out takes the result; must have its dtype and shape
   * @return the target
   */
  public static Target into(Workers workers, Tensor out) {
    return new Target(workers, Optional.of(out));
  }

  /**
   * A fresh tensor and given threads.
   *
   * @param workers threads to use
   * @return the target
   */
  public static Target on(Workers workers) {
    return new Target(workers, Optional.empty());
  }

  /** A fresh tensor and the threads of the process. */
  static Target process() {
    return on(DefaultOpsWorkers.get());
  }

  Workers workers() {
    return workers;
  }

  /** The given tensor; without one, the one that is made. */
  Tensor or(Supplier<Tensor> fresh) {
    return out.orElseGet(fresh);
  }
}
