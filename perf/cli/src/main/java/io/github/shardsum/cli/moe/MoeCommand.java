package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.common.ThreadsOption;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.mesh.Mesh;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum moe}: the paper's Mixture-of-Experts layer on real text. */
@Command(
    name = "moe",
    description = {
      "Run the GShard paper's Mixture-of-Experts layer (top-2 routing) on real text, a byte a"
          + " token.",
      "Prints time and FLOP/s of each einsum, the experts' loads, and a check against the"
          + " reference backend."
    })
public final class MoeCommand implements Callable<Integer> {
  private static final double WARM_UP_SECONDS = 1.5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description =
          "The text; without it, names of languages, countries and currencies that the JDK"
              + " carries.")
  private Optional<Path> text = Optional.empty();

  @Option(
      names = "--experts",
      paramLabel = "E",
      defaultValue = "16",
      description = "Experts (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--group",
      paramLabel = "S",
      defaultValue = "1024",
      description = "Tokens in a group (default: ${DEFAULT-VALUE}).")
  private int group;

  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "128",
      description = "Width of a token (default: ${DEFAULT-VALUE}).")
  private int model;

  @Option(
      names = "--hidden",
      paramLabel = "H",
      defaultValue = "512",
      description = "Width inside an expert (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--capacity-factor",
      paramLabel = "F",
      defaultValue = "1",
      description = "Slots of an expert, as a multiple of 2*S/E (default: ${DEFAULT-VALUE}).")
  private double capacityFactor;

  @Option(
      names = "--passes",
      paramLabel = "N",
      defaultValue = "24",
      description = "Runs of the layer at most, spread over the text (default: ${DEFAULT-VALUE}).")
  private int passes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of weights, vectors and routing (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--mesh",
      paramLabel = "MESH",
      description =
          "Run the beginning of the text on a mesh, as x=8, groups and experts split over it, and"
              + " show each collective with its bytes.")
  private Optional<String> mesh = Optional.empty();

  @Option(names = "--backward", description = "With --mesh: the gradient too.")
  private boolean backward;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    MoeJob job = job();
    Progress progress = Progress.onStandardError(spec.commandLine().getErr(), System.getenv());
    if (backward && mesh.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--backward: must be given with --mesh");
    }
    if (json && mesh.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "--json: must not stand with --mesh, whose report is text");
    }
    Optional<Mesh> devices = mesh.map(this::mesh);
    try (Workers workers = Workers.of(job.threads());
        TextSource source = source(workers, progress)) {
      if (devices.isPresent()) {
        PrintWriter out = spec.commandLine().getOut();
        return new MoeMeshRun(job, devices.get(), backward, workers, out).run(source) ? 0 : 1;
      }
      MachineLimits before = limits(workers, progress);
      MoeOutcome outcome = new MoeRun(job, source, workers, progress).run(WARM_UP_SECONDS);
      MachineLimits limits = before.orBetter(limits(workers, progress));
      progress.end();
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(MoeJson.of(outcome, limits));
      } else {
        MoeReport.print(outcome, limits, out);
      }
      out.flush();
      return outcome.check().passed() ? 0 : 1;
    }
  }

  private Mesh mesh(String notation) {
    try {
      return Mesh.parse(notation);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--mesh: " + e.getMessage(), e);
    }
  }

  private static MachineLimits limits(Workers workers, Progress progress) {
    progress.begin("measuring the machine", 1);
    return MachineLimits.measure(workers);
  }

  private MoeJob job() {
    try {
      MoeJob job =
          new MoeJob(experts, group, model, hidden, capacityFactor, seed, threads.count(), passes);
      job.checkMemory(Runtime.getRuntime().maxMemory());
      return job;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private TextSource source(Workers workers, Progress progress) throws IOException {
    if (text.isPresent()) {
      return TextSource.open(text.get());
    }
    progress.begin("reading the JDK's names", LocaleText.languageCount());
    LocaleText names = LocaleText.gather(workers, progress::advance);
    progress.end();
    return new TextSource.InMemory(
        "names of languages, countries and currencies in %d languages, from the JDK"
            .formatted(names.languages()),
        names.bytes());
  }
}
