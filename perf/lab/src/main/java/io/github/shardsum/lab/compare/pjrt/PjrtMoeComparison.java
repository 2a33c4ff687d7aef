package io.github.shardsum.lab.compare.pjrt;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npy;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.ClientOptions;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtEvent;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtOptions;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.random.Philox;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Mixture-of-Experts layer on one device and on eight. JAX and this library run the same
 * StableHLO, which this library makes, on the same plugin, with arguments that lie on the devices
 * already. Our own kernels run the layer too, with arguments in memory. Each side is timed in pairs
 * with JAX.
 */
final class PjrtMoeComparison {
  private static final int GROUPS = 8;
  private static final int TOKENS = 256;
  private static final int EXPERTS = 8;
  private static final int MODEL = 128;
  private static final int HIDDEN = 512;
  private static final double LEAST_OF_JAX = 1 / 1.03;

  private final Path plugin;
  private final String python;
  private final InterleavedTimer effort;

  PjrtMoeComparison(Path plugin, String python, InterleavedTimer effort) {
    this.plugin = plugin;
    this.python = python;
    this.effort = effort;
  }

  void run() throws IOException, MeasurementException {
    System.out.print(
        format(
            "%nMoE layer G=%d S=%d E=%d M=%d H=%d%n%-10s %-16s %12s %12s %34s%n",
            GROUPS,
            TOKENS,
            EXPERTS,
            MODEL,
            HIDDEN,
            "devices",
            "against JAX",
            "JAX",
            "ours",
            "JAX / ours"));
    for (int devices : new int[] {1, 8}) {
      devices(devices);
    }
  }

  private static Program layer(boolean sharded) {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(GROUPS, TOKENS, EXPERTS, MODEL, HIDDEN, options);
    Program layer = MoePrograms.layer(MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(1)));
    return sharded
        ? Annotations.of(Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x"))
            .apply(layer)
        : layer;
  }

  private static List<Tensor> inputs(Program program, Arena arena) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      Tensor tensor = Tensor.allocate(arena, input.type().dtype(), input.type().shape());
      Tensor flat = tensor.reshape(tensor.shape().elementCount());
      Philox philox = new Philox(inputs.size());
      for (long i = 0; i < flat.size(0); i++) {
        flat.set((float) (philox.uniform(i, 1) - 0.5) / 4, i);
      }
      inputs.add(tensor);
    }
    return inputs;
  }

  private void devices(int devices) throws IOException, MeasurementException {
    Mesh mesh = Mesh.parse("x=" + devices);
    Program program = layer(devices > 1);
    LoweringOptions lowering = LoweringOptions.defaults();
    StableHlo module = StableHlo.of(program, devices > 1 ? lowering.withMesh(mesh) : lowering);
    PjrtOptions count = PjrtOptions.none().with("cpu_device_count", devices);
    try (Arena arena = Arena.ofShared();
        PjrtJaxPeer jax = new PjrtJaxPeer(python, plugin, devices);
        PjrtClient client =
            PjrtPlugin.open(plugin).createClient(ClientOptions.defaults().withOptions(count));
        PjrtLoadedExecutable loaded =
            client.compile(module.text(), PjrtCompileOptions.partitioned(devices))) {
      List<Tensor> inputs = inputs(program, arena);
      Files.writeString(jax.file("program.mlir"), module.text());
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (PjrtDevice device : client.addressableDevices()) {
        rows.add(inputs.stream().map(input -> client.bufferFrom(input, device)).toList());
      }
      for (int i = 0; i < inputs.size(); i++) {
        Npy.write(jax.file(i + ".npy"), inputs.get(i));
      }
      jax.load(inputs.size(), devices);
      check(loaded, rows, Npy.map(jax.file("result.npy"), arena));
      line(devices, "the plugin", jax, calls -> seconds(calls, () -> run(loaded, rows)), true);
      ours(devices, mesh, program, inputs, jax);
      rows.forEach(row -> row.forEach(PjrtBuffer::close));
    }
  }

  private void ours(int devices, Mesh mesh, Program program, List<Tensor> inputs, PjrtJaxPeer jax)
      throws MeasurementException {
    try (Workers workers = Workers.ofProcessors()) {
      try (Executable local =
          LocalBackend.of(workers, MoePrograms.kernels()).compile(layer(false))) {
        List<Tensor> results = local.run(inputs);
        Timed timed = calls -> seconds(calls, () -> local.runInto(results, inputs));
        line(devices, "our kernels", jax, timed, false);
      }
      if (devices > 1) {
        try (Collectives collectives =
                Collectives.open(mesh, workers, CollectiveOptions.defaults());
            Executable sharded =
                MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())
                    .compile(program)) {
          List<Tensor> results = sharded.run(inputs);
          Timed timed = calls -> seconds(calls, () -> sharded.runInto(results, inputs));
          line(devices, "our mesh", jax, timed, false);
        }
      }
    }
  }

  private void line(int devices, String what, PjrtJaxPeer jax, Timed ours, boolean promised)
      throws MeasurementException {
    PairedTiming times = PairedTiming.of(effort, jax::seconds, ours);
    Interval ratio = times.ratio();
    String verdict = promised ? ratio.high() >= LEAST_OF_JAX ? " met" : " MISSED" : "";
    System.out.print(
        format(
            "%-10d %-16s %9.0f us %9.0f us %34s%n",
            devices,
            what,
            Interval.median(times.first()) * 1e6,
            Interval.median(times.second()) * 1e6,
            format("%.2f [%.2f, %.2f]%s", ratio.median(), ratio.low(), ratio.high(), verdict)));
  }

  private static double seconds(long calls, Runnable call) {
    long begin = System.nanoTime();
    for (long i = 0; i < calls; i++) {
      call.run();
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Makes the call and then waits on the same thread for all of its results, as JAX does. */
  private static void run(PjrtLoadedExecutable program, List<List<PjrtBuffer>> rows) {
    for (List<PjrtBuffer> results : program.launch(rows, ExecuteOptions.defaults())) {
      for (PjrtBuffer result : results) {
        try (result;
            PjrtEvent ready = result.ready()) {
          ready.await();
        }
      }
    }
  }

  /** The same program on the same XLA gives JAX's numbers, except for the order of sums. */
  private static void check(
      PjrtLoadedExecutable program, List<List<PjrtBuffer>> rows, Tensor wanted) {
    List<List<PjrtBuffer>> results = program.execute(rows, ExecuteOptions.defaults()).join();
    double[] ours = results.getFirst().getFirst().toTensor().toDoubleArray();
    double[] theirs = wanted.toDoubleArray();
    for (int i = 0; i < theirs.length; i++) {
      if (Math.abs(ours[i] - theirs[i]) > 1e-5) {
        throw new IllegalStateException(
            "element " + i + ": JAX has " + theirs[i] + ", ours is " + ours[i]);
      }
    }
    results.forEach(row -> row.forEach(PjrtBuffer::close));
  }
}
