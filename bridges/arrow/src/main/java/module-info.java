/** Tensors over Arrow vectors and back, without a copy. */
module io.github.shardsum.arrow {
  requires static org.jspecify;
  requires transitive io.github.shardsum.core;
  requires transitive org.apache.arrow.memory.core;
  requires transitive org.apache.arrow.vector;

  exports io.github.shardsum.arrow;
}
