package io.github.shardsum.cli.topology;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.ByteCount;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.topology.AllToAllSchedule;
import io.github.shardsum.topology.CollectiveCost;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import io.github.shardsum.topology.PhaseCost;
import io.github.shardsum.topology.ReductionSchedule;
import io.github.shardsum.topology.Topologies;
import io.github.shardsum.topology.Topology;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum topology}: a network, and the cost of collectives on it. */
@Command(
    name = "topology",
    description = {
      "Print a network and the cost of collectives on it, by the mean and by the"
          + " largest link load.",
      "Without a name: list the known networks."
    })
public final class TopologyCommand implements Runnable {
  private static final String THIS_MACHINE = "this-machine";

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description =
          "A known network, or this-machine: its speed is measured by running collectives.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = {"-n", "--devices"},
      paramLabel = "N",
      defaultValue = "8",
      description = "Number of devices (default: ${DEFAULT-VALUE}).")
  private int devices;

  @Option(
      names = "--mesh",
      paramLabel = "AXES",
      description =
          "The mesh of the devices, as in 'x=4 y=2' (default: one axis d of all devices).")
  private Optional<String> mesh = Optional.empty();

  @Option(
      names = "--over",
      split = ",",
      paramLabel = "AXIS",
      description = "Mesh axes over which a collective runs (default: all).")
  private List<String> over = new ArrayList<>();

  @Option(
      names = {"-c", "--collective"},
      paramLabel = "C",
      description = {
        "Print the phases of one collective, one of ${COMPLETION-CANDIDATES}.",
        "A collective-permute is a shift by one, a broadcast comes from member 0."
      })
  private Optional<PricedCollective> collective = Optional.empty();

  @Option(
      names = {"-b", "--bytes"},
      paramLabel = "SIZE",
      converter = ByteCount.Converter.class,
      defaultValue = "8MiB",
      description =
          "Size of each device's operand, as in 4096, 8MB or 1.5GiB (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Option(
      names = "--hot",
      paramLabel = "F",
      defaultValue = "4",
      description =
          "In a ragged all-to-all, member 0 receives F times as much as any other (default:"
              + " ${DEFAULT-VALUE}).")
  private double hot;

  @Option(
      names = "--axis-by-axis",
      description =
          "Price an all-to-all along one axis of the network after another, as in the paper.")
  private boolean axisByAxis;

  @Option(
      names = "--exchange",
      description =
          "Price reductions by an exchange of parts whose sums are then shared, as this library's"
              + " engines make them.")
  private boolean exchange;

  @Option(
      names = "--wiring",
      paramLabel = "W",
      description = "Wire every axis of the network as a ${COMPLETION-CANDIDATES}.")
  private Optional<Interconnect> interconnect = Optional.empty();

  @Option(
      names = "--bandwidth",
      paramLabel = "GB/s",
      description = "Bandwidth of a link in each direction (default: the network's).")
  private Optional<Double> bandwidth = Optional.empty();

  @Option(
      names = "--latency",
      paramLabel = "US",
      description = "Latency of a hop in microseconds (default: the network's).")
  private Optional<Double> latency = Optional.empty();

  @Option(names = "--json", description = "Print JSON instead of tables, with times in seconds.")
  private boolean json;

  /** No file is read, so every refused value comes from the command line. */
  @Override
  public void run() {
    try {
      answer(spec.commandLine().getOut());
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }

  private void answer(PrintWriter out) {
    refuseUnused();
    if (name.isEmpty() && json) {
      out.println(TopologyJson.names(THIS_MACHINE));
    } else if (name.isEmpty()) {
      out.println(Topologies.describe());
      out.println("this-machine: this machine with the configured engine, measured");
    } else if (name.get().equals(THIS_MACHINE)) {
      probe(out);
    } else {
      prices(asAsked(named(name.get())), out);
    }
    out.flush();
  }

  /** Refuses options of a network if no network is printed. */
  private void refuseUnused() {
    ParseResult given = spec.commandLine().getParseResult();
    Optional<OptionSpec> option =
        given.matchedOptions().stream()
            .filter(each -> !each.longestName().equals("--json"))
            .findFirst();
    if (name.isEmpty() && option.isPresent()) {
      throw wrongArgument(
          "%s: must be given with a network's name, one of %s and %s",
          option.get().longestName(), String.join(", ", Topologies.names()), THIS_MACHINE);
    }
    if (devices < 1) {
      throw new IllegalArgumentException("--devices: must be at least 1, got " + devices);
    }
  }

  private Topology asAsked(Topology topology) {
    Topology wired = interconnect.map(topology::withInterconnect).orElse(topology);
    Link link = wired.link();
    return wired.withLink(
        Link.of(
            bandwidth.orElse(link.bytesPerSecond() / 1e9),
            latency.orElse(link.secondsPerHop() * 1e6)));
  }

  private Topology named(String known) {
    if (!Topologies.names().contains(known)) {
      throw wrongArgument(
          "must be one of %s and %s, got \"%s\"",
          String.join(", ", Topologies.names()), THIS_MACHINE, known);
    }
    return Topologies.of(known, devices);
  }

  /**
   * Fits the configured engine, which is MPI under {@code launch}. All processes measure, and the
   * first one prints.
   */
  private void probe(PrintWriter out) {
    // Refuses early: prices on any link fail for the same reasons as after the measurement.
    LinkFit any = new LinkFit(Link.of(1, 1), List.of());
    prices(asAsked(MachineProbe.topology(any, devices)), new PrintWriter(Writer.nullWriter()));
    try (Collectives collectives = Collectives.open(Mesh.of("d", devices))) {
      LinkFit fit = MachineProbe.measure(collectives);
      PrintWriter first = collectives.process() == 0 ? out : new PrintWriter(Writer.nullWriter());
      if (!json) {
        first.print(format("fitted here and now, processes: %d%n", collectives.processes()));
        fit.residuals().forEach(residual -> first.println("  " + residual));
      }
      prices(asAsked(MachineProbe.topology(fit, devices)), first);
    }
  }

  private void prices(Topology topology, PrintWriter out) {
    Mesh layout =
        mesh.map(notation -> OptionValue.of(spec, "--mesh", () -> Mesh.parse(notation)))
            .orElseGet(() -> Mesh.of("d", devices));
    List<String> axes = over.isEmpty() ? layout.axisNames() : over;
    long size = bytes;
    CollectiveCostModel costs =
        CollectiveCostModel.of(topology, layout)
            .with(axisByAxis ? AllToAllSchedule.AXIS_BY_AXIS : AllToAllSchedule.DIRECT)
            .with(
                exchange || name.equals(Optional.of(THIS_MACHINE))
                    ? ReductionSchedule.EXCHANGE
                    : ReductionSchedule.RINGS);
    checkHot();
    layout.groups(axes); // before anything is printed
    if (json) {
      Map<String, CollectiveCost> prices = new LinkedHashMap<>();
      collective
          .map(Stream::of)
          .orElseGet(() -> Stream.of(PricedCollective.values()))
          .forEach(each -> prices.put(each.toString(), each.price(costs, axes, size, hot)));
      out.println(TopologyJson.prices(topology, layout.notation(), axes, size, prices));
      return;
    }
    out.println(topology);
    if (collective.isPresent()) {
      out.println(collective.get().price(costs, axes, size, hot));
      return;
    }
    out.print(
        format(
            "mesh %s, groups over %s, %d bytes a device%n",
            layout.notation(), String.join(".", axes), size));
    row(out, "collective", "mean link load", "largest", "latency us", "largest us", "mean us");
    Stream.of(PricedCollective.values())
        .forEach(each -> row(out, each, each.price(costs, axes, size, hot)));
  }

  private void checkHot() {
    if (!(hot >= 0 && hot <= 1e6)) {
      throw new IllegalArgumentException("--hot: must be 0 to 1000000, got " + hot);
    }
  }

  private static void row(PrintWriter out, PricedCollective name, CollectiveCost price) {
    row(
        out,
        name.toString(),
        megabytes(price.meanLinkLoad()),
        megabytes(price.largestLinkLoad()),
        micros(price.latencySeconds()),
        micros(price.seconds()),
        micros(price.meanSeconds()));
  }

  private static void row(PrintWriter out, String... cells) {
    String line = format("%-20s %15s %13s %11s %13s %13s", (Object[]) cells);
    out.println(line.stripTrailing());
  }

  private static String megabytes(double bytes) {
    return format("%.3f MB", bytes / 1e6);
  }

  private static String micros(double seconds) {
    return format("%.2f", seconds * 1e6);
  }

  /** Networks and prices as JSON; times in seconds. */
  private static final class TopologyJson {
    private TopologyJson() {}

    /** {@code {"networks":[..]}}. */
    static String names(String more) {
      ObjectNode answer = JsonAnswer.object();
      ArrayNode names = answer.putArray("networks");
      Topologies.names().forEach(names::add);
      names.add(more);
      return JsonAnswer.text(answer);
    }

    /**
     * {@code
     * {"network":..,"devices":..,"bytesPerSecond":..,"secondsPerHop":..,"mesh":..,"over":[..],
     * "bytes":..,"collectives":[{"name":..,"meanLinkBytes":..,..,"phases":[..]}]}}.
     *
     * @param prices the prices by the name of the collective
     */
    static String prices(
        Topology topology,
        String mesh,
        List<String> over,
        long bytes,
        Map<String, CollectiveCost> prices) {
      ObjectNode answer =
          JsonAnswer.object()
              .put("network", topology.name())
              .put("devices", topology.devices())
              .put("bytesPerSecond", topology.link().bytesPerSecond())
              .put("secondsPerHop", topology.link().secondsPerHop())
              .put("mesh", mesh);
      over.forEach(answer.putArray("over")::add);
      answer.put("bytes", bytes);
      ArrayNode list = answer.putArray("collectives");
      prices.forEach((name, price) -> price(list.addObject().put("name", name), price));
      return JsonAnswer.text(answer);
    }

    private static void price(ObjectNode node, CollectiveCost price) {
      node.put("meanLinkBytes", price.meanLinkLoad())
          .put("largestLinkBytes", price.largestLinkLoad())
          .put("hops", price.hops())
          .put("latencySeconds", price.latencySeconds())
          .put("seconds", price.seconds())
          .put("meanSeconds", price.meanSeconds());
      ArrayNode phases = node.putArray("phases");
      for (PhaseCost phase : price.phases()) {
        phases
            .addObject()
            .put("name", phase.name())
            .put("meanLinkBytes", phase.meanBytes())
            .put("largestLinkBytes", phase.largestBytes())
            .put("hops", phase.hops())
            .put("seconds", phase.largestSeconds())
            .put("meanSeconds", phase.meanSeconds());
      }
    }
  }
}
