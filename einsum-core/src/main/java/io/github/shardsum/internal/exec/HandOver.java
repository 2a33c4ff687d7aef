package io.github.shardsum.internal.exec;

import io.github.shardsum.exec.Workers;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The time to hand work over to another thread and to learn of its end.
 *
 * @param beginNanos nanoseconds without any data
 * @param byteNanos additional nanoseconds for each byte that the caller wrote and the other thread
 *     reads
 */
public record HandOver(double beginNanos, double byteNanos) {
  /** A typical time between two cores that share a cache, for threads that are not measured. */
  public static final HandOver USUAL = new HandOver(2_500, 0.03);

  /** Number of turns. The least time counts, since disturbances only make a turn longer. */
  private static final int TURNS = 16;

  /**
   * Number of bytes of a turn: at least those of any first-level cache, so that most of them come
   * from another cache.
   */
  private static final int BYTES = 128 << 10;

  /** The longest time that the caller waits for the other thread; after that the thread is late. */
  private static final long MOST_NANOS = 50_000;

  /** Number of turns with a late thread after which the measurement gives up. */
  private static final int MOST_LATE = 4;

  /**
   * Measures the time, in at most two milliseconds, mostly less than one.
   *
   * @param pair runs a region of two tasks
   * @return empty if the other thread came late, as on a processor that others use too
   */
  public static Optional<HandOver> measured(Consumer<Workers.Task> pair) {
    byte[] source = new byte[BYTES];
    byte[] written = new byte[BYTES];
    byte[] read = new byte[BYTES];
    long[] least = {MOST_NANOS, MOST_NANOS};
    int late = 0;
    for (int turn = 0; turn < 2 * TURNS && late < MOST_LATE; turn++) {
      int bytes = turn % 2 * BYTES;
      System.arraycopy(source, 0, written, 0, bytes);
      long nanos = turn(pair, written, read, bytes);
      late += nanos < MOST_NANOS ? 0 : 1;
      least[turn % 2] = Math.min(least[turn % 2], nanos);
    }
    return late < MOST_LATE ? Optional.of(between(least[0], least[1], BYTES)) : Optional.empty();
  }

  /** The shorter time of two measurements, without and with bytes. */
  HandOver orShorter(HandOver other) {
    double with = Math.min(nanos(BYTES), other.nanos(BYTES));
    return between(Math.min(beginNanos, other.beginNanos), with, BYTES);
  }

  /** The times of a hand-over, from those of a turn without and with these bytes. */
  static HandOver between(double without, double with, int bytes) {
    return new HandOver(without, Math.max(0, with - without) / bytes);
  }

  /** Nanoseconds until another thread has copied the bytes and the caller knows of it. */
  private static long turn(Consumer<Workers.Task> pair, byte[] written, byte[] read, int bytes) {
    Thread caller = Thread.currentThread();
    AtomicBoolean taken = new AtomicBoolean();
    long begin = System.nanoTime();
    pair.accept(
        (_, _) -> {
          if (Thread.currentThread() != caller) {
            System.arraycopy(written, 0, read, 0, bytes);
            taken.set(true);
            return;
          }
          while (!taken.get() && System.nanoTime() - begin < MOST_NANOS) {
            Thread.onSpinWait();
          }
        });
    return taken.get() ? System.nanoTime() - begin : MOST_NANOS;
  }

  /** Nanoseconds of a hand-over with a number of bytes. */
  public double nanos(long bytes) {
    return beginNanos + byteNanos * bytes;
  }
}
