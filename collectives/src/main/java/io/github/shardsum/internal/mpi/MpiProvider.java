package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.CollectivesProvider;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.Engine;
import io.github.shardsum.mesh.Mesh;
import java.util.Optional;

/** Devices in the processes of an MPI job. */
public final class MpiProvider implements CollectivesProvider {
  /** For the service loader. */
  public MpiProvider() {}

  @Override
  public String engine() {
    return "mpi";
  }

  @Override
  public Collectives open(Mesh mesh, Optional<Workers> workers, CollectiveOptions options) {
    return Engine.open(mesh, workers, options, MpiTransport.open(options.deadline()));
  }
}
