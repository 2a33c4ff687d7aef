package io.github.shardsum.internal.exec;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The shortest of a few measurements of a {@link HandOver}, with pauses between them: a newly
 * started thread may share the caller's processor for a while. Thread-safe.
 */
public final class HandOverMeter {
  private static final int TRIES = 8;

  /** Nanoseconds between two measurements. */
  private static final long PAUSE = 20_000_000;

  /**
   * The state of the measurements.
   *
   * @param least the shortest result, empty if other threads came late in all measurements
   * @param triesLeft number of measurements that are left
   * @param last the end of the last measurement
   */
  private record State(Optional<HandOver> least, int triesLeft, long last) {}

  private final AtomicReference<State> state =
      new AtomicReference<>(new State(Optional.empty(), TRIES, 0));

  /** The shortest time, or a typical one. */
  public HandOver value() {
    return state.get().least().orElse(HandOver.USUAL);
  }

  /** Whether a measurement is left, and enough time has passed since the last one. */
  public boolean isDue(long now) {
    State known = state.get();
    return known.triesLeft() > 0 && (known.triesLeft() == TRIES || now - known.last() >= PAUSE);
  }

  /** Adds the result of a measurement. */
  public void add(Optional<HandOver> measured, long now) {
    state.updateAndGet(
        known -> {
          Optional<HandOver> least =
              measured
                  .map(time -> known.least().map(time::orShorter).orElse(time))
                  .or(known::least);
          return new State(least, known.triesLeft() - 1, now);
        });
  }
}
