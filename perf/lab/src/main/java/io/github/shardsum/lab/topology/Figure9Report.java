package io.github.shardsum.lab.topology;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.lab.topology.Figure9.Curve;
import io.github.shardsum.lab.topology.Figure9.Slices;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.Residual;
import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Prints every point of figure 9 with the model's value, then the values under other assumptions.
 */
public final class Figure9Report {
  private final PrintWriter out;

  private Figure9Report(PrintWriter out) {
    this.out = out;
  }

  /** All points and residuals. */
  public static void print(PrintWriter out) {
    Figure9Report report = new Figure9Report(out);
    Link link = Figure9.fitted(Slices.RINGS, _ -> true);
    report.head(link);
    Figure9.CURVES.forEach(curve -> report.curve(link, curve));
    report.assumptions();
    out.flush();
  }

  private void head(Link link) {
    out.print(
        format("figure 9 of the GShard paper, TPU v3, two partitions a chip, rings everywhere%n"));
    out.print(
        format("one link for all 32 points, fitted to them by the largest link load: %s%n", link));
  }

  private void curve(Link link, Curve curve) {
    LinkFit fit = Figure9.residuals(Slices.RINGS, link, curve);
    out.print(format("%n%s%n", curve.name()));
    out.print(
        format("%12s %8s %10s %10s %9s%n", "partitions", "chips", "paper us", "model us", "error"));
    for (int i = 0; i < fit.residuals().size(); i++) {
      Residual residual = fit.residuals().get(i);
      int partitions = Figure9.PARTITIONS.get(i);
      out.print(
          format(
              "%12d %8s %10.0f %10.0f %+8.1f %%%n",
              partitions,
              chips(Slices.RINGS.topology(partitions)),
              residual.measuredSeconds() * 1e6,
              residual.predictedSeconds() * 1e6,
              100 * residual.relative()));
    }
    out.print(
        format(
            "%12s %.1f %%, the time rises at %s%n",
            "worst",
            100 * fit.worst(),
            sameSteps(fit) ? "the same sizes as the paper's" : "other sizes than the paper's"));
  }

  private static String chips(Topology topology) {
    return topology.axes().stream()
        .map(TopologyAxis::size)
        .map(String::valueOf)
        .collect(Collectors.joining("x"));
  }

  /**
   * The same as JSON, times in seconds, errors relative: {@code {"link":{..},"curves":[{"name":..,
   * "worst":..,"sameSteps":..,"points":[..]}],"assumptions":[..]}}.
   */
  static String json() {
    Link link = Figure9.fitted(Slices.RINGS, _ -> true);
    ObjectNode answer = JsonAnswer.object();
    link(answer.putObject("link"), link);
    ArrayNode curves = answer.putArray("curves");
    Figure9.CURVES.forEach(curve -> curve(curves.addObject(), link, curve));
    ArrayNode assumptions = answer.putArray("assumptions");
    for (Slices slices : Slices.values()) {
      assumption(assumptions.addObject(), slices, "all points", _ -> true);
      assumption(assumptions.addObject(), slices, "all-to-all", Curve::isAllToAll);
    }
    return JsonAnswer.text(answer);
  }

  private static void link(ObjectNode node, Link link) {
    node.put("bytesPerSecond", link.bytesPerSecond()).put("secondsPerHop", link.secondsPerHop());
  }

  private static void curve(ObjectNode node, Link link, Curve curve) {
    LinkFit fit = Figure9.residuals(Slices.RINGS, link, curve);
    node.put("name", curve.name()).put("worst", fit.worst()).put("sameSteps", sameSteps(fit));
    ArrayNode points = node.putArray("points");
    for (int i = 0; i < fit.residuals().size(); i++) {
      Residual residual = fit.residuals().get(i);
      points
          .addObject()
          .put("partitions", Figure9.PARTITIONS.get(i))
          .put("paperSeconds", residual.measuredSeconds())
          .put("modelSeconds", residual.predictedSeconds())
          .put("error", residual.relative());
    }
  }

  private static void assumption(
      ObjectNode node, Slices slices, String name, Predicate<Curve> fittedTo) {
    Link link = Figure9.fitted(slices, fittedTo);
    node.put("slices", slices.toString()).put("fittedTo", name);
    link(node, link);
    node.put("worstAllToAll", Figure9.worst(slices, link, Curve::isAllToAll))
        .put("worstAllReduce", Figure9.worst(slices, link, curve -> !curve.isAllToAll()));
  }

  static boolean sameSteps(LinkFit fit) {
    List<Double> paper = fit.residuals().stream().map(Residual::measuredSeconds).toList();
    List<Double> model = fit.residuals().stream().map(Residual::predictedSeconds).toList();
    return Figure9.steps(paper).equals(Figure9.steps(model));
  }

  private void assumptions() {
    out.print(format("%nother assumptions, worst errors%n"));
    out.print(
        format(
            "%-18s %-16s %8s %10s %12s %12s%n",
            "slices", "fitted to", "GB/s", "us a hop", "all-to-all", "all-reduce"));
    for (Slices slices : Slices.values()) {
      row(slices, "all points", _ -> true);
      row(slices, "all-to-all", Curve::isAllToAll);
    }
  }

  private void row(Slices slices, String name, Predicate<Curve> fittedTo) {
    Link link = Figure9.fitted(slices, fittedTo);
    out.print(
        format(
            "%-18s %-16s %8.1f %10.2f %10.1f %% %10.1f %%%n",
            slices,
            name,
            link.bytesPerSecond() / 1e9,
            link.secondsPerHop() * 1e6,
            100 * Figure9.worst(slices, link, Curve::isAllToAll),
            100 * Figure9.worst(slices, link, curve -> !curve.isAllToAll())));
  }

  /** {@code figure9}: the cost model against the GShard paper's figure 9. */
  @Command(
      name = "figure9",
      description = "Fit the GShard paper's figure 9 and print the residual of every point.")
  public static final class Figure9Command implements Runnable {
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(Figure9Report.json());
      } else {
        Figure9Report.print(out);
      }
    }
  }
}
