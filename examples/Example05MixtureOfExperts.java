// The GShard paper's Mixture-of-Experts layer: options in their notation, compiled once, run on
// tokens, and its route.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example05MixtureOfExperts.java
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Moe;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.Tensor;

void main() {
  RouteOptions options = RouteOptions.parse("top2 second=random:0.5 capacity=factor:1");
  MoeSpec spec =
      MoeSpec.builder()
          .groups(2)
          .tokens(16)
          .experts(4)
          .model(8)
          .hidden(32)
          .options(options)
          .randomness(Randomness.seeded(1))
          .build();
  MoeWeights weights = MoeWeights.random(8, 32, 4, 1);
  float[] values = new float[2 * 16 * 8];
  for (int i = 0; i < values.length; i++) {
    values[i] = (i * 7 % 11 - 5) / 16f;
  }
  LocalBackend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
  try (Moe moe = Moe.compile(spec, backend)) {
    Moe.Result result = moe.run(weights, Tensor.of(values, 2, 16, 8));
    IO.println(options);
    IO.println("outputs " + result.outputs().shape() + ", C=" + spec.sizes().capacity());
    IO.println("slots asked for of each expert: " + Arrays.toString(result.asked().toLongArray()));
    IO.println("load-balancing loss: " + Arrays.toString(result.auxLoss().toDoubleArray()));
  }
}
