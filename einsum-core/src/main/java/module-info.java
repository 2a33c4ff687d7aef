/** Tensors, files, equations, contraction paths and SIMD kernels. */
module io.github.shardsum.core {
  requires static jdk.incubator.vector;
  requires static org.jspecify;

  exports io.github.shardsum.einsum;
  exports io.github.shardsum.exec;
  exports io.github.shardsum.grouped;
  exports io.github.shardsum.io;
  exports io.github.shardsum.ops;
  exports io.github.shardsum.path;
  exports io.github.shardsum.random;
  exports io.github.shardsum.tensor;
}
