package io.github.shardsum.cli.tpu;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.plan.PlanXlaComparison;
import io.github.shardsum.cli.program.NamedPrograms;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.pjrt.CompiledMemory;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtExecutable;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.PjrtProgramFormat;
import io.github.shardsum.pjrt.PjrtTopology;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.PlannedProgram;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum tpu compile}: ahead of time, for devices that need not be there. */
@Command(
    name = "compile",
    description =
        "Compile a program for a topology, and print its memory and FLOPs on each"
            + " device; for a Shardsum program or a model, also those of Shardsum's plan for"
            + " the same devices.")
final class TpuCompile implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FILE.mlir|FILE.program",
      description = "The file of a StableHLO module with a function main, or of a program.")
  private Optional<Path> program = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "A built-in model instead of a file: ${COMPLETION-CANDIDATES}, with the paper's widths"
              + " and annotations.")
  private Optional<NamedPrograms> model = Optional.empty();

  @Mixin private MeshOptions meshes = new MeshOptions();

  @Option(
      names = "--topology",
      required = true,
      paramLabel = "NAME",
      description = "The devices to compile for, such as v5e:4x8 or v4:2x2x2.")
  private String topology;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description =
          "Number of devices over which a StableHLO module is split (default: all of the topology"
              + " if the module has shardings, otherwise 1). A Shardsum program is split over"
              + " --mesh (default: x=DEVICES).")
  private Optional<Integer> partitions = Optional.empty();

  @Option(
      names = "--planned-layouts",
      description =
          "Give the compiler the layout of every value in Shardsum's plan, so that it"
              + " moves the same data as the plan; without this option it gets only the"
              + " program's annotations.")
  private boolean plannedLayouts;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "Write the compiled program, for a host with these devices and this plugin.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--json",
      description =
          "Print JSON: bytes and FLOPs of one device; for a Shardsum program also those of its"
              + " plan.")
  private boolean json;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Override
  public Integer call() throws IOException {
    boolean ours = model.isPresent() || (program.isPresent() && isProgram(program.get()));
    if (model.isPresent() == program.isPresent()) {
      throw usageError(spec, "tpu compile: must be one of a file and --model, got both or none");
    }
    if (ours && partitions.isPresent()) {
      throw usageError(
          spec,
          "--partitions: must be given with a StableHLO module; a Shardsum program takes --mesh");
    }
    if (!ours && meshes.isGiven()) {
      throw usageError(
          spec,
          "--mesh and --annotate: must be given with a Shardsum program; a StableHLO module has its"
              + " own layouts");
    }
    if (out.isPresent()) {
      OutputFile.check("-o", out.get());
    }
    return ours ? ofProgram() : ofModule();
  }

  private static boolean isProgram(Path file) {
    return file.toString().endsWith(".program");
  }

  /** Compiles a program of ours, and compares its plan with the compiler's. */
  private int ofProgram() throws IOException {
    Optional<Program> read =
        program.isPresent() ? Optional.of(ProgramFile.read(program.get())) : Optional.empty();
    PjrtPlugin opened = PjrtPlugin.open(plugin.find(System.getenv()).library());
    try (PjrtTopology devices = opened.topology(topology)) {
      Mesh mesh = meshes.meshOr(() -> Mesh.parse("x=" + devices.deviceCount()));
      Program annotated =
          meshes.annotated(read.orElseGet(() -> model.orElseThrow().program(mesh)), mesh);
      Kernels kernels = MoePrograms.kernels();
      ProgramPlan planned =
          ProgramPlan.of(
              annotated,
              mesh,
              composite -> kernels.kernel(composite).isPresent(),
              PlanOptions.defaults());
      SpmdPlan plan = planned.plan();
      StableHlo module =
          PlanXlaComparison.module(
              plannedLayouts ? PlannedProgram.of(planned) : annotated, plan, opened.takesShardy());
      PjrtCompileOptions options =
          PjrtCompileOptions.partitioned(mesh.size())
              .withShardy(module.form() == ShardingForm.SHARDY);
      byte[] code = module.text().getBytes(StandardCharsets.UTF_8);
      long begin = System.nanoTime();
      try (PjrtExecutable compiled = compile(devices, code, options)) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (json) {
          json(devices, compiled, seconds, Optional.of(new Ours(opened, plan, module)));
        } else {
          head(devices, compiled, seconds);
          beside(new TpuPlanComparison(plan, compiled));
          collectives(opened, plan, module, compiled);
        }
        write(compiled);
      }
    }
    return 0;
  }

  /** Compiling a large program takes minutes, so a terminal shows progress. */
  private PjrtExecutable compile(PjrtTopology devices, byte[] code, PjrtCompileOptions options) {
    try (LongRun _ = progress.watch(topology, () -> 0, 0)) {
      return devices.compile(code, PjrtProgramFormat.MLIR, options);
    }
  }

  /** A program of ours, as it was handed to the compiler. */
  private record Ours(PjrtPlugin plugin, SpmdPlan plan, StableHlo module) {
    void into(ObjectNode answer, PjrtExecutable compiled) {
      new TpuPlanComparison(plan, compiled).into(answer.putObject("plan"));
      try {
        PlanXlaComparison.of(plugin.toString(), plan, module, compiled.collectives())
            .into(answer.putObject("collectives"));
      } catch (PjrtException e) {
        answer.put("collectives", e.getMessage());
      }
    }
  }

  private void json(
      PjrtTopology devices, PjrtExecutable compiled, double seconds, Optional<Ours> ours) {
    ObjectNode answer = JsonAnswer.object();
    TpuJson.into(answer, topology, devices.deviceCount(), compiled, seconds);
    ours.ifPresent(each -> each.into(answer, compiled));
    PrintWriter print = spec.commandLine().getOut();
    print.println(JsonAnswer.text(answer));
    print.flush();
  }

  private void beside(TpuPlanComparison both) {
    PrintWriter print = spec.commandLine().getOut();
    print.print(both.table());
    print.flush();
  }

  private void collectives(
      PjrtPlugin opened, SpmdPlan plan, StableHlo module, PjrtExecutable compiled) {
    PrintWriter print = spec.commandLine().getOut();
    try {
      print.println();
      print.print(
          PlanXlaComparison.of(opened.toString(), plan, module, compiled.collectives()).table());
    } catch (PjrtException e) {
      print.println("collectives: " + e.getMessage());
    }
    print.flush();
  }

  private void write(PjrtExecutable compiled) throws IOException {
    if (out.isPresent()) {
      OutputFile.write(out.get(), compiled.serialize());
    }
  }

  private int ofModule() throws IOException {
    TpuProgramText text = TpuProgramText.read(spec, program.orElseThrow(), out.stream().toList());
    PjrtPlugin opened = PjrtPlugin.open(plugin.find(System.getenv()).library());
    try (PjrtTopology devices = opened.topology(topology)) {
      int count = devices.deviceCount();
      PjrtCompileOptions options =
          PjrtCompileOptions.partitioned(partitions.orElse(text.isSplit() ? count : 1))
              .withShardy(text.isShardy());
      long begin = System.nanoTime();
      try (PjrtExecutable compiled = compile(devices, text.code(), options)) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (json) {
          json(devices, compiled, seconds, Optional.empty());
        } else {
          report(devices, compiled, seconds);
        }
        write(compiled);
      }
    }
    return 0;
  }

  private void head(PjrtTopology devices, PjrtExecutable compiled, double seconds) {
    PrintWriter print = spec.commandLine().getOut();
    print.print(
        format(
            "%s on %s: %d devices, %d partitions, compiled in %.1f s%n",
            compiled.name(), topology, devices.deviceCount(), compiled.partitions(), seconds));
  }

  private void report(PjrtTopology devices, PjrtExecutable compiled, double seconds) {
    head(devices, compiled, seconds);
    PrintWriter print = spec.commandLine().getOut();
    print.print(format("%-28s%s%n", "results on a device", compiled.outputShapes()));
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
    print.print(format("%-28s%,d bytes%n", what, bytes));
  }

  private static void cost(PrintWriter print, PjrtExecutable compiled) {
    try {
      new TreeMap<>(compiled.costAnalysis())
          .forEach((name, value) -> print.print(format("%-28s%s%n", name, value)));
    } catch (PjrtException e) {
      print.println("cost: " + e.getMessage());
    }
  }
}
