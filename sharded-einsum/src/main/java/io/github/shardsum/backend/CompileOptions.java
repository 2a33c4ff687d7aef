package io.github.shardsum.backend;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Options of compiling a program; an immutable value.
 *
 * @param rematerialized names of values that are computed again where they are needed late, instead
 *     of being kept
 * @param memoryLimit most bytes that a run may hold, without inputs and outputs; more is an error
 *     when the program is compiled
 * @param profiled whether runs measure their steps, see {@link Executable#profile}
 */
public record CompileOptions(
    Set<String> rematerialized, OptionalLong memoryLimit, boolean profiled) {
  /** Copies the set. */
  public CompileOptions {
    rematerialized = Set.copyOf(rematerialized);
  }

  /**
   * Nothing is rematerialised, memory is not limited and nothing is measured.
   *
   * @return the options
   */
  public static CompileOptions defaults() {
    return new CompileOptions(Set.of(), OptionalLong.empty(), false);
  }

  /**
   * The same with values that are rematerialised.
   *
   * @param names names of values
   * @return the options
   */
  public CompileOptions rematerialize(String... names) {
    return new CompileOptions(Set.copyOf(Arrays.asList(names)), memoryLimit, profiled);
  }

  /**
   * The same with a memory limit.
   *
   * @param bytes most bytes, without inputs and outputs
   * @return the options
   */
  public CompileOptions withMemoryLimit(long bytes) {
    return new CompileOptions(rematerialized, OptionalLong.of(bytes), profiled);
  }

  /**
   * The same with runs that measure their steps, at about 50 ns a step.
   *
   * @return the options
   */
  public CompileOptions withProfile() {
    return new CompileOptions(rematerialized, memoryLimit, true);
  }
}
