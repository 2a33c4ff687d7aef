package io.github.shardsum.internal.engine;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.transfer.Phase;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs phases one after another on workers that stay together from the first to the last.
 *
 * <p>Participants claim runs of tasks from one counter; the participant that ends the last run of a
 * phase opens the next phase. One participant alone can finish all phases, and a late one joins the
 * open phase.
 */
public final class Supersteps {
  /**
   * Iterations of busy waiting for the next phase before a participant parks; about 20
   * microseconds.
   */
  private static final int SPINS = 2_000;

  /** Runs of tasks for each worker in a phase: enough to level tasks of unequal length. */
  private static final int RUNS = 8;

  private final List<Phase.Tasks> phases;
  private final int parallelism;

  /** The open phase in the upper half, and its next unclaimed run in the lower half. */
  private final AtomicLong claim = new AtomicLong();

  private final AtomicInteger unended = new AtomicInteger();
  private final AtomicReferenceArray<@Nullable Thread> parked;
  private final AtomicReference<Optional<Throwable>> failure =
      new AtomicReference<>(Optional.empty());

  private Supersteps(List<Phase.Tasks> phases, int parallelism) {
    this.phases = phases;
    this.parallelism = parallelism;
    this.parked = new AtomicReferenceArray<>(parallelism);
  }

  /**
   * Runs the phases; returns when the last has ended.
   *
   * @throws RuntimeException the first exception of a task (also an {@link Error}); no further task
   *     or phase begins after it
   */
  public static void run(Workers workers, List<Phase.Tasks> phases) {
    Supersteps steps = shared(phases, workers.parallelism());
    workers.run(workers.parallelism(), steps::participate);
    steps.rethrow();
  }

  /** The state of phases that a number of participants run. */
  static Supersteps shared(List<Phase.Tasks> phases, int parallelism) {
    Supersteps steps = new Supersteps(phases, parallelism);
    steps.open(0);
    return steps;
  }

  private void open(int first) {
    int phase = first;
    while (phase < phases.size() && phases.get(phase).tasks() == 0) {
      phase++;
    }
    if (phase < phases.size()) {
      unended.set(runs(phase));
    }
    claim.set((long) phase << 32);
    for (int i = 0; i < parallelism; i++) {
      Thread waiting = parked.get(i);
      if (waiting != null) {
        LockSupport.unpark(waiting);
      }
    }
  }

  private int runs(int phase) {
    return Math.min(phases.get(phase).tasks(), parallelism == 1 ? 1 : RUNS * parallelism);
  }

  /** Takes part until the last phase has ended. */
  void participate(int participant, Scratch scratch) {
    int spins = 0;
    for (long seen = claim.get(); seen >>> 32 < phases.size(); seen = claim.get()) {
      int phase = (int) (seen >>> 32);
      if ((int) seen < runs(phase)) {
        if (claim.compareAndSet(seen, seen + 1)) {
          work(phase, (int) seen, scratch);
          spins = 0;
        }
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        park(participant, phase);
      }
    }
  }

  private void park(int participant, int phase) {
    parked.set(participant, Thread.currentThread());
    if (claim.get() >>> 32 == phase) {
      LockSupport.park(this);
    }
    parked.set(participant, null);
  }

  private void work(int phase, int run, Scratch scratch) {
    Phase.Tasks open = phases.get(phase);
    int runs = runs(phase);
    int from = (int) ((long) open.tasks() * run / runs);
    int to = (int) ((long) open.tasks() * (run + 1) / runs);
    try {
      if (failure.get().isEmpty()) {
        for (int task = from; task < to; task++) {
          open.task().run(task, scratch);
        }
      }
    } catch (Throwable thrown) {
      failure.compareAndSet(Optional.empty(), Optional.of(thrown));
    } finally {
      if (unended.decrementAndGet() == 0) {
        open(phase + 1);
      }
    }
  }

  private void rethrow() {
    switch (failure.get().orElse(null)) {
      case null -> {}
      case RuntimeException thrown -> throw thrown;
      case Error thrown -> throw thrown;
      case Throwable thrown -> throw new IllegalStateException(thrown);
    }
  }
}
