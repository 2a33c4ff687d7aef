package io.github.shardsum.cli.common;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import java.nio.file.Path;
import java.util.Optional;

/** A backend, with the devices that were opened for it and are closed with it. */
public final class OpenBackend implements AutoCloseable {
  private final Backend backend;
  private final Runnable close;
  private final int process;
  private final int processes;

  private OpenBackend(Backend backend, int process, int processes, Runnable close) {
    this.backend = backend;
    this.process = process;
    this.processes = processes;
    this.close = close;
  }

  /** A backend that holds nothing open. */
  public static OpenBackend of(Backend backend) {
    return new OpenBackend(backend, 0, 1, () -> {});
  }

  /**
   * Our kernels on one device, or on a mesh of virtual ones, those of all processes of a job.
   *
   * @param workers kept open by the caller
   * @throws IllegalArgumentException if the job's processes do not divide the mesh
   */
  public static OpenBackend ours(Optional<Mesh> mesh, Workers workers, Kernels kernels) {
    if (mesh.isEmpty()) {
      return of(LocalBackend.of(workers, kernels));
    }
    Collectives collectives = MeshOptions.open(mesh.get(), workers);
    return new OpenBackend(
        MeshOptions.backend(collectives, kernels),
        collectives.process(),
        collectives.processes(),
        collectives::close);
  }

  /**
   * One device of a plugin, or as many as a mesh has.
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
          0,
          1,
          () -> {
            backend.close();
            client.close();
          });
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** The backend; its executables are to be closed before this. */
  public Backend backend() {
    return backend;
  }

  /** Processes of the job, which all run the same programs. */
  public int processes() {
    return processes;
  }

  /** Whether this process writes the results, which all of a job have. */
  public boolean isFirst() {
    return process == 0;
  }

  @Override
  public void close() {
    close.run();
  }
}
