package io.github.shardsum.cli.differ;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.testkit.Disagreement;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
          String.format(
              Locale.ROOT,
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
}
