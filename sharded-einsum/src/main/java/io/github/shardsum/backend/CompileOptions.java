package io.github.shardsum.backend;

import java.util.OptionalLong;
import java.util.Set;

/**
 * What a program is to be compiled for; an immutable value.
 *
 * @param rematerialized names of values that are computed again where they are needed late, instead
 *     of being kept
 * @param memoryLimit most bytes that a run may hold beside inputs and outputs; more is an error
 *     when the program is compiled
 */
public record CompileOptions(Set<String> rematerialized, OptionalLong memoryLimit) {
  /** Copies the set. */
  public CompileOptions {
    rematerialized = Set.copyOf(rematerialized);
  }

  /**
   * Nothing is rematerialised and memory is not limited.
   *
   * @return the options
   */
  public static CompileOptions defaults() {
    return new CompileOptions(Set.of(), OptionalLong.empty());
  }

  /**
   * The same with values that are rematerialised.
   *
   * @param names names of values
   * @return the options
   */
  public CompileOptions rematerialize(String... names) {
    return new CompileOptions(Set.of(names), memoryLimit);
  }

  /**
   * The same with a memory limit.
   *
   * @param bytes most bytes beside inputs and outputs
   * @return the options
   */
  public CompileOptions withMemoryLimit(long bytes) {
    return new CompileOptions(rematerialized, OptionalLong.of(bytes));
  }
}
