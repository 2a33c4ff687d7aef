package io.github.shardsum.internal.pjrt.host;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Orders and limits the launches of one client. Safe for use by many threads at once.
 *
 * <p>One program is launched at a time, so that all devices have the same order, and so that no
 * argument is donated between its check and the launch; if one device refused an argument, the
 * others would wait for that device. XLA's CPU client runs up to 32 programs at the same time on a
 * device. If there are more, and some run over several devices, they may wait for each other until
 * the process is ended after 40 s. The running programs of a CPU client are therefore counted,
 * beginning with the first program over several devices.
 */
public final class LaunchThrottle {
  /**
   * Half of the limit of XLA's CPU client, since some programs were launched before counting began.
   */
  public static final int MOST_ON_CPU = 16;

  private final Lock lock = new ReentrantLock();
  private final boolean bounded;
  private final Semaphore places = new Semaphore(MOST_ON_CPU);

  /** Whether a program over several devices was launched. */
  private volatile boolean several;

  /**
   * A throttle without launches.
   *
   * @param cpu whether the devices are those of XLA's CPU client
   */
  public LaunchThrottle(boolean cpu) {
    this.bounded = cpu;
  }

  /** Whether the launch of a program over a number of devices needs a place. */
  public boolean isCounted(int devices) {
    return bounded && (several || devices > 1);
  }

  /**
   * Waits for a place among the running programs, if these are counted.
   *
   * @return whether the caller must call {@link #leave} when the launch is done
   */
  public boolean enter(int devices) {
    if (!isCounted(devices)) {
      return false;
    }
    if (!several) {
      several = true;
    }
    try {
      // Places are given back on threads of the common pool, which may themselves be waiting here.
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

  /** Runs an action while no other launch over several devices begins and no buffer is deleted. */
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
