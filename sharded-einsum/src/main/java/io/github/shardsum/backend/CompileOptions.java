package io.github.shardsum.backend;

import io.github.shardsum.einsum.SumOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

/** Options of compiling a program; an immutable value. */
public final class CompileOptions {
  private final Set<String> rematerialized;
  private final OptionalLong memoryLimit;
  private final boolean profiled;
  private final SumOrder sums;

  private CompileOptions(
      Set<String> rematerialized, OptionalLong memoryLimit, boolean profiled, SumOrder sums) {
    Objects.requireNonNull(sums, "sums");
    rematerialized = Set.copyOf(rematerialized);
    this.rematerialized = rematerialized;
    this.memoryLimit = memoryLimit;
    this.profiled = profiled;
    this.sums = sums;
  }

  /**
   * Nothing is rematerialised, memory is not limited, nothing is measured, and sums are added in
   * the fastest order.
   *
   * @return the options
   */
  public static CompileOptions defaults() {
    return new CompileOptions(Set.of(), OptionalLong.empty(), false, SumOrder.FASTEST);
  }

  /**
   * The same options with values that are rematerialised.
   *
   * @param names names of values
   * @return the options
   */
  public CompileOptions rematerialize(String... names) {
    return new CompileOptions(Set.copyOf(Arrays.asList(names)), memoryLimit, profiled, sums);
  }

  /**
   * The same options with a memory limit.
   *
   * @param bytes the most bytes, without inputs and outputs
   * @return the options
   */
  public CompileOptions withMemoryLimit(long bytes) {
    return new CompileOptions(rematerialized, OptionalLong.of(bytes), profiled, sums);
  }

  /**
   * The same options with runs that measure their steps, at about 50 ns a step.
   *
   * @return the options
   */
  public CompileOptions withProfile() {
    return new CompileOptions(rematerialized, memoryLimit, true, sums);
  }

  /**
   * The same options with results that have the same bits on every mesh, engine, number of threads
   * and vector width, the local backend included, on any data: sums follow {@link SumOrder#TREE}.
   *
   * <p>On a mesh a contracted label is split only into whole subtrees of that tree. All other
   * operations that round a sum are computed where its label is whole. A product with a one-hot
   * gathers rows, or adds rows in the order of the tree; the bits are those of the product with all
   * elements of the one-hot. The zeros of a one-hot spread a NaN or an infinity of the other
   * operand. If the other operand has such an element, the run computes the product with all
   * elements, in memory that no plan and no limit counts. Values that are computed from one-hots
   * are not shortened in this way: all their elements are computed. A composite runs by a kernel
   * that keeps the order ({@link CompositeKernel#in}), otherwise by its decomposition. For a NaN,
   * an infinity or products that underflow, such a kernel may run the decomposition, also in memory
   * that no plan counts.
   *
   * @return the options
   */
  public CompileOptions withReproducible() {
    return withSums(SumOrder.TREE);
  }

  /**
   * The same options with an order of sums; {@link #withReproducible} with another leaf, for tests.
   *
   * @param order the order
   * @return the options
   */
  public CompileOptions withSums(SumOrder order) {
    return new CompileOptions(rematerialized, memoryLimit, profiled, order);
  }

  /**
   * {@return names of values that are computed again where they are needed late, instead of being
   * kept}
   */
  public Set<String> rematerialized() {
    return rematerialized;
  }

  /**
   * {@return the most bytes that a run may hold, without inputs and outputs; more is an error when
   * the program is compiled}
   */
  public OptionalLong memoryLimit() {
    return memoryLimit;
  }

  /** {@return whether runs measure their steps, see {@link Executable#profile}} */
  public boolean profiled() {
    return profiled;
  }

  /** {@return the order of floating-point sums} */
  public SumOrder sums() {
    return sums;
  }

  private List<Object> values() {
    return List.of(rematerialized, memoryLimit, profiled, sums);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CompileOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "CompileOptions" + values();
  }
}
