package io.github.shardsum.collective;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import java.util.Optional;

/**
 * Opens the collectives of one engine. {@link Collectives#open(Mesh)} finds the provider through
 * {@link java.util.ServiceLoader} by its name; users of collectives need not know of this
 * interface.
 */
public interface CollectivesProvider {
  /**
   * The engine's name, as the property {@code shardsum.engine} gives it.
   *
   * @return a name in lower case
   */
  String engine();

  /**
   * Opens the engine.
   *
   * @param mesh the mesh
   * @param workers the caller's threads, which are left open; empty for one thread on each
   *     processor; processes that share the processors divide them
   * @param options the options
   * @return the collectives, to be closed
   * @throws IllegalArgumentException if the processes do not divide the devices
   */
  Collectives open(Mesh mesh, Optional<Workers> workers, CollectiveOptions options);
}
