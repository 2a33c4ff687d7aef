package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import io.github.shardsum.ops.KernelInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Results as the tables of docs/performance-results.md: a section for each instruction set. */
final class BenchMarkdown {
  private static final String HEADING = "## ";

  private final StringBuilder text = new StringBuilder();

  private BenchMarkdown() {}

  /** The whole page with this section, and with the other sections of an older page. */
  static String merged(String page, String section) {
    Map<String, String> sections = new TreeMap<>(Comparator.reverseOrder());
    String[] parts = page.split("(?m)^(?=" + HEADING + ")", -1);
    for (int i = 1; i < parts.length; i++) {
      sections.put(heading(parts[i]), parts[i].strip());
    }
    sections.put(heading(section), section.strip());
    return """
        # Results of `shardsum bench`

        [performance.md](performance.md) explains the columns. `--markdown` wrote this page. It has a section for each
        instruction set, each by its own run.

        """
        + String.join("\n\n", sections.values())
        + "\n";
  }

  private static String heading(String section) {
    return section.lines().findFirst().orElse("");
  }

  /** Machine, load, peers, a table for each number of threads, the kernels' own cases, targets. */
  static String section(
      List<BenchMeasurement> results,
      List<KernelCase.Result> kernels,
      List<PeerVersion> peers,
      String machine,
      List<Double> loads) {
    BenchMarkdown markdown = new BenchMarkdown();
    int bits = KernelInfo.current().vectorBits();
    markdown.line(HEADING + (bits == 0 ? "without vectors" : "%d bits"), bits);
    markdown.line("");
    markdown.line("%s. Load average before and after: %s.", machine, joined(loads));
    if (!peers.isEmpty()) {
      markdown.line("");
      markdown.line("| peer | version | kernels that it chose |");
      markdown.line("|---|---|---|");
      peers.forEach(p -> markdown.line("| %s | %s | %s |", p.name(), p.version(), p.kernel()));
    }
    List<Integer> counts = results.stream().map(BenchMeasurement::threads).distinct().toList();
    for (int count : counts) {
      markdown.cases(count, results.stream().filter(r -> r.threads() == count).toList());
    }
    markdown.kernels(kernels);
    markdown.targets(results, counts);
    return markdown.text.toString();
  }

  private void cases(int threads, List<BenchMeasurement> results) {
    line("");
    line(
        "| %s | ours | spread | rate | share of limit | peer's time over ours [95 %%] |",
        threads(threads));
    line("|---|---|---|---|---|---|");
    for (BenchMeasurement r : results) {
      line(
          "| %s | %s | %.1f %% | %s | %.1f %% of %s | %s |",
          r.subject().id(),
          BenchReport.time(r.seconds()),
          100 * (r.upper() - r.lower()) / r.seconds(),
          BenchReport.rate(r),
          100 * r.share(),
          r.limit().name().toLowerCase(Locale.ROOT),
          r.peers().stream().map(BenchReport::peer).collect(Collectors.joining(", ")));
    }
  }

  private void kernels(List<KernelCase.Result> kernels) {
    if (kernels.isEmpty()) {
      return;
    }
    line("");
    line("| kernel | threads | value [95 %%] | wanted | |");
    line("|---|---|---|---|---|");
    for (KernelCase.Result r : kernels) {
      KernelCase subject = r.subject();
      line(
          "| %s | %d | %.4g [%.4g, %.4g] %s | %s %.4g | %s |",
          subject.path(),
          r.threads(),
          r.value().median(),
          r.value().low(),
          r.value().high(),
          subject.unit(),
          subject.atMost() ? "at most" : "at least",
          subject.wanted(),
          met(r.verdict()));
    }
  }

  private void targets(List<BenchMeasurement> results, List<Integer> counts) {
    List<BenchTarget.Outcome> outcomes =
        BenchTarget.all().stream()
            .flatMap(target -> counts.stream().flatMap(n -> target.outcome(results, n).stream()))
            .toList();
    if (outcomes.isEmpty()) {
      return;
    }
    line("");
    line("| target | threads | reached | wanted | least | |");
    line("|---|---|---|---|---|---|");
    for (BenchTarget.Outcome outcome : outcomes) {
      BenchTarget target = outcome.target();
      line(
          "| %s | %d | %s %.3f of %d | %.2f, %s | %s | %s |",
          target.name(),
          outcome.threads(),
          target.mean() ? "mean" : "least",
          outcome.reached(),
          outcome.cases(),
          target.wanted(),
          target.opponents().isEmpty()
              ? "share of the limit"
              : "best of " + String.join(", ", target.opponents()),
          outcome.least(),
          met(outcome.verdict()));
    }
  }

  private static String met(BenchVerdict verdict) {
    return verdict == BenchVerdict.NOT_MET ? "**not met**" : verdict.toString();
  }

  private static String threads(int threads) {
    return threads == 1 ? "one thread" : threads + " threads";
  }

  private static String joined(List<Double> loads) {
    return loads.stream()
        .map(load -> String.format(Locale.ROOT, "%.2f", load))
        .collect(Collectors.joining(", "));
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
