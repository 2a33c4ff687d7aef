package io.github.shardsum.measure;

import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Bytes of all reachable objects, by the JVM's histogram of classes after a collection. Used bytes
 * of the heap depend on the collector: G1 gives an array of 8 MiB whole regions, up to half as much
 * again.
 */
public final class ReachableBytes {
  /** Smaller differences are the JVM's own. */
  public static final long LITTLE = 10_000;

  private static final int MOST_COLLECTIONS = 20;

  /** Collections in a row that free little. */
  private static final int QUIET_COLLECTIONS = 2;

  private static final long PAUSE_NANOS = 10_000_000;

  /**
   * Classes of the objects with which collectors fill gaps; no reference leads to such an object.
   */
  private static final String FILLERS = "jdk.internal.vm.Filler";

  private static final int BYTES = 2;
  private static final int NAME = 3;

  private ReachableBytes() {}

  /**
   * Bytes of objects when further collections free none. It takes several, since cleaners run after
   * a collection.
   *
   * @return the bytes
   * @throws IllegalStateException if this JVM has no histogram of classes
   */
  public static long live() {
    long least = Long.MAX_VALUE;
    int quiet = 0;
    for (int i = 0; i < MOST_COLLECTIONS && quiet < QUIET_COLLECTIONS; i++) {
      long now = now();
      LockSupport.parkNanos(PAUSE_NANOS);
      quiet = now > least - LITTLE ? quiet + 1 : 0;
      least = Math.min(least, now);
    }
    return least;
  }

  /**
   * Bytes of objects after one collection.
   *
   * @return the bytes
   * @throws IllegalStateException if this JVM has no histogram of classes
   */
  public static long now() {
    try {
      return of(
          String.valueOf(
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "gcClassHistogram",
                      new Object[] {new String[0]},
                      new String[] {String[].class.getName()})));
    } catch (JMException e) {
      throw new IllegalStateException("memory: this JVM has no histogram of classes", e);
    }
  }

  /**
   * Bytes of a histogram's objects.
   *
   * @param histogram one line for each class with its rank, its objects, its bytes and its name;
   *     then the total
   */
  static long of(String histogram) {
    long bytes = 0;
    boolean hasTotal = false;
    for (String line : histogram.lines().toList()) {
      String[] cells = line.strip().split(" +", -1);
      if (cells[0].equals("Total")) {
        bytes += Long.parseLong(cells[BYTES]);
        hasTotal = true;
      } else if (cells.length > NAME && cells[NAME].contains(FILLERS)) {
        bytes -= Long.parseLong(cells[BYTES]);
      }
    }
    if (!hasTotal) {
      throw new IllegalStateException("memory: the histogram has no total");
    }
    return bytes;
  }
}
