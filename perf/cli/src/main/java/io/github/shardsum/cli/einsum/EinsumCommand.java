package io.github.shardsum.cli.einsum;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.JsonJobs;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.cli.common.TensorJson;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.path.Objective;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum einsum}: one einsum of .npy files, or a file of many. */
@Command(
    name = "einsum",
    customSynopsis = {
      "shardsum einsum EQUATION A.npy [B.npy ...] [-o OUT.npy] [OPTION ...]",
      "       shardsum einsum --jobs FILE [OPTION ...]"
    },
    description = {
      "%nCompute an einsum of files, which are mapped, not loaded.",
      "A file is A.npy, A.npz:NAME or A.safetensors:NAME; - is a .npy file on standard input.",
      "%nWith --jobs, each line of FILE is an object"
          + " {\"id\":..,\"equation\":..,\"operands\":[\"a.npy\",..],\"out\":\"o.npy\"};"
          + " file names are relative to the current folder. One object is printed for each line,"
          + " {\"id\":..,\"ok\":true,\"shape\":[..],\"dtype\":..} or"
          + " {\"id\":..,\"ok\":false,\"error\":..}; the exit status is 1 if any job failed.%n"
    })
public final class EinsumCommand implements Callable<Integer> {
  /** Names of path searches as they are typed. */
  enum PathChoice {
    AUTO,
    GREEDY,
    OPTIMAL;

    PathFinder finder() {
      return switch (this) {
        case AUTO -> PathFinder.auto();
        case GREEDY -> new PathFinder.Greedy();
        case OPTIMAL -> new PathFinder.Optimal(Objective.FLOPS);
      };
    }
  }

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "EQUATION",
      description = "The equation, as ij,jk->ik.")
  private Optional<String> equation = Optional.empty();

  @Parameters(index = "1..*", arity = "0..*", paramLabel = "A.npy", description = "The operands.")
  private List<String> operands = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "OUT.npy",
      description =
          "Write the result to this file (- for standard output), whole or not at all; without -o"
              + " the result is printed.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--jobs",
      paramLabel = "FILE",
      description = "Run the jobs of a file of JSON lines; - is standard input.")
  private Optional<Path> jobs = Optional.empty();

  @Option(
      names = "--path",
      paramLabel = "auto|greedy|optimal",
      defaultValue = "auto",
      description = "How to search for the order of contractions (default: ${DEFAULT-VALUE}).")
  private PathChoice path = PathChoice.AUTO;

  @Option(
      names = "--json",
      description = "Print the result as JSON; with -o, print the name of the file, and the type.")
  private boolean json;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private ProgressOption progress = new ProgressOption();

  @Option(
      names = "--explain",
      description = "Print the plan before the result: path, FLOPs, kernels, bytes.")
  private boolean explain;

  @Override
  public Integer call() throws IOException {
    check();
    try (Workers workers = threads.workers()) {
      EinsumOptions options = EinsumOptions.defaults().withPath(path.finder()).withWorkers(workers);
      PrintWriter output = spec.commandLine().getOut();
      if (jobs.isPresent()) {
        JsonJobs all =
            new JsonJobs(output, true, (job, answer) -> EinsumJob.of(job).run(options, answer));
        return all.run(jobs.get(), progress) ? 0 : 1;
      }
      runOne(options, output);
      return 0;
    }
  }

  private void check() {
    // Arguments that match no option come here, since an equation may begin with "->".
    if (equation.orElse("").startsWith("-") && !equation.orElse("").startsWith("->")) {
      throw wrong("option: must be a known one, got " + equation.orElse(""));
    }
    for (String operand : operands) {
      if (operand.startsWith("-") && !operand.equals(InputArrays.STANDARD)) {
        throw wrong("option: must be a known one, got " + operand + " (a file: ./" + operand + ")");
      }
    }
    if (jobs.isPresent() && (equation.isPresent() || out.isPresent() || explain || json)) {
      throw wrong(
          "--jobs: must be given without equation, files, -o, --explain and --json, got one"
              + " of them");
    }
    boolean standard = out.filter(file -> file.toString().equals(InputArrays.STANDARD)).isPresent();
    if (json && (explain || standard)) {
      throw wrong("--json: must be given without --explain and -o -, got one of them");
    }
    if (out.filter(ResultArrays::isOfOtherFormat).isPresent()) {
      throw wrong("-o: must name a .npy file, got " + out.get());
    }
    if (explain && standard) {
      throw wrong(
          "--explain: must be given without -o -, since both would write to standard output");
    }
    if (jobs.isEmpty() && (equation.isEmpty() || operands.isEmpty())) {
      throw wrong("einsum: must have an equation and its operands, or --jobs");
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void runOne(EinsumOptions options, PrintWriter output) throws IOException {
    checkLayout();
    try (InputArrays inputs = new InputArrays(System.in)) {
      Tensor[] tensors = map(operands, inputs);
      Einsum einsum = Einsum.compile(equation.orElse(""), options, OperandSpec.like(tensors));
      if (out.isPresent() && !out.get().toString().equals(InputArrays.STANDARD)) {
        OutputFile.check("-o", out.get());
      }
      if (explain) {
        output.println(einsum.explain());
        output.flush();
      }
      inputs.read(
          () -> {
            Tensor result;
            try (LongRun _ = progress.watch("", () -> 0, 0)) {
              result = run(einsum, inputs, tensors);
            }
            return write(result, output);
          });
      output.flush();
    }
  }

  private void checkLayout() {
    Equation given = Equation.parse(equation.orElse(""));
    if (given.isAnnotated()) {
      throw new IllegalArgumentException(
          String.format(
                  Locale.ROOT,
                  "must be an equation without layout, since this is one device, got \"%s\"%n",
                  equation.orElse(""))
              + String.format(Locale.ROOT, "  here:          \"%s\"%n", given.withoutLayout())
              + String.format(
                  Locale.ROOT,
                  "  over a mesh:   shardsum plan --mesh ... --sizes ... \"%s\"%n",
                  equation.orElse(""))
              + "  in a program:  ShardedEinsum (docs/sharding-201.md)");
    }
  }

  private boolean write(Tensor result, PrintWriter output) throws IOException {
    if (out.isPresent()) {
      ResultArrays.write(out.get(), result, System.out);
    }
    if (json) {
      ObjectNode answer = JsonAnswer.object();
      TensorJson.into(answer, result, out.isEmpty());
      output.println(JsonAnswer.text(answer));
    } else if (out.isEmpty()) {
      output.println(result);
    }
    return true;
  }

  static Tensor[] map(List<String> files, InputArrays inputs) throws IOException {
    Tensor[] tensors = new Tensor[files.size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = inputs.map(files.get(i));
    }
    return tensors;
  }

  static Tensor run(Einsum einsum, InputArrays inputs, Tensor[] operands) {
    Tensor result = ResultArrays.allocate(inputs.arena(), einsum.dtype(), einsum.outputShape());
    einsum.runInto(result, operands);
    return result;
  }
}
