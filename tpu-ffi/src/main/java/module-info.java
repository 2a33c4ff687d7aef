/** PJRT and StableHLO: the programs on a TPU. */
module io.github.shardsum.tpu {
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;
  requires transitive io.github.shardsum.sharded;

  exports io.github.shardsum.pjrt;
  exports io.github.shardsum.pjrt.backend;
  exports io.github.shardsum.stablehlo;
}
