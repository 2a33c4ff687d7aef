package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;

/**
 * A client of 8 devices for a test; of a GPU's plugin, of those that there are.
 *
 * @param client closed with this
 */
record OnPlugin(PjrtClient client) implements AutoCloseable {
  static final String ADD =
      "func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %b : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  static OnPlugin of(Path library) {
    return new OnPlugin(RealPlugins.client(library, 8));
  }

  /** A device by its place; the test goes on only if there are so many. */
  PjrtDevice device(int index) {
    RealPlugins.assumeDevices(client, index + 1);
    return client.devices().get(index);
  }

  boolean onCpu() {
    return client.platformName().equals("cpu");
  }

  PjrtBuffer put(float... values) {
    return client.bufferFrom(Tensor.of(values, values.length), device(0));
  }

  @Override
  public void close() {
    client.close();
  }
}
