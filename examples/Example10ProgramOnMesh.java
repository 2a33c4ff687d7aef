// Experts on eight devices: two annotations, the plan that follows, certified, and the same bits.
// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp 'lib/*'
// Example10ProgramOnMesh.java
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.*;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.*;
import io.github.shardsum.tensor.Tensor;

void main() {
  Program program =
      Program.parse(
          """
          program experts {
            input mask: f32[G=8 S=4 E=8 C=2]
            input tokens: f32[G=8 S=4 M=16]
            input wi: f32[E=8 M=16 H=32]
            dispatched = einsum(mask, tokens) {equation="G S E C, G S M -> E G C M"}
            hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
            outputs = einsum(mask, hidden) {equation="G S E C, E G C H -> G S H"}
            output outputs
          }
          """);
  Map<String, String> layouts = Map.of("dispatched", "E@x", "outputs", "G@x");
  Program annotated = Annotations.of(layouts).apply(program);
  List<Tensor> inputs = List.of(numbers(8, 4, 8, 2), numbers(8, 4, 16), numbers(8, 16, 32));
  try (Collectives collectives = Collectives.open(Mesh.parse("x=8"));
      MeshExecutable onMesh = MeshBackend.of(collectives).compile(annotated);
      var onOne = LocalBackend.of(Workers.sequential()).compile(program)) {
    IO.println(onMesh.plan() + "\n" + onMesh.plan().certify());
    float[] sharded = onMesh.run(inputs).getFirst().toFloatArray();
    IO.println("equal: " + Arrays.equals(sharded, onOne.run(inputs).getFirst().toFloatArray()));
  }
}

Tensor numbers(int... shape) {
  float[] values = new float[IntStream.of(shape).reduce(1, (a, b) -> a * b)];
  IntStream.range(0, values.length).forEach(i -> values[i] = i % 7 - 3);
  return Tensor.of(values, IntStream.of(shape).asLongStream().toArray());
}
