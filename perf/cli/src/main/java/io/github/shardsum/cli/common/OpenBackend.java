package io.github.shardsum.cli.common;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A backend with its devices, which are opened and closed with it. */
public final class OpenBackend implements AutoCloseable {
  private final Backend backend;
  private final Runnable close;
  private final Optional<Collectives> collectives;

  private OpenBackend(Backend backend, Optional<Collectives> collectives, Runnable close) {
    this.backend = backend;
    this.collectives = collectives;
    this.close = close;
  }

  /** A backend of one device whose sums have a fixed order, as on every mesh. */
  private record InOneOrder(Backend backend) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      return backend.compile(program, options.withReproducible());
    }
  }

  /** A backend that holds nothing open. */
  public static OpenBackend of(Backend backend) {
    return new OpenBackend(backend, Optional.empty(), () -> {});
  }

  /**
   * Our kernels on one device, or on a mesh of virtual devices, which all processes of a job share.
   *
   * @param workers kept open by the caller
   * @param options how collectives behave
   * @param planning options of plans on the mesh; on one device only the order of sums is used
   * @throws IllegalArgumentException if the job's processes do not divide the mesh
   */
  public static OpenBackend ours(
      Optional<Mesh> mesh,
      Workers workers,
      Kernels kernels,
      CollectiveOptions options,
      PlanOptions planning) {
    if (mesh.isEmpty()) {
      LocalBackend local = LocalBackend.of(workers, kernels);
      return of(planning.sums().isTree() ? new InOneOrder(local) : local);
    }
    MeshOptions.checkSize(mesh.get());
    Collectives collectives = Collectives.open(mesh.get(), workers, options);
    return new OpenBackend(
        MeshBackend.of(collectives, kernels, planning),
        Optional.of(collectives),
        collectives::close);
  }

  /**
   * One device of a plugin, or one for each device of a mesh.
   *
   * @throws IllegalArgumentException if the plugin has fewer
   */
  public static OpenBackend pjrt(Path library, Optional<Mesh> mesh) {
    PjrtClient client =
        PluginChoice.client(PjrtPlugin.open(library), mesh.map(Mesh::size).orElse(1));
    try {
      PjrtBackend backend =
          mesh.isPresent() ? PjrtBackend.of(client, mesh.get()) : PjrtBackend.of(client);
      return new OpenBackend(
          backend,
          Optional.empty(),
          () -> {
            backend.close();
            client.close();
          });
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** The backend; close its executables before this object. */
  public Backend backend() {
    return backend;
  }

  /** Processes of the job, which all run the same programs. */
  public int processes() {
    return collectives.map(Collectives::processes).orElse(1);
  }

  /**
   * Whether something holds on any process of the job. All processes must call this in the same
   * order.
   *
   * @param own whether this holds on this process
   */
  public boolean any(boolean own) {
    if (processes() == 1) {
      return own;
    }
    Collectives all = collectives.orElseThrow();
    String[] axes = all.mesh().axisNames().toArray(String[]::new);
    Tensor flag = Tensor.scalar(DType.I32, own ? 1 : 0);
    return all.spmd(device -> device.allReduce(flag, Reduction.MAX, axes)).getFirst().getLong()
        != 0;
  }

  /** The collectives of the backend; none on one device and on a plugin. */
  public Optional<Collectives> collectives() {
    return collectives;
  }

  /** The place of this process in the job. */
  public int process() {
    return collectives.map(Collectives::process).orElse(0);
  }

  /**
   * The same devices; every executable of their mesh records its times.
   *
   * @param compiled gets each executable when it is compiled
   */
  public OpenBackend timed(Consumer<MeshExecutable> compiled) {
    return backend instanceof MeshBackend ours
        ? new OpenBackend(ours.timed(compiled), collectives, close)
        : this;
  }

  /** Whether this process writes the results, which all processes of a job have. */
  public boolean isFirst() {
    return collectives.map(all -> all.process() == 0).orElse(true);
  }

  @Override
  public void close() {
    close.run();
  }
}
