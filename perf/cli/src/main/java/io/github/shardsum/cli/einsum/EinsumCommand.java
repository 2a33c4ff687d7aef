package io.github.shardsum.cli.einsum;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

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
import io.github.shardsum.io.Npy;
import io.github.shardsum.path.Objective;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
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
      throw usageError(spec, "option: must be a known one, got " + equation.orElse(""));
    }
    for (String operand : operands) {
      if (operand.startsWith("-") && !operand.equals(InputArrays.STANDARD)) {
        throw usageError(
            spec, "option: must be a known one, got " + operand + " (a file: ./" + operand + ")");
      }
    }
    if (jobs.isPresent() && (equation.isPresent() || out.isPresent() || explain || json)) {
      throw usageError(
          spec,
          "--jobs: must be given without equation, files, -o, --explain and --json, got one"
              + " of them");
    }
    boolean standard = out.filter(file -> file.toString().equals(InputArrays.STANDARD)).isPresent();
    if (json && (explain || standard)) {
      throw usageError(spec, "--json: must be given without --explain and -o -, got one of them");
    }
    if (out.filter(ResultArrays::isOfOtherFormat).isPresent()) {
      throw usageError(spec, "-o: must name a .npy file, got " + out.get());
    }
    if (explain && standard) {
      throw usageError(
          spec, "--explain: must be given without -o -, since both would write to standard output");
    }
    if (jobs.isEmpty() && (equation.isEmpty() || operands.isEmpty())) {
      throw usageError(spec, "einsum: must have an equation and its operands, or --jobs");
    }
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
          format(
                  "must be an equation without layout, since this is one device, got \"%s\"%n",
                  equation.orElse(""))
              + format("  here:          \"%s\"%n", given.withoutLayout())
              + format(
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

  /**
   * One line of a file of jobs.
   *
   * @param operands names of .npy files
   * @param out name of the .npy file to write
   */
  private record EinsumJob(String equation, List<String> operands, String out) {
    /**
     * The job of a line.
     *
     * @throws IllegalArgumentException if a member is missing or of another kind
     */
    static EinsumJob of(JsonNode line) {
      JsonNode operands = line.path("operands");
      if (!operands.isArray()) {
        throw new IllegalArgumentException(
            "job: \"operands\": must be an array of file names, got " + kind(operands));
      }
      List<String> files = new ArrayList<>();
      for (JsonNode operand : operands) {
        files.add(text(operand, "operands"));
      }
      String equation = text(line.path("equation"), "equation");
      return new EinsumJob(equation, files, text(line.path("out"), "out"));
    }

    /** Computes the job, writes its file, and answers with the shape and the dtype. */
    void run(EinsumOptions options, ObjectNode answer) throws IOException {
      Path target = Path.of(out);
      if (out.equals(InputArrays.STANDARD) || operands.contains(InputArrays.STANDARD)) {
        throw new IllegalArgumentException(
            "job: must name files, got - (answers are on standard output)");
      }
      if (ResultArrays.isOfOtherFormat(target)) {
        throw new IllegalArgumentException("\"out\": must name a .npy file, got " + out);
      }
      try (InputArrays inputs = new InputArrays(InputStream.nullInputStream())) {
        Tensor[] tensors = EinsumCommand.map(operands, inputs);
        Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(tensors));
        Tensor result =
            inputs.read(
                () -> {
                  Tensor computed = EinsumCommand.run(einsum, inputs, tensors);
                  Npy.write(target, computed);
                  return computed;
                });
        ArrayNode shape = answer.putArray("shape");
        for (long size : result.shape().toArray()) {
          shape.add(size);
        }
        answer.put("dtype", result.dtype().toString());
      }
    }

    private static String text(JsonNode node, String member) {
      if (!node.isString()) {
        throw new IllegalArgumentException(
            "job: \"" + member + "\": must be a string, got " + kind(node));
      }
      return node.stringValue();
    }

    private static String kind(JsonNode node) {
      return node.isMissingNode()
          ? "none"
          : node.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
