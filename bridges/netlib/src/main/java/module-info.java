/** The BLAS interface of dev.ludovic.netlib, on the SIMD kernels of Shardsum. */
module io.github.shardsum.netlib {
  requires static org.jspecify;
  requires arpack.combined.all;
  requires transitive dev.ludovic.netlib.blas;
  requires io.github.shardsum.core;

  exports io.github.shardsum.netlib;
}
