package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A table of results, which a page and Markdown show.
 *
 * @param heading its heading
 * @param head a text for each column
 * @param rows the texts of each row
 */
record BenchTable(String heading, List<String> head, List<List<String>> rows) {
  private static BenchTable of(String heading, String head, List<List<String>> rows) {
    return new BenchTable(heading, List.of(head.split(", ", -1)), rows);
  }

  /** The tables that have rows: peers, the cases of each number of threads, kernels, targets. */
  static List<BenchTable> all(
      List<BenchMeasurement> results, List<KernelCase.Result> kernels, List<PeerVersion> peers) {
    List<BenchTable> all = new ArrayList<>();
    all.add(
        of(
            "Peers",
            "peer, version, kernels that it chose",
            peers.stream().map(p -> List.of(p.name(), p.version(), p.kernel())).toList()));
    List<Integer> counts = results.stream().map(BenchMeasurement::threads).distinct().toList();
    for (int count : counts) {
      all.add(
          of(
              "Cases, " + threads(count),
              threads(count) + ", ours, spread, rate, share of limit, peer's time over ours [95 %]",
              results.stream().filter(r -> r.threads() == count).map(BenchTable::row).toList()));
    }
    all.add(
        of(
            "The kernels' own cases",
            "kernel, threads, value [95 %], wanted, ",
            kernels.stream().map(BenchTable::row).toList()));
    all.add(
        of(
            "Targets: met if the median reaches them, within noise if only the interval does",
            "target, threads, reached, wanted, least, ",
            BenchTarget.all().stream()
                .flatMap(
                    target -> counts.stream().flatMap(n -> target.outcome(results, n).stream()))
                .map(BenchTable::row)
                .toList()));
    return all.stream().filter(table -> !table.rows.isEmpty()).toList();
  }

  private static List<String> row(BenchMeasurement r) {
    return List.of(
        r.subject().id(),
        BenchReport.time(r.seconds()),
        format("%.1f %%", 100 * (r.upper() - r.lower()) / r.seconds()),
        BenchReport.rate(r),
        format("%.1f %% of %s", 100 * r.share(), r.limit().name().toLowerCase(Locale.ROOT)),
        r.peers().stream().map(BenchReport::peer).collect(Collectors.joining(", ")));
  }

  private static List<String> row(KernelCase.Result r) {
    KernelCase subject = r.subject();
    return List.of(
        subject.path(),
        Integer.toString(r.threads()),
        format(
            "%.4g [%.4g, %.4g] %s",
            r.value().median(), r.value().low(), r.value().high(), subject.unit()),
        format("%s %.4g", subject.atMost() ? "at most" : "at least", subject.wanted()),
        r.verdict().toString());
  }

  private static List<String> row(BenchTarget.Outcome outcome) {
    BenchTarget target = outcome.target();
    return List.of(
        target.name(),
        Integer.toString(outcome.threads()),
        format(
            "%s %.3f of %d", target.mean() ? "mean" : "least", outcome.reached(), outcome.cases()),
        format(
            "%.2f, %s",
            target.wanted(),
            target.opponents().isEmpty()
                ? "share of the limit"
                : "best of " + String.join(", ", target.opponents())),
        outcome.least(),
        outcome.verdict().toString());
  }

  /** A number of threads in words. */
  static String threads(int count) {
    return count == 1 ? "one thread" : count + " threads";
  }

  /** The table in Markdown; targets that are not met are bold. */
  String markdown() {
    String missed = BenchVerdict.NOT_MET.toString();
    StringBuilder text = new StringBuilder("\n| " + String.join(" | ", head) + " |\n");
    text.append("|---".repeat(head.size())).append("|\n");
    for (List<String> row : rows) {
      for (String cell : row) {
        text.append("| ").append(cell.equals(missed) ? "**not met**" : cell).append(' ');
      }
      text.append("|\n");
    }
    return text.toString();
  }
}
