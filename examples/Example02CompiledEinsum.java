// Compiled once, run many times: into your own array, on several threads, with a bias and a relu in
// the same pass.
// java --add-modules jdk.incubator.vector -cp shardsum-core.jar Example02CompiledEinsum.java
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

void main() {
  try (Workers workers = Workers.of(2)) {
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    Einsum layer =
        Einsum.compile("bm,mh->bh", options, DType.F32, Shape.of(64, 128), Shape.of(128, 256));
    IO.println(layer.explain());
    float[] hidden = new float[64 * 256];
    Tensor x = Tensor.of(filled(64 * 128), 64, 128);
    Tensor w = Tensor.of(filled(128 * 256), 128, 256);
    for (int step = 0; step < 3; step++) {
      layer.runInto(Tensor.of(hidden, 64, 256), x, w);
    }
    IO.println("first of 64 x 256: " + hidden[0]);
  }
}

float[] filled(int length) {
  float[] values = new float[length];
  for (int i = 0; i < length; i++) {
    values[i] = (i * 7 % 11 - 5) / 16f;
  }
  return values;
}
