package io.github.shardsum.internal.pjrt.host;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The launches over several devices of one client. Safe for use by many threads at once.
 *
 * <p>One at a time is launched, so that all devices have them in one order, and that no argument is
 * given away between the look at it and the launch: a device that refuses keeps the others waiting
 * for it. XLA's CPU client lets 32 programs be under way on a device; where more are launched, and
 * some over several devices, these come to wait for each other, and the process is ended after 40
 * s. So from the first one over several devices on the programs of a CPU's client are counted.
 */
public final class LaunchThrottle {
  /**
   * Half of what a device of XLA's CPU client takes: some were launched before they are counted.
   */
  public static final int MOST_ON_CPU = 16;

  private final Lock lock = new ReentrantLock();
  private final boolean bounded;
  private final Semaphore places = new Semaphore(MOST_ON_CPU);

  /** Whether a program over several devices was launched. */
  private volatile boolean several;

  /**
   * None yet.
   *
   * @param cpu whether the devices are those of XLA's CPU client
   */
  public LaunchThrottle(boolean cpu) {
    this.bounded = cpu;
  }

  /** Whether the launch of a program over so many devices wants a place among those under way. */
  public boolean isCounted(int devices) {
    return bounded && (several || devices > 1);
  }

  /**
   * Waits for a place among those that are under way, if they are counted.
   *
   * @return whether {@link #leave} is to be called when the launch is done
   */
  public boolean enter(int devices) {
    if (!isCounted(devices)) {
      return false;
    }
    if (!several) {
      several = true;
    }
    try {
      // Places are left on the common pool, which may be the one that waits here.
      ForkJoinPool.managedBlock(new Place(places));
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException("a wait that nothing interrupts was interrupted", e);
    }
  }

  /** Gives a place back. */
  public void leave() {
    places.release();
  }

  /** Does something while no other launch over several devices begins, and no buffer is deleted. */
  public <T> T alone(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  private static final class Place implements ForkJoinPool.ManagedBlocker {
    private final Semaphore places;
    private boolean taken;

    Place(Semaphore places) {
      this.places = places;
    }

    @Override
    public boolean block() {
      if (!taken) {
        places.acquireUninterruptibly();
        taken = true;
      }
      return true;
    }

    @Override
    public boolean isReleasable() {
      taken = taken || places.tryAcquire();
      return taken;
    }
  }
}
