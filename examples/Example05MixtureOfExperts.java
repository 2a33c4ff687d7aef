// The GShard paper's Mixture-of-Experts layer: options in their notation, compiled once, run on
// tokens, and its route.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example05MixtureOfExperts.java
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Moe;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

void main() {
  RouteOptions options = RouteOptions.parse("top2 second=random:0.5 capacity=factor:1");
  MoeSizes sizes = MoeSizes.of(2, 16, 4, 8, 32, options); // G=2 S=16 E=4 M=8 H=32
  MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(1));
  MoeWeights weights = MoeWeights.random(8, 32, 4, 1);
  float[] values = new float[2 * 16 * 8];
  for (int i = 0; i < values.length; i++) {
    values[i] = (i * 7 % 11 - 5) / 16f;
  }
  LocalBackend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
  try (Moe moe = Moe.compile(spec, backend)) {
    Moe.Result result = moe.run(weights, Tensor.of(values, 2, 16, 8));
    IO.println(options);
    IO.println("outputs " + result.outputs().shape() + ", C=" + sizes.capacity());
    IO.println("slots asked for of each expert: " + Arrays.toString(result.asked().toLongArray()));
    IO.println("load-balancing loss: " + Arrays.toString(result.auxLoss().toDoubleArray()));
  }
}
