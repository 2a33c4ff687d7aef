package io.github.shardsum.backend;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.backend.AttentionKernel;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.program.Nested.Composite;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Kernels of composites by the composite's name, for any backend that runs them. Immutable and
 * thread-safe.
 *
 * <p>A composite whose name is not here, or whose factory makes no kernel for its attributes and
 * types, runs as its decomposition: the values are the same, and {@link Executable#explain} has a
 * note.
 */
public final class Kernels {
  private static final Kernels NONE = new Kernels(Map.of());

  private final Map<String, CompositeKernel.Factory> factories;

  private Kernels(Map<String, CompositeKernel.Factory> factories) {
    this.factories = Map.copyOf(factories);
  }

  /**
   * No kernels: every composite runs as its decomposition.
   *
   * @return the kernels
   */
  public static Kernels none() {
    return NONE;
  }

  /**
   * Kernels of attention and of its gradient, which operations of programs make: see {@code
   * ProgramBuilder.attention}.
   *
   * @return the kernels
   */
  public static Kernels ofAttention() {
    return of(
        Map.of(
            AttentionForm.NAME, AttentionKernel::of, AttentionForm.GRADIENT, AttentionKernel::of));
  }

  /**
   * Kernels of one composite.
   *
   * @param composite the composite's name
   * @param factory makes the kernel for its attributes and types
   * @return the kernels
   */
  public static Kernels of(String composite, CompositeKernel.Factory factory) {
    Objects.requireNonNull(composite, "composite");
    return new Kernels(Map.of(composite, Objects.requireNonNull(factory, "factory")));
  }

  /**
   * Kernels of several composites.
   *
   * @param factories the factory of each kernel by the composite's name
   * @return the kernels
   */
  public static Kernels of(Map<String, CompositeKernel.Factory> factories) {
    return new Kernels(Objects.requireNonNull(factories, "factories"));
  }

  /**
   * These kernels and others.
   *
   * @param other the other kernels, which replace kernels of the same name
   * @return the kernels
   */
  public Kernels and(Kernels other) {
    Objects.requireNonNull(other, "other");
    Map<String, CompositeKernel.Factory> all = new TreeMap<>(factories);
    all.putAll(other.factories);
    return new Kernels(all);
  }

  /**
   * Names of the composites.
   *
   * @return the names in order
   */
  public SortedSet<String> names() {
    return new TreeSet<>(factories.keySet());
  }

  /**
   * The source of a composite's kernel.
   *
   * @param name the composite's name
   * @return the factory; empty if there is none
   */
  public Optional<CompositeKernel.Factory> factory(String name) {
    return Optional.ofNullable(factories.get(name));
  }

  /**
   * The kernel of a composite.
   *
   * @param composite the composite
   * @return its kernel; empty runs the decomposition
   */
  public Optional<CompositeKernel> kernel(Composite composite) {
    CompositeKernel.Factory factory = factories.get(composite.name());
    return factory == null ? Optional.empty() : factory.create(composite);
  }

  /**
   * The kernel of a composite with floating-point sums in a given order.
   *
   * @param composite the composite
   * @param sums the order
   * @return its kernel; empty runs the decomposition
   */
  public Optional<CompositeKernel> kernel(Composite composite, SumOrder sums) {
    return kernel(composite).flatMap(kernel -> kernel.in(sums));
  }

  /** The names. */
  @Override
  public String toString() {
    return "kernels of " + names();
  }
}
