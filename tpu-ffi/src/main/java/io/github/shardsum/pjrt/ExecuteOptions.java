package io.github.shardsum.pjrt;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Options of a run. */
public final class ExecuteOptions {
  private static final ExecuteOptions DEFAULTS = new ExecuteOptions(Set.of(), 0);

  private final Set<Integer> keep;
  private final int launchId;

  private ExecuteOptions(Set<Integer> keep, int launchId) {
    keep = Set.copyOf(keep);
    if (keep.stream().anyMatch(argument -> argument < 0)) {
      throw new IllegalArgumentException(
          "keep: expected numbers of arguments from 0 on, got " + keep);
    }
    this.keep = keep;
    this.launchId = launchId;
  }

  /**
   * The options that keep no argument: a run donates all arguments that the program may take.
   *
   * @return the defaults
   */
  public static ExecuteOptions defaults() {
    return DEFAULTS;
  }

  /**
   * The same options, which keep some arguments.
   *
   * @param arguments numbers of the arguments, from 0; a number may occur twice
   * @return a copy
   * @throws IllegalArgumentException if a number is negative
   */
  public ExecuteOptions withKeep(Integer... arguments) {
    return new ExecuteOptions(new HashSet<>(Arrays.asList(arguments)), launchId);
  }

  /** {@return arguments, by number from 0, whose memory the program may not take (no donation)} */
  public Set<Integer> keep() {
    return keep;
  }

  /** {@return a number that is the same on all processes of a job that run the program together} */
  public int launchId() {
    return launchId;
  }

  private List<Object> values() {
    return List.of(keep, launchId);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExecuteOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "ExecuteOptions" + values();
  }
}
