package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.CollectivesProvider;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.transfer.LocalTransport;
import io.github.shardsum.mesh.Mesh;
import java.util.Optional;

/** All devices in this process. */
public final class LocalProvider implements CollectivesProvider {
  /** For the service loader. */
  public LocalProvider() {}

  @Override
  public String engine() {
    return "local";
  }

  @Override
  public Collectives open(Mesh mesh, Optional<Workers> workers, CollectiveOptions options) {
    return Engine.open(mesh, workers, options, new LocalTransport());
  }
}
