/** Routers, the Mixture-of-Experts layer and its metrics. */
module io.github.shardsum.moe {
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;
  requires transitive io.github.shardsum.sharded;

  exports io.github.shardsum.moe;
  exports io.github.shardsum.moe.model;
  exports io.github.shardsum.moe.train;
}
