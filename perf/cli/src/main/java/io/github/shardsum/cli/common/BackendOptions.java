package io.github.shardsum.cli.common;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code --backend}, {@code --plugin}, {@code --reproducible}, {@code --overlap} and {@code
 * --windows} of commands that run programs, a mixin.
 */
public final class BackendOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Kinds of backend. */
  private enum Engine {
    LOCAL,
    PJRT
  }

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "local: the kernels of this machine, with --mesh on virtual devices; or pjrt: a plugin"
              + " and its devices (default: local).")
  private Engine engine = Engine.LOCAL;

  @Option(
      names = "--reproducible",
      description =
          "Add up floating-point sums in one fixed order: the same bits on every mesh, number of"
              + " threads and vector width.")
  private boolean reproducible;

  @Mixin private PluginChoice plugin = new PluginChoice();

  @Mixin private OverlapOptions overlap = new OverlapOptions();

  /**
   * Whether the backend is a plugin.
   *
   * @throws ParameterException if a plugin is named for another backend
   */
  public boolean isPjrt() {
    if (plugin.isNamed() && engine != Engine.PJRT) {
      throw usageError(spec, "--plugin: must be given with --backend pjrt");
    }
    if (reproducible && engine == Engine.PJRT) {
      throw usageError(
          spec,
          "--reproducible: must be given with --backend local, since a plugin adds in another"
              + " order");
    }
    return engine == Engine.PJRT;
  }

  /** Whether sums keep one order. */
  public boolean isReproducible() {
    return reproducible;
  }

  /**
   * Options of plans on a mesh of Shardsum's own devices.
   *
   * @param mesh the devices; without a mesh, a single device
   * @throws ParameterException if an option needs such a mesh, and there is none
   */
  public PlanOptions planning(Optional<Mesh> mesh) {
    if (overlap.isGiven() && (mesh.isEmpty() || isPjrt())) {
      throw usageError(
          spec,
          "--overlap and --windows: must be given with --mesh and --backend local, got another"
              + " backend or no mesh");
    }
    PlanOptions options = overlap.of(PlanOptions.defaults());
    return reproducible ? options.withSums(SumOrder.TREE) : options;
  }

  /**
   * The plugin's file, of the PJRT backend.
   *
   * @param environment the variables that name one
   */
  public Optional<Path> library(Map<String, String> environment) {
    return isPjrt() ? Optional.of(plugin.find(environment).library()) : Optional.empty();
  }

  /**
   * Opens the backend.
   *
   * @param mesh the devices; without a mesh, a single device
   * @param workers threads of ours, kept open by the caller
   * @param kernels our kernels of composites
   * @return the backend, to be closed
   */
  public OpenBackend open(Optional<Mesh> mesh, Workers workers, Kernels kernels) {
    return open(mesh, workers, kernels, CollectiveOptions.defaults());
  }

  /**
   * Opens the backend.
   *
   * @param mesh the devices; without a mesh, a single device
   * @param workers threads of ours, kept open by the caller
   * @param kernels our kernels of composites
   * @param options how collectives of ours behave
   * @return the backend, to be closed
   */
  public OpenBackend open(
      Optional<Mesh> mesh, Workers workers, Kernels kernels, CollectiveOptions options) {
    PlanOptions planning = planning(mesh);
    return library(System.getenv())
        .map(library -> OpenBackend.pjrt(library, mesh))
        .orElseGet(() -> OpenBackend.ours(mesh, workers, kernels, options, planning));
  }
}
