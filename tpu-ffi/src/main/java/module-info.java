/** PJRT and StableHLO: programs on TPUs and on other devices with a PJRT plugin. */
module io.github.shardsum.tpu {
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;
  requires transitive io.github.shardsum.sharded;

  exports io.github.shardsum.pjrt;
  exports io.github.shardsum.pjrt.backend;
  exports io.github.shardsum.stablehlo;
}
