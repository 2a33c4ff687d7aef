// The Mixture-of-Experts layer of the GShard paper: top-2 routing, 4 experts, compiled for the local backend.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example05MoeLayer.java
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Moe;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.Tensor;

void main() {
  RouteOptions route = RouteOptions.parse("top2 second=all");
  MoeWeights weights = MoeWeights.random(16, 32, 4, 7);
  float[] values = new float[2 * 8 * 16];
  for (int i = 0; i < values.length; i++) {
    values[i] = (i * 37 % 101 - 50) / 50f;
  }
  Tensor tokens = Tensor.of(values, 2, 8, 16);
  MoeSpec spec = MoeSpec.of(MoeSizes.of(tokens, weights, route), tokens.dtype(), route, Randomness.seeded(7));
  LocalBackend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
  try (Moe layer = Moe.compile(spec, backend)) {
    Moe.Result result = layer.run(weights, tokens);
    IO.println("outputs " + result.outputs().shape());
    IO.println("asked of each expert " + result.asked());
    IO.println("without a slot " + result.overflow());
    IO.println("auxiliary loss " + result.auxLoss());
  }
}
