package io.github.shardsum.testsupport;

import java.util.Locale;

/**
 * The depth of the tests, from the system property {@code shardsum.test.depth}: {@code short} in
 * {@code mvn verify}, {@code full} in the deep profile of einsum-core and perf and wherever the
 * property is not set, {@code exhaustive} in the exhaustive profile.
 */
public enum TestDepth {
  /** The depth for a user who waits for the result. */
  SHORT,
  /** The depth of CI's runs at every vector width, and of its runs of commands. */
  FULL,
  /** The depth that CI runs once. */
  EXHAUSTIVE;

  private static final TestDepth CURRENT =
      valueOf(System.getProperty("shardsum.test.depth", "full").toUpperCase(Locale.ROOT));

  private static final long ROTATION = Long.getLong("shardsum.test.rotation", 0);

  /** Distance between the first seeds of two rotations, so that they share no seed. */
  private static final long BETWEEN_ROTATIONS = 10_000_019;

  /**
   * Returns the depth of this run.
   *
   * @return the depth
   */
  public static TestDepth current() {
    return CURRENT;
  }

  /**
   * Returns the number of cases of this run.
   *
   * @param shortly the number of cases at the short depth
   * @param fully the number at the full depth
   * @param exhaustively the number at the exhaustive depth
   * @return the number for the depth of this run
   */
  public static int cases(int shortly, int fully, int exhaustively) {
    return switch (CURRENT) {
      case SHORT -> shortly;
      case FULL -> fully;
      case EXHAUSTIVE -> exhaustively;
    };
  }

  /**
   * Returns the first seed of this run. The exhaustive depth tries different cases in each
   * rotation. Maven's {@code -Dtests.rotation=N} sets the rotation; CI derives it from the calendar
   * week.
   *
   * @param fixed the first seed of the other depths
   * @return the first seed of this run
   */
  public static long seed(long fixed) {
    return CURRENT == EXHAUSTIVE ? fixed + ROTATION * BETWEEN_ROTATIONS : fixed;
  }
}
