/** PJRT and StableHLO: the programs on a TPU. */
module io.github.shardsum.tpu {
  requires static org.jspecify;
  requires transitive io.github.shardsum.sharded;
}
