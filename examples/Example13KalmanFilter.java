// A Kalman filter for many tracks at once, over EJML: shardsum-ejml.
// java --add-modules jdk.incubator.vector -cp "shardsum-core.jar:shardsum-ejml.jar:ejml/*"
// Example13KalmanFilter.java
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.ejml.LinearAlgebra;
import io.github.shardsum.ops.Creation;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

void main() {
  int tracks = 8;
  Tensor f = Tensor.of(new double[][] {{1, 1}, {0, 1}}); // place += speed
  Tensor h = Tensor.of(new double[][] {{1, 0}}); // the place is seen
  Tensor q = Tensor.of(new double[][] {{1e-6, 0}, {0, 1e-6}});
  Tensor r = Tensor.of(new double[][] {{0.25}});
  Tensor eye = Creation.eye(DType.F64, 2);
  Tensor noise = Sampler.of(7).normal(DType.F64, 100, tracks);

  Tensor x = Tensor.zeros(DType.F64, tracks, 2);
  Tensor p = Elementwise.multiply(eye.broadcastTo(Shape.of(tracks, 2, 2)), 100);
  for (int t = 1; t <= 100; t++) {
    x = Einsum.einsum("ij,tj->ti", f, x);
    p = Elementwise.add(Einsum.einsum("ij,tjk,lk->til", f, p, f), q);

    // Track i moves at speed i; what is seen is its place, with noise.
    Tensor seen = Elementwise.multiply(Creation.arange(DType.F64, tracks), t);
    seen = Elementwise.add(seen, Elementwise.multiply(noise.select(0, t - 1), 0.5)).expand(1);
    Tensor innovation = Elementwise.subtract(seen, Einsum.einsum("oj,tj->to", h, x));
    Tensor s = Elementwise.add(Einsum.einsum("oj,tjk,pk->top", h, p, h), r);
    // The gain k = p h^T s^-1, from s k^T = h p.
    Tensor k = LinearAlgebra.solve(s, Einsum.einsum("oj,tjk->tok", h, p));
    x = Elementwise.add(x, Einsum.einsum("toi,to->ti", k, innovation));
    Tensor kept = Elementwise.subtract(eye, Einsum.einsum("toi,oj->tij", k, h));
    p = Einsum.einsum("tij,tjk->tik", kept, p);
  }
  IO.println("speeds of eight tracks: " + x.select(1, 1));
}
