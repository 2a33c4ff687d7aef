package io.github.shardsum.cli.program;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.cli.common.OutputFolder;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Npy;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum run}: a program on .npy files. */
@Command(
    name = "run",
    customSynopsis = "shardsum run FILE.program --in NAME=FILE.npy ... [--out DIR] [OPTION ...]",
    description = {
      "%nRun a program on .npy files, which are mapped, not loaded.",
      "%nEvery input of the program is given by --in; its dtype and shape must be the program's.%n"
    })
public final class RunCommand implements Callable<Integer> {
  private static final int MOST_NAMED = 20;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.program", description = "The program's text.")
  private Path file = Path.of("");

  @Option(names = "--in", paramLabel = "NAME=FILE.npy", description = "An input of the program.")
  private Map<String, Path> in = new LinkedHashMap<>();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description =
          "Write each output to DIR/NAME.npy, whole or not at all; without it outputs are"
              + " printed.")
  private Optional<Path> out = Optional.empty();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--reference",
      description = "Run every operation by its definition, in scalar code: slow, the oracle.")
  private boolean reference;

  @Override
  public Integer call() throws IOException {
    int _ = threads.count();
    RepeatedOptions.refuse(spec, "--in");
    Program program = ProgramFile.read(file);
    checkNames(program);
    try (Arena arena = Arena.ofShared();
        Workers workers = threads.workers();
        Executable executable = backend(workers).compile(program)) {
      checkMemory(executable);
      if (out.isPresent()) {
        new OutputFolder(out.get()).check(program.outputs().stream().map(Value::name).toList());
      }
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : program.inputs()) {
        inputs.add(Npy.map(in.getOrDefault(input.name(), Path.of("")), arena));
      }
      write(program, executable.run(inputs));
    }
    return 0;
  }

  private Backend backend(Workers workers) {
    return reference ? new ReferenceBackend() : LocalBackend.of(workers, MoePrograms.kernels());
  }

  private void checkNames(Program program) {
    Set<String> wanted = new HashSet<>();
    program.inputs().forEach(input -> wanted.add(input.name()));
    List<Value> missing =
        program.inputs().stream().filter(input -> !in.containsKey(input.name())).toList();
    Set<String> unknown = new TreeSet<>(in.keySet());
    unknown.removeAll(wanted);
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--in: expected each input of the program"
              + (missing.isEmpty() ? "" : ", missing are " + first(missing))
              + (unknown.isEmpty() ? "" : ", unknown are " + first(List.copyOf(unknown))));
    }
    Set<String> names = new HashSet<>();
    for (Value output : program.outputs()) {
      if (!names.add(output.name())) {
        throw new IllegalArgumentException(
            file + ": expected outputs of different names, got " + output.name() + " twice");
      }
    }
  }

  /** A list as text, of a long one the beginning. */
  private static String first(List<?> all) {
    return all.size() <= MOST_NAMED
        ? all.toString()
        : all.subList(0, MOST_NAMED) + " and " + (all.size() - MOST_NAMED) + " more";
  }

  private static void checkMemory(Executable executable) {
    long free = Runtime.getRuntime().maxMemory();
    double bytes = executable.peakBytes();
    for (Value output : executable.program().outputs()) {
      bytes += output.type().bytes();
    }
    if (bytes > free) {
      throw new IllegalArgumentException(
          String.format(
              java.util.Locale.ROOT,
              "memory: a run needs %.3e bytes, the JVM may have %.3e; set"
                  + " SHARDSUM_JAVA_OPTS=-Xmx...",
              bytes,
              (double) free));
    }
  }

  private void write(Program program, List<Tensor> results) throws IOException {
    PrintWriter output = spec.commandLine().getOut();
    Optional<OutputFolder> folder = out.map(OutputFolder::new);
    if (folder.isPresent()) {
      folder.get().make();
    }
    for (int i = 0; i < results.size(); i++) {
      Value value = program.outputs().get(i);
      if (folder.isPresent()) {
        Npy.write(folder.get().file(value.name()), results.get(i));
      } else {
        output.println(value + "\n" + results.get(i));
      }
    }
    output.flush();
  }
}
