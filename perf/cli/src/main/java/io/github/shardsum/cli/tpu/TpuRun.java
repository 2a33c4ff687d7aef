package io.github.shardsum.cli.tpu;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.cli.common.TensorJson;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.PjrtProgramFormat;
import io.github.shardsum.pjrt.PjrtSearch;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.pjrt.Sharding;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum tpu run}: a program of StableHLO text on .npy files. */
@Command(
    name = "run",
    description = {
      "%nRun a program of StableHLO text on files of arrays.",
      "%nWith --partitions the files hold whole values: they are split over the"
          + " devices as the program's"
          + " sdy shardings say, and the results are put together again.%n"
    })
final class TpuRun implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin;

  @Parameters(
      index = "0",
      paramLabel = "FILE.mlir",
      description = "The file of a StableHLO module with a function main.")
  private Path program;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "A.npy",
      description =
          "The arguments: A.npy, A.npz:NAME, A.safetensors:NAME, or - for a .npy file on standard"
              + " input.")
  private List<String> arguments = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "OUT.npy",
      description =
          "Write a result to this file (- for standard output); give -o once for each result."
              + " Without -o only the shapes are printed.")
  private List<Path> outputs = List.of();

  @Option(
      names = "--partitions",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Number of devices over which the program is split (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--json",
      description = "Print the results as JSON; with -o, print the names of the files.")
  private boolean json;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Override
  public Integer call() throws IOException {
    if (json && isStandardOutputTaken()) {
      throw usageError(
          spec, "--json: must be given without -o -, since both would write to standard output");
    }
    for (Path output : outputs) {
      if (ResultArrays.isOfOtherFormat(output)) {
        throw usageError(spec, "-o: must name a .npy file, got " + output);
      }
    }
    PjrtCompileOptions split =
        OptionValue.of(spec, "--partitions", () -> PjrtCompileOptions.partitioned(partitions));
    TpuProgramText text = TpuProgramText.read(spec, program, outputs);
    PjrtCompileOptions options = split.withShardy(text.isShardy());
    try (InputArrays inputs = new InputArrays(System.in)) {
      List<Tensor> tensors = new ArrayList<>();
      for (String argument : arguments) {
        tensors.add(inputs.map(argument));
      }
      run(text.code(), options, inputs, tensors);
    }
    return 0;
  }

  private void run(
      byte[] program, PjrtCompileOptions options, InputArrays inputs, List<Tensor> tensors)
      throws IOException {
    PjrtSearch.Found found = plugin.find(System.getenv());
    try (LongRun _ = progress.watch(this.program.toString(), () -> 0, 0);
        PjrtClient client = PluginChoice.client(PjrtPlugin.open(found.library()), partitions);
        PjrtLoadedExecutable loaded = client.compile(program, PjrtProgramFormat.MLIR, options)) {
      checkResults(loaded.executable().outputTypes(), outputs.size());
      write(
          inputs.read(
              () -> loaded.executable().outputs() == 0 ? List.of() : run(client, loaded, tensors)));
    }
  }

  private List<Tensor> run(PjrtClient client, PjrtLoadedExecutable loaded, List<Tensor> inputs) {
    int count = loaded.devices().size();
    List<List<PjrtBuffer>> rows = new ArrayList<>();
    for (int device = 0; device < count; device++) {
      rows.add(new ArrayList<>());
    }
    List<Sharding> split = shardings(loaded, inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      List<Tensor> parts = split(i, split.get(i), inputs.get(i), count);
      for (int device = 0; device < count; device++) {
        rows.get(device).add(client.bufferFrom(parts.get(device), loaded.devices().get(device)));
      }
    }
    List<List<PjrtBuffer>> results = loaded.execute(rows, ExecuteOptions.defaults()).join();
    return joined(loaded, results, count);
  }

  private List<Tensor> split(int argument, Sharding sharding, Tensor whole, int count) {
    try {
      return sharding.split(whole, count);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          format("argument %d, %s: %s", argument, arguments.get(argument), e.getMessage()), e);
    }
  }

  private List<Sharding> shardings(PjrtLoadedExecutable loaded, int inputs) {
    if (partitions == 1) {
      return Collections.nCopies(inputs, Sharding.replicated(1));
    }
    List<Sharding> known =
        loaded.executable().parameterShardings().orElseThrow(TpuRun::unknownShardings);
    if (known.size() != inputs) {
      throw new IllegalArgumentException(
          "arguments: must be " + known.size() + " files, got " + inputs);
    }
    return known;
  }

  private static IllegalArgumentException unknownShardings() {
    return new IllegalArgumentException(
        "--partitions: the plugin does not say how a program's values are split; it"
            + " must be of PJRT API 0.91"
            + " or newer");
  }

  private List<Tensor> joined(
      PjrtLoadedExecutable loaded, List<List<PjrtBuffer>> results, int count) {
    int width = results.getFirst().size();
    List<Sharding> shardings =
        partitions == 1
            ? Collections.nCopies(width, Sharding.replicated(1))
            : loaded.executable().outputShardings().orElseThrow(TpuRun::unknownShardings);
    List<Tensor> whole = new ArrayList<>();
    for (int output = 0; output < width; output++) {
      List<Tensor> parts = new ArrayList<>();
      for (int device = 0; device < count; device++) {
        parts.add(results.get(device).get(output).toTensor());
      }
      whole.add(shardings.get(output).join(parts));
    }
    return whole;
  }

  /** Checked before the run, which may take hours. */
  static void checkResults(List<PjrtType> types, int files) {
    if (files != 0 && files != types.size()) {
      throw wrongArgument("-o: must be a file for each of %d results, got %d", types.size(), files);
    }
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).dtype().isEmpty()) {
        throw wrongArgument(
            "result %d: must be F32, F64, BF16, S32, S64 or PRED, got %s; convert"
                + " it in the program",
            i, types.get(i));
      }
    }
  }

  /** Whether a result's bytes go to standard output, which a line of text would spoil. */
  private boolean isStandardOutputTaken() {
    return outputs.contains(Path.of(InputArrays.STANDARD));
  }

  private void write(List<Tensor> results) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode answer = JsonAnswer.object();
    ArrayNode list = answer.putArray("results");
    for (int i = 0; i < results.size(); i++) {
      Tensor result = results.get(i);
      if (!outputs.isEmpty()) {
        ResultArrays.write(outputs.get(i), result, System.out);
      }
      if (json) {
        TensorJson.into(list.addObject(), result, outputs.isEmpty());
      }
      if (json || isStandardOutputTaken()) {
        continue;
      }
      out.print(
          format(
              "result %d: %s %s%s%n",
              i, result.dtype(), result.shape(), outputs.isEmpty() ? "" : " in " + outputs.get(i)));
    }
    if (json) {
      out.println(JsonAnswer.text(answer));
    }
    out.flush();
  }
}
