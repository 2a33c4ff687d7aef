/** Mesh, device groups and collectives, in process and over MPI. */
module io.github.shardsum.collectives {
  requires static jdk.incubator.vector;
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;

  exports io.github.shardsum.collective;
  exports io.github.shardsum.mesh;
  exports io.github.shardsum.topology;
}
