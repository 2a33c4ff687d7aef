/** Programs, layouts, propagation and the SPMD partitioner. */
module io.github.shardsum.sharded {
  requires static org.jspecify;
  requires transitive io.github.shardsum.collectives;
  requires transitive io.github.shardsum.core;

  exports io.github.shardsum.assign;
  exports io.github.shardsum.auto;
  exports io.github.shardsum.backend;
  exports io.github.shardsum.backend.mesh;
  exports io.github.shardsum.layout;
  exports io.github.shardsum.partition;
  exports io.github.shardsum.picture;
  exports io.github.shardsum.program;
  exports io.github.shardsum.propagation;
}
