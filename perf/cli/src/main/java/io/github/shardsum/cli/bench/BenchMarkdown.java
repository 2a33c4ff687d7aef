package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.ops.KernelInfo;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Results as the tables of docs/performance-results.md: a section for each instruction set. */
final class BenchMarkdown {
  private static final String HEADING = "## ";

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
  static String section(BenchPage.Content content) {
    int bits = KernelInfo.current().vectorBits();
    return HEADING
        + (bits == 0 ? "without vectors" : format("%d bits", bits))
        + format("\n\n%s. Load average before and after: ", content.machine())
        + content.loads().stream()
            .map(load -> format("%.2f", load))
            .collect(Collectors.joining(", ", "", ".\n"))
        + content.tables().stream().map(BenchTable::markdown).collect(Collectors.joining());
  }
}
