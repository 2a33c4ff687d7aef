package io.github.shardsum.internal.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that stay awake for a while after each region. The wake-up of a processor takes as long
 * as a small product (50 microseconds, and far more on a virtual machine), and a program's regions
 * often follow one another directly.
 */
public final class ThreadTeam implements HelperThreads {
  /** Number of turns of busy waiting between two looks at the clock. */
  private static final int SPINS = 32;

  private static final int ASLEEP = 1;

  private final int helpers;
  private final long awakeNanos;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicIntegerArray asleep;
  private volatile Optional<ParallelRegion> asked = Optional.empty();
  private volatile boolean closed;

  /**
   * A number of daemon threads, which begin with the first region.
   *
   * @param awakeNanos the time that they wait for the next region before they sleep
   */
  public ThreadTeam(int helpers, long awakeNanos) {
    this.helpers = helpers;
    this.awakeNanos = awakeNanos;
    this.asleep = new AtomicIntegerArray(helpers);
  }

  @Override
  public synchronized void ask(ParallelRegion region, int wanted) {
    while (threads.size() < helpers && !closed) {
      int number = threads.size();
      String name = "shardsum-" + (number + 1);
      threads.add(Thread.ofPlatform().name(name).daemon().start(() -> help(number)));
    }
    // A thread announces its sleep and then looks once more, so that it misses no region.
    asked = Optional.of(region);
    int missing = wanted;
    for (int i = 0; i < threads.size(); i++) {
      missing -= asleep.get(i) == ASLEEP ? 0 : 1;
    }
    for (int i = 0; i < threads.size() && missing > 0; i++) {
      if (asleep.get(i) == ASLEEP) {
        LockSupport.unpark(threads.get(i));
        missing--;
      }
    }
  }

  @Override
  public void forget() {
    asked = Optional.empty();
  }

  private void help(int number) {
    while (!closed) {
      awaken(number).ifPresent(ParallelRegion::help);
      Thread.interrupted(); // a task may leave the flag set, and no thread could then sleep
    }
  }

  /** The next region that has a task left; empty if the team is closed. */
  private Optional<ParallelRegion> awaken(int number) {
    long end = System.nanoTime() + awakeNanos;
    do {
      for (int spin = 0; spin < SPINS; spin++) {
        Optional<ParallelRegion> region = asked.filter(ParallelRegion::isOpen);
        if (region.isPresent() || closed) {
          return region;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() < end);
    asleep.set(number, ASLEEP);
    Optional<ParallelRegion> region = asked.filter(ParallelRegion::isOpen);
    while (region.isEmpty() && !closed) {
      LockSupport.park(this);
      region = asked.filter(ParallelRegion::isOpen);
    }
    asleep.set(number, 0);
    return region;
  }

  @Override
  public void close() {
    List<Thread> ending = end();
    boolean interrupted = false;
    for (Thread thread : ending) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized List<Thread> end() {
    closed = true;
    threads.forEach(LockSupport::unpark);
    return List.copyOf(threads);
  }
}
