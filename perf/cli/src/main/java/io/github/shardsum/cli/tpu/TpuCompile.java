package io.github.shardsum.cli.tpu;

import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.pjrt.CompileOptions;
import io.github.shardsum.pjrt.CompiledMemory;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtExecutable;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.PjrtTopology;
import io.github.shardsum.pjrt.ProgramFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum tpu compile}: ahead of time, for devices that need not be there. */
@Command(
    name = "compile",
    description =
        "Compile a program of StableHLO text for a topology, and print what it needs on each device.")
final class TpuCompile implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin;

  @Parameters(index = "0", paramLabel = "FILE.mlir", description = "A module with a function main.")
  private Path program;

  @Option(
      names = "--topology",
      required = true,
      paramLabel = "NAME",
      description = "The devices, as v5e:4x8 or v4:2x2x2.")
  private String topology;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description =
          "Over how many devices it is split (default: all of the topology if the program has shardings,"
              + " else 1).")
  private Optional<Integer> partitions = Optional.empty();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "Write the compiled program, for a host with these devices and this plugin.")
  private Optional<Path> out = Optional.empty();

  @Override
  public Integer call() throws IOException {
    ProgramText text = ProgramText.read(program, out.stream().toList());
    PjrtPlugin opened = PjrtPlugin.open(plugin.find(System.getenv()).library());
    try (PjrtTopology devices = opened.topology(topology)) {
      int count = devices.deviceCount();
      CompileOptions options =
          CompileOptions.partitioned(partitions.orElse(text.isSplit() ? count : 1))
              .withShardy(text.isShardy());
      long begin = System.nanoTime();
      try (PjrtExecutable compiled = devices.compile(text.code(), ProgramFormat.MLIR, options)) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        report(devices, compiled, seconds);
        if (out.isPresent()) {
          Files.write(out.get(), compiled.serialize());
        }
      }
    }
    return 0;
  }

  private void report(PjrtTopology devices, PjrtExecutable compiled, double seconds) {
    PrintWriter print = spec.commandLine().getOut();
    print.printf(
        "%s on %s: %d devices, %d partitions, compiled in %.1f s%n",
        compiled.name(), topology, devices.deviceCount(), compiled.partitions(), seconds);
    print.printf("%-28s%s%n", "results on a device", compiled.outputShapes());
    memory(print, compiled);
    cost(print, compiled);
    print.flush();
  }

  private static void memory(PrintWriter print, PjrtExecutable compiled) {
    try {
      CompiledMemory memory = compiled.memory();
      bytes(print, "code", memory.code());
      bytes(print, "arguments", memory.arguments());
      bytes(print, "results", memory.outputs());
      bytes(print, "results in arguments", memory.aliased());
      bytes(print, "temporary", memory.temporary());
      bytes(print, "peak", memory.peak());
    } catch (PjrtException e) {
      print.println("memory: " + e.getMessage());
    }
  }

  private static void bytes(PrintWriter print, String what, long bytes) {
    print.printf("%-28s%,d bytes%n", what, bytes);
  }

  private static void cost(PrintWriter print, PjrtExecutable compiled) {
    try {
      new TreeMap<>(compiled.costAnalysis())
          .forEach((name, value) -> print.printf("%-28s%s%n", name, value));
    } catch (PjrtException e) {
      print.println("cost: " + e.getMessage());
    }
  }
}
