package io.github.shardsum.pjrt;

import java.util.Set;

/**
 * How a program is run.
 *
 * @param keep arguments, by number from 0, that stay the caller's although the program would take
 *     their memory (donation)
 * @param launchId the same on all processes of a job that run the program together
 */
public record ExecuteOptions(Set<Integer> keep, int launchId) {
  private static final ExecuteOptions DEFAULTS = new ExecuteOptions(Set.of(), 0);

  /** Copies the set. */
  public ExecuteOptions {
    keep = Set.copyOf(keep);
  }

  /**
   * Donates whatever the program takes.
   *
   * @return the defaults
   */
  public static ExecuteOptions defaults() {
    return DEFAULTS;
  }

  boolean isDefault() {
    return launchId == 0 && keep.isEmpty();
  }

  /**
   * The same, keeping some arguments.
   *
   * @param arguments by number from 0
   * @return a copy
   */
  public ExecuteOptions withKeep(Integer... arguments) {
    return new ExecuteOptions(Set.of(arguments), launchId);
  }
}
