package io.github.shardsum.cli.common;

import java.util.List;

/** Long lists in messages. */
public final class Abbreviation {
  private static final int MOST_NAMED = 20;

  private Abbreviation() {}

  /** A list as text, of a long one the beginning. */
  public static String list(List<?> all) {
    return all.size() <= MOST_NAMED
        ? all.toString()
        : all.subList(0, MOST_NAMED) + " and " + (all.size() - MOST_NAMED) + " more";
  }
}
