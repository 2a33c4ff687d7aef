package io.github.shardsum.internal.local;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Kernels of composites by name; immutable.
 *
 * @param factories one a name
 */
public record LocalKernels(Map<String, CompositeKernel.Factory> factories) {
  /** Copies the map. */
  public LocalKernels {
    factories = Map.copyOf(factories);
  }

  /**
   * These kernels and another.
   *
   * @param name the composite's name
   * @param factory makes its kernel
   * @return the kernels
   */
  public LocalKernels with(String name, CompositeKernel.Factory factory) {
    Map<String, CompositeKernel.Factory> more = new HashMap<>(factories);
    more.put(name, factory);
    return new LocalKernels(more);
  }

  /**
   * The kernel of a composite.
   *
   * @param composite the composite
   * @return its kernel, if there is one
   */
  public Optional<CompositeKernel> of(Composite composite) {
    CompositeKernel.Factory factory = factories.get(composite.name());
    return factory == null ? Optional.empty() : factory.create(composite);
  }

  /**
   * Whether all composites of a program have kernels.
   *
   * @param program the program
   * @return true if nothing is left to decompose
   */
  public boolean coverAll(Program program) {
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Composite composite && of(composite).isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
