package io.github.shardsum.cli.program;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.StepTime;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.cli.common.Abbreviation;
import io.github.shardsum.cli.common.BackendOptions;
import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OpenBackend;
import io.github.shardsum.cli.common.OutputFolder;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.cli.common.TensorJson;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.cli.common.TraceOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npy;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum run}: a program on .npy files. */
@Command(
    name = "run",
    customSynopsis =
        "shardsum run FILE.program --in NAME=FILE|DIR|ARCHIVE ... [--out DIR] [OPTION ...]",
    description = {
      "%nRun a program on files of arrays, which are mapped, not loaded.",
      "%nEvery input of the program is given by --in; its dtype and shape must be the program's.",
      "%nWith --mesh the program is partitioned over devices by its annotations;"
          + " results equal those of one device. Under shardsum launch the processes of the"
          + " job share the devices, and the first writes.%n"
    })
public final class RunCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FILE.program",
      description = "The file of the program, or - for standard input.")
  private Path file = Path.of("");

  @Option(
      names = "--in",
      paramLabel = "NAME=FILE|DIR|ARCHIVE",
      description = {
        "An input of the program: a .npy file, FILE.npz:NAME, FILE.safetensors:NAME, or - for a"
            + " .npy file on standard input.",
        "Or a folder of files NAME.npy, or an .npz or .safetensors file, with several inputs."
      })
  private List<String> in = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description =
          "Write each output to DIR/NAME.npy, whole or not at all; without -o the outputs are"
              + " printed.")
  private Optional<Path> out = Optional.empty();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private MeshOptions meshes = new MeshOptions();

  @Mixin private ProgressOption progress = new ProgressOption();

  @Mixin private TraceOption trace = new TraceOption();

  @Option(
      names = "--profile",
      description = "After the run, print to standard error how long each step took.")
  private boolean profile;

  @Option(
      names = "--json",
      description =
          "Print the outputs (with --out, the names of their files) and the profile as JSON.")
  private boolean json;

  @Option(
      names = "--reference",
      description =
          "Run every operation by its definition in scalar code, which is slow, as a reference for"
              + " results.")
  private boolean reference;

  @Mixin private BackendOptions backends = new BackendOptions();

  @Override
  public Integer call() throws IOException {
    int _ = threads.count();
    Optional<Mesh> mesh = meshes.meshOfRun();
    boolean pjrt = backends.isPjrt();
    if (reference && pjrt) {
      throw usageError(spec, "--reference: must be given without --backend pjrt");
    }
    if (reference && backends.isReproducible()) {
      throw usageError(
          spec,
          "--reproducible: must be given without --reference, which adds in the order of the"
              + " program");
    }
    if (mesh.isPresent() && reference) {
      throw usageError(spec, "--mesh: must be given without --reference, which runs on one device");
    }
    if (trace.isGiven() && (mesh.isEmpty() || pjrt)) {
      throw usageError(
          spec,
          "--trace: must be given with --mesh and --backend local, got another backend or no mesh");
    }
    trace.check(out);
    Program program = meshes.annotated(ProgramFile.read(file));
    Map<Value, String> places = places(program);
    try (InputArrays inputs = new InputArrays(System.in);
        Workers workers = calibrated(threads.workers(), mesh);
        OpenBackend engine =
            reference
                ? OpenBackend.of(new ReferenceBackend())
                : backends.open(mesh, workers, MoePrograms.kernels());
        Executable executable = engine.backend().compile(program, options(mesh))) {
      checkMemory(executable);
      if (out.isPresent() && engine.isFirst()) {
        new OutputFolder(out.get()).check(program.outputs().stream().map(Value::name).toList());
      }
      List<Tensor> tensors = new ArrayList<>();
      for (Value input : program.inputs()) {
        tensors.add(inputs.map(places.getOrDefault(input, "")));
      }
      List<Tensor> outputs = new ArrayList<>();
      for (Value output : program.outputs()) {
        outputs.add(
            ResultArrays.allocate(inputs.arena(), output.type().dtype(), output.type().shape()));
      }
      inputs.read(
          () -> {
            try (LongRun _ = watch(executable)) {
              executable.runInto(outputs, tensors);
            }
            if (engine.isFirst()) {
              write(executable, outputs);
            }
            if (executable instanceof MeshExecutable ours && trace.isGiven()) {
              trace.write(
                  ours,
                  () -> ours.runInto(outputs, tensors),
                  engine.collectives().orElseThrow(),
                  spec.commandLine().getErr());
            }
            return true;
          });
    }
    return 0;
  }

  private Workers calibrated(Workers workers, Optional<Mesh> mesh) {
    mesh.ifPresent(devices -> trace.calibrate(devices, workers));
    return workers;
  }

  /**
   * Without a mesh, steps are timed. On a mesh timing would add a step before and after each
   * collective, so it is done only for a trace.
   */
  private CompileOptions options(Optional<Mesh> mesh) {
    CompileOptions options = CompileOptions.defaults();
    return mesh.isEmpty() || trace.isGiven() ? options.withProfile() : options;
  }

  private LongRun watch(Executable executable) {
    String name = executable.program().name();
    LongSupplier done =
        () ->
            executable.profile().stream()
                .filter(step -> step.program().equals(name) && step.calls() > 0)
                .count();
    long steps = executable.steps().stream().filter(step -> step.program().equals(name)).count();
    return progress.watch(name, done, steps);
  }

  /** The place of each input. */
  private Map<Value, String> places(Program program) throws IOException {
    ProgramInputs given = ProgramInputs.of(in, message -> usageError(spec, message));
    Map<Value, String> places = new LinkedHashMap<>();
    List<Value> missing = new ArrayList<>();
    for (Value input : program.inputs()) {
      given.find(input).ifPresentOrElse(at -> places.put(input, at), () -> missing.add(input));
    }
    Set<String> unknown = given.unknown(program);
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw usageError(
          spec,
          "--in: must have each input of the program"
              + (missing.isEmpty() ? "" : ", missing are " + Abbreviation.list(missing))
              + (unknown.isEmpty()
                  ? ""
                  : ", unknown are " + Abbreviation.list(List.copyOf(unknown))));
    }
    long standard =
        places.values().stream().filter(InputArrays.STANDARD::equals).count()
            + (file.toString().equals(InputArrays.STANDARD) ? 1 : 0);
    if (standard > 1) {
      throw usageError(spec, "-: standard input must be used once, got " + standard);
    }
    Set<String> names = new HashSet<>();
    for (Value output : program.outputs()) {
      if (!names.add(output.name())) {
        throw new IllegalArgumentException(
            file + ": must have outputs of different names, got " + output.name() + " twice");
      }
    }
    return places;
  }

  private static void checkMemory(Executable executable) {
    long free = Runtime.getRuntime().maxMemory();
    double bytes = executable.peakBytes();
    for (Value output : executable.program().outputs()) {
      bytes += output.type().bytes();
    }
    if (bytes > free) {
      throw wrongArgument(
          "memory: a run must need at most the %.1f MiB that the JVM may have, got"
              + " %.1f MiB; set"
              + " SHARDSUM_JAVA_OPTS=-Xmx...",
          free / (double) (1 << 20), bytes / (1 << 20));
    }
  }

  private void write(Executable executable, List<Tensor> results) throws IOException {
    Program program = executable.program();
    PrintWriter output = spec.commandLine().getOut();
    ObjectNode answer = JsonAnswer.object().put("program", program.name());
    ArrayNode list = answer.putArray("outputs");
    Optional<OutputFolder> folder = out.map(OutputFolder::new);
    if (folder.isPresent()) {
      folder.get().make();
    }
    for (int i = 0; i < results.size(); i++) {
      Value value = program.outputs().get(i);
      if (folder.isPresent()) {
        Npy.write(folder.get().file(value.name()), results.get(i));
      }
      if (json) {
        TensorJson.into(
            list.addObject().put("name", value.name()), results.get(i), folder.isEmpty());
      } else if (folder.isEmpty()) {
        output.println(value + "\n" + results.get(i));
      }
    }
    RunStepProfile steps = new RunStepProfile(executable);
    if (json) {
      if (profile) {
        steps.into(answer.putArray("profile"));
      }
      output.println(JsonAnswer.text(answer));
    } else if (profile) {
      spec.commandLine().getErr().print(steps.table());
      spec.commandLine().getErr().flush();
    }
    output.flush();
  }

  /** The time of each step of a run. */
  private static final class RunStepProfile {
    private static final int KERNEL = 14;

    private final List<StepTime> steps;
    private final String program;

    RunStepProfile(Executable executable) {
      this.steps = executable.profile();
      this.program = executable.program().name();
    }

    /** The total time; the time of a loop contains the steps of its body. */
    private double seconds() {
      return steps.stream()
              .filter(step -> step.program().equals(program))
              .mapToLong(StepTime::nanoseconds)
              .sum()
          / 1e9;
    }

    /** A line a step in the order of the plan. */
    String table() {
      if (steps.isEmpty()) {
        return "profile: this backend measures no steps\n";
      }
      double all = seconds();
      int width =
          Math.max(KERNEL, steps.stream().mapToInt(step -> step.kernel().length()).max().orElse(0));
      String columns = "%12s  %7s  %9s  %-" + width + "s  %s%n";
      StringBuilder table =
          new StringBuilder(
              String.format(
                  Locale.ROOT, columns, "milliseconds", "share", "calls", "kernel", "what"));
      for (StepTime step : steps) {
        boolean inLoop = !step.program().equals(program);
        table.append(
            String.format(
                Locale.ROOT,
                columns,
                format("%.3f", step.nanoseconds() / 1e6),
                format("%.1f %%", all == 0 ? 0 : step.nanoseconds() / all / 1e7),
                step.calls(),
                step.kernel(),
                (inLoop ? "in " + step.program() + ": " : "")
                    + String.join(" ", step.results())
                    + "  "
                    + step.detail()));
      }
      return table.append(format("%12.3f  in all%n", all * 1e3)).toString();
    }

    /** An object a step. */
    void into(ArrayNode json) {
      for (StepTime step : steps) {
        ObjectNode each =
            json.addObject()
                .put("program", step.program())
                .put("kernel", step.kernel())
                .put("detail", step.detail())
                .put("calls", step.calls())
                .put("seconds", step.nanoseconds() / 1e9);
        ArrayNode results = each.putArray("results");
        step.results().forEach(results::add);
      }
    }
  }
}
