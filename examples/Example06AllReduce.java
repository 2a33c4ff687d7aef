// Eight devices on a mesh in this process: each adds up its values with those along one axis, as
// code for one device.
// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp 'lib/*'
// Example06AllReduce.java
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;

void main() {
  Mesh mesh = Mesh.parse("x=2 y=4");
  IO.println(mesh);
  try (Collectives collectives = Collectives.open(mesh)) {
    List<Tensor> sums =
        collectives.spmd(
            device -> {
              Tensor own = Tensor.of(new float[] {device.id(), 1}, 2);
              return device.allReduce(own, Reduction.SUM, "y");
            });
    for (int device = 0; device < mesh.size(); device++) {
      IO.println("device " + device + " " + Arrays.toString(sums.get(device).toFloatArray()));
    }
  }
}
