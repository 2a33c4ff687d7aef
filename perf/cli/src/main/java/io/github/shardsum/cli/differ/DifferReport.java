package io.github.shardsum.cli.differ;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Value;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Disagreement.Outcome;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The report of a search: the first disagreement of each kind whole, and a summary at the end, also
 * if a signal ends the process. Thread-safe.
 */
final class DifferReport implements AutoCloseable {
  private final PrintWriter out;
  private final PrintWriter err;
  private final Mesh mesh;
  private final long seed;
  private final boolean json;
  private final Map<String, List<Long>> seeds = new LinkedHashMap<>();
  private final Thread hook = new Thread(this::summary, "shardsum-differ-summary");
  private long tried;
  private long skipped;
  private boolean ended;

  /**
   * @param json whether the summary is JSON on {@code out}
   */
  DifferReport(PrintWriter out, PrintWriter err, Mesh mesh, long seed, boolean json) {
    this.out = out;
    this.err = err;
    this.mesh = mesh;
    this.seed = seed;
    this.json = json;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  synchronized void tried(long programs) {
    tried = programs;
  }

  /** Tells how many of the programs were not compared. */
  synchronized void skipped(long programs) {
    skipped = programs;
  }

  synchronized long tried() {
    return tried;
  }

  /**
   * Prints a disagreement unless one of its kind is printed.
   *
   * @param right the side that agrees with the reference evaluator
   */
  synchronized void add(Disagreement found, String right) {
    List<Long> same = seeds.computeIfAbsent(right + " " + found.kind(), _ -> new ArrayList<>());
    same.add(found.seed());
    if (same.size() == 1) {
      out.println(DifferJson.of(found, mesh, right));
      out.flush();
    }
  }

  private synchronized void summary() {
    if (ended) {
      return;
    }
    ended = true;
    long disagreements = seeds.values().stream().mapToLong(List::size).sum();
    if (json) {
      out.println(DifferJson.summary(tried, skipped, mesh, seed, List.copyOf(seeds.values())));
      out.flush();
    } else {
      err.println(
          format(
              "shardsum differ: %d programs%s on mesh %s from seed %d, %d disagreements%s",
              tried,
              skipped == 0 ? "" : " (" + skipped + " skipped)",
              mesh.notation().replace(' ', ','),
              seed,
              disagreements,
              seeds.isEmpty() ? "" : ", by kind those of the seeds " + seeds.values()));
      err.flush();
    }
  }

  /** Prints the summary. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The process ends, and the hook prints the summary.
    }
    summary();
  }

  /** A disagreement as JSON. */
  static final class DifferJson {
    private DifferJson() {}

    /**
     * {@code
     * {"seed":..,"mesh":..,"difference":..,"statement":..,"right":..,"program":..,"inputs":{NAME:{"type":..,
     * "elements":[..]}},"expected":{NAME:..},"got":{..},"stablehlo":..}}; a side that failed has
     * {@code {"failure":..}}.
     *
     * @param right the side that agrees with the reference evaluator
     */
    static String of(Disagreement found, Mesh mesh, String right) {
      ObjectNode answer =
          JsonAnswer.object()
              .put("seed", found.seed())
              .put("mesh", mesh.notation())
              .put("difference", found.difference())
              .put("statement", found.statement().orElse(""))
              .put("right", right)
              .put("program", found.smallest().program().toString());
      List<Value> outputs = found.smallest().program().outputs();
      RunnerLines.put(
          answer.putObject("inputs"),
          found.smallest().program().inputs(),
          found.smallest().inputs());
      outcome(answer.putObject("expected"), outputs, found.expected());
      outcome(answer.putObject("got"), outputs, found.given());
      answer.put(
          "stablehlo",
          StableHlo.of(
                  found.smallest().program(),
                  LoweringOptions.defaults().withFullPrecision().withMesh(mesh))
              .text());
      return JsonAnswer.text(answer);
    }

    /**
     * {@code
     * {"programs":..,"skipped":..,"mesh":..,"seed":..,"disagreements":..,"kinds":[[SEED,..],..]}}.
     *
     * @param kinds the seeds of the disagreements of each kind
     */
    static String summary(
        long programs, long skipped, Mesh mesh, long seed, List<List<Long>> kinds) {
      ObjectNode answer =
          JsonAnswer.object()
              .put("programs", programs)
              .put("skipped", skipped)
              .put("mesh", mesh.notation())
              .put("seed", seed)
              .put("disagreements", kinds.stream().mapToLong(List::size).sum());
      ArrayNode all = answer.putArray("kinds");
      for (List<Long> seeds : kinds) {
        ArrayNode same = all.addArray();
        seeds.forEach(same::add);
      }
      return JsonAnswer.text(answer);
    }

    private static void outcome(ObjectNode side, List<Value> outputs, Outcome outcome) {
      outcome
          .failure()
          .ifPresentOrElse(
              failure ->
                  side.put(
                      "failure", failure.getClass().getSimpleName() + ": " + failure.getMessage()),
              () -> RunnerLines.put(side, outputs, outcome.outputs()));
    }
  }
}
