// Principal components of points by the SVD, over EJML: shardsum-ejml.
// java --add-modules jdk.incubator.vector -cp "shardsum-core.jar:shardsum-ejml.jar:ejml/*"
// Example12PrincipalComponents.java
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.ejml.LinearAlgebra;
import io.github.shardsum.ejml.Svd;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

void main() {
  // A thousand points near a plane in five dimensions.
  Tensor plane = Sampler.of(1).normal(DType.F64, 2, 5);
  Tensor places = Sampler.of(2).normal(DType.F64, 1000, 2);
  Tensor noise = Elementwise.multiply(Sampler.of(3).normal(DType.F64, 1000, 5), 0.01);
  Tensor points = Elementwise.add(Einsum.einsum("nk,kd->nd", places, plane), noise);

  Tensor centred = Elementwise.subtract(points, Reductions.mean(points, Axes.of(0).kept()));
  Svd svd = LinearAlgebra.svd(centred);
  Tensor variances = Elementwise.divide(Elementwise.multiply(svd.s(), svd.s()), 999);
  Tensor shares = Elementwise.divide(variances, Reductions.sum(variances));
  Tensor two = Einsum.einsum("nd,kd->nk", centred, svd.vt().slice(0, 0, 2));
  IO.println("share of each component: " + shares);
  IO.println("points in the plane: " + two.description());
}
