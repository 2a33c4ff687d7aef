/**
 * Tensors, files, equations, contraction paths and SIMD kernels.
 *
 * <pre>{@code
 * Tensor a = Tensor.of(new float[][] {{1, 2}, {3, 4}});
 * Tensor product = Einsum.einsum("ij,jk->ik", a, a); // f32[2, 2]: 7 10, 15 22
 * Tensor shares = Reductions.softmax(Elementwise.add(product, 1), -1);
 * }</pre>
 *
 * @since 0.1.0
 */
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
