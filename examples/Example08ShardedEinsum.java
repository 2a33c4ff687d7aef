// The paper's dispatch over a mesh: planned, explained, certified, and run on eight devices in this
// process.
// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp 'lib/*'
// Example08ShardedEinsum.java
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.ShardedEinsum;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

void main() {
  String dispatch = "G@x S E C, G@x S M -> E@x G C M";
  Shape maskShape = Shape.of(8, 4, 8, 2);
  Shape tokenShape = Shape.of(8, 4, 16);
  try (ShardedEinsum einsum =
      ShardedEinsum.compile(dispatch, Mesh.parse("x=8"), maskShape, tokenShape)) {
    IO.println(einsum.plan());
    Tensor mask = numbers(8 * 4 * 8 * 2).reshape(8, 4, 8, 2);
    Tensor tokens = numbers(8 * 4 * 16).reshape(8, 4, 16);
    Tensor sharded = einsum.run(mask, tokens);
    Tensor whole = Einsum.einsum("GSEC,GSM->EGCM", mask, tokens);
    IO.println("equal: " + Arrays.equals(sharded.toFloatArray(), whole.toFloatArray()));
  }
}

Tensor numbers(int count) {
  float[] values = new float[count];
  for (int i = 0; i < count; i++) {
    values[i] = i % 7 - 3;
  }
  return Tensor.of(values, count);
}
