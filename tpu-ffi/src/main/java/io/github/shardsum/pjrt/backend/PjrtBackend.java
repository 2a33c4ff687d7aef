package io.github.shardsum.pjrt.backend;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.internal.pjrt.backend.CompiledProgram;
import io.github.shardsum.internal.pjrt.backend.ProgramCache;
import io.github.shardsum.internal.pjrt.backend.ProgramRun;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtValue;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A backend on a PJRT plugin: programs are lowered to StableHLO, compiled by the plugin, and run on
 * one of its devices or partitioned over a mesh of devices. Inputs and outputs are whole tensors.
 * Thread-safe.
 *
 * <p>A program that was compiled before is not compiled again: the last 32 programs that no
 * executable uses are kept. A run copies its inputs to the devices and its outputs back; the copies
 * of inputs are donated, so that outputs of the same type reuse the memory. {@link
 * Executable#start} returns when the inputs are copied.
 */
public final class PjrtBackend implements Backend, AutoCloseable {
  /** Without this option XLA keeps the digits of f32 where a program rounds to bf16. */
  private static final String EXCESS_PRECISION = "xla_allow_excess_precision";

  /** Without this option XLA's CPU plugins lose a NaN in a maximum or minimum. */
  private static final String FAST_MIN_MAX = "xla_cpu_enable_fast_min_max";

  private final PjrtClient client;
  private final Optional<Mesh> mesh;
  private final ProgramCache cache = new ProgramCache();

  private PjrtBackend(PjrtClient client, Optional<Mesh> mesh) {
    this.client = Objects.requireNonNull(client, "client");
    this.mesh = mesh;
  }

  /**
   * A backend on the first device of a client. Layouts in programs are ignored.
   *
   * @param client the client; not closed by the backend
   * @return the backend, to be closed before the client
   */
  public static PjrtBackend of(PjrtClient client) {
    return new PjrtBackend(client, Optional.empty());
  }

  /**
   * A backend on a mesh of the first devices of a client.
   *
   * @param client the client; not closed by the backend
   * @param mesh the mesh whose axes layouts name
   * @return the backend, to be closed before the client
   * @throws IllegalArgumentException if the client has fewer devices in this process
   */
  public static PjrtBackend of(PjrtClient client, Mesh mesh) {
    int devices = client.addressableDevices().size();
    if (devices < mesh.size()) {
      throw new IllegalArgumentException(
          String.format(
                  Locale.ROOT,
                  "mesh %s: devices must be at least %d, got %d; a CPU has as many as the option",
                  mesh.notation(),
                  mesh.size(),
                  devices)
              + " cpu_device_count says");
    }
    return new PjrtBackend(client, Optional.of(mesh));
  }

  @Override
  public String name() {
    return "pjrt";
  }

  /**
   * Compiles a program as {@link Backend#compile(Program, CompileOptions)} does.
   *
   * @throws IllegalArgumentException if a layout names an axis that the mesh does not have, a run
   *     would exceed the memory limit, or the options have an order of sums
   * @throws PjrtException if the plugin refuses the program
   */
  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(options, "options");
    if (options.sums().isTree()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": a plugin adds in an order of its own, got sums by a "
              + options.sums()
              + "; the local and the mesh backend keep it");
    }
    Program given = Passes.rematerialize(program, options.rematerialized());
    CompiledProgram compiled = cache.take(given, this::compiled);
    try {
      long bytes = compiled.peakBytes();
      if (options.memoryLimit().isPresent() && bytes > options.memoryLimit().getAsLong()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "program %s: a run holds %d bytes a device without inputs and outputs,"
                    + " got a limit of %d",
                program.name(),
                bytes,
                options.memoryLimit().getAsLong()));
      }
      return new ProgramRun(program, compiled, () -> cache.give(compiled));
    } catch (RuntimeException e) {
      cache.give(compiled);
      throw e;
    }
  }

  private CompiledProgram compiled(Program program) {
    LoweringOptions lowering = LoweringOptions.defaults().withFullPrecision().withDonation();
    if (!client.plugin().takesShardy()) {
      lowering = lowering.withForm(ShardingForm.GSPMD);
    }
    StableHlo module =
        StableHlo.of(program, mesh.isPresent() ? lowering.withMesh(mesh.get()) : lowering);
    return new CompiledProgram(client, module, loaded(module));
  }

  /**
   * Compiles with the options that give the promised values, but without options that the plugin
   * does not know.
   */
  private PjrtLoadedExecutable loaded(StableHlo module) {
    List<String> names = new ArrayList<>(List.of(EXCESS_PRECISION));
    if (client.platformName().equals("cpu")) {
      names.add(FAST_MIN_MAX);
    }
    while (true) {
      PjrtCompileOptions options =
          PjrtCompileOptions.partitioned(mesh.map(Mesh::size).orElse(1))
              .withShardy(module.form() == ShardingForm.SHARDY);
      for (String name : names) {
        options = options.withFlag(name, PjrtValue.of(false));
      }
      try {
        return client.compile(module.text(), options);
      } catch (PjrtException e) {
        if (!names.removeIf(String.valueOf(e.getMessage())::contains)) {
          throw e;
        }
      }
    }
  }

  /**
   * Releases the compiled programs that no executable uses; programs in use are released when their
   * executable is closed.
   */
  @Override
  public void close() {
    cache.close();
  }

  @Override
  public String toString() {
    return "pjrt: "
        + client.plugin()
        + mesh.map(over -> " over " + over.notation()).orElse(" on " + client.platformName());
  }
}
