package io.github.shardsum.internal.pjrt.backend;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.Sharding;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A program that a plugin compiled, and the distribution of whole tensors to its devices. */
public final class CompiledProgram implements AutoCloseable {
  private final PjrtClient client;
  private final StableHlo module;
  private final PjrtLoadedExecutable loaded;
  private final List<Sharding> shardings;
  private final long peakBytes;

  public CompiledProgram(PjrtClient client, StableHlo module, PjrtLoadedExecutable loaded) {
    this.client = client;
    this.module = module;
    this.loaded = loaded;
    this.shardings =
        module.inputLayouts().stream()
            .map(
                layout ->
                    module
                        .mesh()
                        .map(mesh -> sharding(layout, mesh))
                        .orElseGet(() -> Sharding.replicated(1)))
            .toList();
    this.peakBytes = peakBytes(module, loaded);
  }

  private static Sharding sharding(Term layout, Mesh mesh) {
    List<Integer> tiles = layout.axes().stream().map(axis -> mesh.size(axis.mesh())).toList();
    List<List<Integer>> devices = new ArrayList<>();
    int count = tiles.stream().reduce(1, Math::multiplyExact);
    if (count == 1) {
      return Sharding.replicated(mesh.size());
    }
    for (int tile = 0; tile < count; tile++) {
      devices.add(new ArrayList<>());
    }
    List<String> names = layout.axes().stream().flatMap(axis -> axis.mesh().stream()).toList();
    for (int device = 0; device < mesh.size(); device++) {
      devices.get(mesh.part(names, device)).add(device);
    }
    return new Sharding(tiles, devices);
  }

  /**
   * The plugin's figure of memory. If there is none, the bytes of all values, as if each were kept
   * to the end.
   */
  private static long peakBytes(StableHlo module, PjrtLoadedExecutable loaded) {
    try {
      return loaded.executable().memory().temporary();
    } catch (PjrtException none) {
      double bytes = 0;
      for (Statement statement : module.program().statements()) {
        for (Value result : statement.results()) {
          bytes += result.type().bytes();
        }
      }
      return (long) bytes;
    }
  }

  public long peakBytes() {
    return peakBytes;
  }

  /** Enqueues a run. Returns the results of the first device, which has each output whole. */
  List<PjrtBuffer> launch(List<Tensor> inputs) {
    List<PjrtDevice> devices = loaded.devices();
    List<List<PjrtBuffer>> rows = new ArrayList<>();
    devices.forEach(_ -> rows.add(new ArrayList<>()));
    try {
      for (int i = 0; i < inputs.size(); i++) {
        List<Tensor> parts = shardings.get(i).split(inputs.get(i), devices.size());
        for (int device = 0; device < devices.size(); device++) {
          rows.get(device).add(client.bufferFrom(parts.get(device), devices.get(device)));
        }
      }
      List<List<PjrtBuffer>> results = loaded.launch(rows, ExecuteOptions.defaults());
      results.subList(1, results.size()).forEach(CompiledProgram::close);
      return results.getFirst();
    } finally {
      rows.forEach(CompiledProgram::close);
    }
  }

  static void close(List<PjrtBuffer> buffers) {
    buffers.forEach(PjrtBuffer::close);
  }

  String explain() {
    return String.format(
        Locale.ROOT,
        "pjrt: %s, %s, %d devices, %d bytes a device without inputs and outputs%n%s",
        client.plugin(),
        client.platformName(),
        loaded.devices().size(),
        peakBytes,
        module.text());
  }

  @Override
  public void close() {
    loaded.close();
  }
}
