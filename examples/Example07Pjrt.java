// StableHLO on a device with a PJRT plugin: the file in TPU_LIBRARY_PATH, or what to install.
// java --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -cp 'lib/*'
// Example07Pjrt.java
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.tensor.Tensor;

void main() {
  String library = System.getenv("TPU_LIBRARY_PATH");
  if (library == null) {
    IO.println("no plugin: set TPU_LIBRARY_PATH to a PJRT plugin's file, as docs/tpu.md says");
    return;
  }
  String doubled =
      """
      func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
        %0 = stablehlo.add %x, %x : tensor<3xf32>
        return %0 : tensor<3xf32>
      }
      """;
  try (PjrtClient client = PjrtPlugin.open(Path.of(library)).createClient();
      PjrtLoadedExecutable program = client.compile(doubled, PjrtCompileOptions.defaults());
      PjrtBuffer x =
          client.bufferFrom(
              Tensor.of(new float[] {1, 2, 3}, 3), client.addressableDevices().getFirst());
      PjrtBuffer y = program.run(x).getFirst()) {
    IO.println(Arrays.toString(y.toTensor().toFloatArray()));
  }
}
