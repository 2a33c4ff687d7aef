// The Mixture-of-Experts layer on eight devices with the annotations of the GShard paper's
// Algorithm 2: its collectives, the plan certified, and the outputs of one device.
// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp 'lib/*'
// Example10MoeOnMesh.java
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.*;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.*;
import io.github.shardsum.moe.train.*;
import io.github.shardsum.partition.*;
import io.github.shardsum.program.*;
import io.github.shardsum.tensor.*;

void main() {
  RouteOptions options = RouteOptions.parse("top2 second=random:0.5 capacity=factor:1");
  MoeSizes sizes = MoeSizes.of(8, 16, 8, 8, 32, options); // G=8 S=16 E=8 M=8 H=32
  Program layer = MoePrograms.layer(MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(1)));
  Mesh mesh = Mesh.parse("x=8");
  Map<String, String> layouts = new HashMap<>(TrainingLayouts.ofSlots(MeshAxes.of(mesh)));
  layouts.putAll(Map.of("inputs", "G@x", "outputs", "G@x"));
  Program annotated = Annotations.of(layouts).apply(layer);
  List<Tensor> inputs = layer.inputs().stream().map(value -> numbers(value.type())).toList();
  var kernels = MoePrograms.kernels();
  try (Collectives collectives = Collectives.open(mesh);
      var onMesh = MeshBackend.of(collectives, kernels, PlanOptions.defaults()).compile(annotated);
      var onOne = LocalBackend.of(Workers.sequential(), kernels).compile(layer)) {
    onMesh.plan().plan().steps().stream()
        .filter(step -> step.action().isCollective())
        .forEach(step -> IO.println(step.action().op() + " gives " + step.result()));
    IO.println(onMesh.plan().certify());
    float[] sharded = onMesh.run(inputs).getFirst().toFloatArray();
    IO.println("equal: " + Arrays.equals(sharded, onOne.run(inputs).getFirst().toFloatArray()));
  }
}

Tensor numbers(ValueType type) {
  float[] values = new float[(int) type.shape().elementCount()];
  IntStream.range(0, values.length).forEach(i -> values[i] = (i * 7 % 11 - 5) / 16f);
  return Tensor.of(values, type.shape().toArray());
}
