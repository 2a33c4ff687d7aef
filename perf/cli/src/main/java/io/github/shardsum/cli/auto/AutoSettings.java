package io.github.shardsum.cli.auto;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.cli.common.ByteCount;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.program.NamedPrograms;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.topology.Topologies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Options of a search for annotations. */
final class AutoSettings {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FILE.program",
      description = "The file of a program; its annotations are kept.")
  private Optional<Path> program = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "A built-in model instead of a file: ${COMPLETION-CANDIDATES}, with the paper's widths"
              + " and without its annotations.")
  private Optional<NamedPrograms> model = Optional.empty();

  @Option(names = "--mesh", paramLabel = "AXES", description = "The mesh, as in x=2,y=2.")
  private Optional<String> mesh = Optional.empty();

  @Option(
      names = "--topology",
      paramLabel = "NAME",
      description = "Price collectives on this network; shardsum topology lists the networks.")
  private Optional<String> topology = Optional.empty();

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = ByteCount.Converter.class,
      description = "The most bytes that a device may hold at any time, as in 4096, 8MB or 1.5GiB.")
  private Optional<Long> limit = Optional.empty();

  @Option(
      names = "--keep",
      paramLabel = "NAME=LAYOUT",
      description =
          "An annotation that the answer keeps, as in dispatched=E@x; may be given again.")
  private Map<String, String> kept = Map.of();

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description =
          "An input that may not be replicated, such as the tokens of a step: each mesh axis splits"
              + " one of its labels; may be given again.")
  private List<String> split = List.of();

  @Option(
      names = "--pareto",
      description =
          "Repeat the search with smaller and smaller memory limits, and print price against"
              + " memory.")
  private boolean pareto;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "With --pareto: also write a page with a picture of price against memory.")
  private Optional<Path> html = Optional.empty();

  boolean isGiven() {
    return program.isPresent() || model.isPresent();
  }

  boolean isBoth() {
    return program.isPresent() && model.isPresent();
  }

  boolean isPareto() {
    return pareto;
  }

  /** Annotations that stay, in addition to the program's own. */
  SortedMap<String, String> kept() {
    return new TreeMap<>(kept);
  }

  /** The file of the page, if one is asked for. */
  Optional<Path> html() {
    return html;
  }

  /** The mesh; empty if none is given. */
  Optional<Mesh> mesh() {
    return mesh.map(notation -> MeshOptions.ofRun(spec, notation));
  }

  Program program(Mesh on) throws IOException {
    Program given =
        model.isPresent()
            ? Annotations.none(model.get().program(on))
            : ProgramFile.read(program.orElseThrow());
    List<String> inputs =
        given.inputs().stream().filter(input -> input.type().rank() > 0).map(Value::name).toList();
    for (String name : split) {
      if (!inputs.contains(name)) {
        throw usageError(
            spec, "--split: must be an input that has labels, one of " + inputs + ", got " + name);
      }
    }
    return MeshOptions.annotated(spec, "--keep", kept, given, on);
  }

  AutoOptions options(Mesh on, double seconds) {
    PlanOptions plan = PlanOptions.defaults();
    if (topology.isPresent()) {
      plan =
          plan.withTopology(
              OptionValue.of(spec, "--topology", () -> Topologies.of(topology.get(), on.size())));
    }
    if (limit.isPresent()) {
      plan = plan.withMemoryLimit(limit.get());
    }
    return AutoOptions.defaults()
        .withPlan(plan)
        .withKernels(MoePrograms.kernels())
        .withSplit(Set.copyOf(split))
        .withSeconds(seconds);
  }
}
