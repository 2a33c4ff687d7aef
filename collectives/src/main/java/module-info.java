/** Mesh, device groups and collectives, in process and over MPI. */
module io.github.shardsum.collectives {
  requires static jdk.incubator.vector;
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;

  uses io.github.shardsum.collective.CollectivesProvider;

  provides io.github.shardsum.collective.CollectivesProvider with
      io.github.shardsum.internal.engine.LocalProvider,
      io.github.shardsum.internal.mpi.MpiProvider;

  exports io.github.shardsum.collective;
  exports io.github.shardsum.mesh;
  exports io.github.shardsum.topology;
}
