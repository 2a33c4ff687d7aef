package io.github.shardsum.internal.mpi;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes a process out of the job when its JVM ends. It informs the other processes, which then no
 * longer wait for this one, and finalizes MPI after all have ended.
 *
 * <p>After a failure it ends the whole job after a short wait, since a process that is stuck would
 * never end. A JVM may receive a signal to end while its program calls collectives. It then ends
 * with its own status: the program's next collective fails, and the other processes learn that this
 * one has ended.
 */
record FinalizeHook(MpiProcess process) implements Runnable {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Time after a failure in which the others can print their errors. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** Interval at which a process reports that it waits for others to end. */
  private static final long SAY_SO_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Exit status of a job that ends after a failure; 1, as for an uncaught exception. */
  private static final int FAILED = 1;

  @Override
  public void run() {
    boolean broken =
        process.call(
            engine -> {
              engine.leave();
              return engine.job().isBroken();
            });
    long begin = System.nanoTime();
    long sayAt = SAY_SO_NANOS;
    List<String> staying = process.call(engine -> engine.job().staying());
    while (!staying.isEmpty()) {
      long waited = System.nanoTime() - begin;
      if (waited > GRACE_NANOS && process.call(ProgressEngine::isCutOff)) {
        // The others know of the end. An abort would replace this JVM's status with MPI's.
        System.err.println("shardsum: this process ends; still running: " + staying);
        return;
      }
      if (broken && waited > GRACE_NANOS) {
        abort(staying);
        return;
      }
      if (waited > sayAt) {
        sayAt += SAY_SO_NANOS;
        System.err.println("shardsum: the program has ended here, and runs on at " + staying);
      }
      LockSupport.parkNanos(LOOK_NANOS);
      staying = process.call(engine -> engine.job().staying());
    }
    // After a cut MPI is not finalized. The JVM ends at once, before mpirun ends it for the others'
    // failures, so that its own status is seen.
    if (!process.call(ProgressEngine::isCutOff)) {
      finish(broken ? GRACE_NANOS : Long.MAX_VALUE);
    }
  }

  /**
   * Ends MPI. After a failure, MPI calls that never return may prevent this; then MPI is not
   * finalized.
   */
  private void finish(long limitNanos) {
    CountDownLatch done = new CountDownLatch(1);
    process.post(
        engine -> {
          engine.job().finish();
          engine.finish();
          done.countDown();
        });
    try {
      if (!done.await(limitNanos, TimeUnit.NANOSECONDS)) {
        System.err.println(
            "shardsum: MPI cannot be finalized after a failure; this process ends without it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void abort(List<String> staying) {
    System.err.println("shardsum: ends the job after a failure; still running: " + staying);
    process.call(
        engine -> {
          engine.job().mpi().abort(FAILED);
          return true;
        });
  }
}
