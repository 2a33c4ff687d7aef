/** Tensors as DLPack structs and back, without a copy. */
module io.github.shardsum.dlpack {
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;

  exports io.github.shardsum.dlpack;
}
