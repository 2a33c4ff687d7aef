package io.github.shardsum.cli.corpus;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.corpus.data.CorpusManifest;
import io.github.shardsum.cli.corpus.data.CorpusManifest.Language;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;

/** The text about a corpus. */
final class CorpusReport {
  private CorpusReport() {}

  static void print(CorpusManifest corpus, boolean json, PrintWriter out) {
    if (json) {
      out.println(corpus.json());
    } else {
      summary(corpus, out);
      languages(corpus, out);
      sources(corpus, out);
      dropped(corpus, out);
    }
    out.flush();
  }

  private static void summary(CorpusManifest corpus, PrintWriter out) {
    out.print(
        format(
            "pairs: %,d to learn from, %,d held out; languages %d; words %,d of English, %,d of"
                + " others%n",
            corpus.languages().values().stream().mapToLong(Language::training).sum(),
            corpus.languages().values().stream().mapToLong(Language::heldOut).sum(),
            corpus.languages().size(),
            corpus.languages().values().stream().mapToLong(Language::englishWords).sum(),
            corpus.languages().values().stream().mapToLong(Language::words).sum()));
  }

  private static void languages(CorpusManifest corpus, PrintWriter out) {
    String row = "%-16s %11s %9s %13s %13s%n";
    out.println();
    out.print(format(row, "language", "to learn", "held out", "English words", "its words"));
    corpus.languages().entrySet().stream()
        .sorted(
            Map.Entry.<String, Language>comparingByValue(
                    Comparator.comparingLong(Language::training).reversed())
                .thenComparing(Map.Entry.comparingByKey()))
        .forEach(
            each ->
                out.printf(
                    Locale.ROOT,
                    row,
                    each.getKey(),
                    number(each.getValue().training()),
                    number(each.getValue().heldOut()),
                    number(each.getValue().englishWords()),
                    number(each.getValue().words())));
  }

  private static void sources(CorpusManifest corpus, PrintWriter out) {
    String row = "%-28s %7s %7s %11s %9s  %s%n";
    out.println();
    out.print(format(row, "source", "files", "damaged", "to learn", "held out", "licences"));
    corpus
        .sources()
        .forEach(
            (name, source) ->
                out.printf(
                    Locale.ROOT,
                    row,
                    name,
                    number(source.files()),
                    number(source.damaged()),
                    number(source.training()),
                    number(source.heldOut()),
                    source.licences().isEmpty()
                        ? source.licenceFile().isEmpty() ? "unknown" : source.licenceFile()
                        : String.join("; ", source.licences())));
  }

  private static void dropped(CorpusManifest corpus, PrintWriter out) {
    String row = "%-28s %11s%n";
    out.println();
    out.print(format(row, "dropped", "pairs"));
    corpus.dropped().forEach((why, pairs) -> out.printf(Locale.ROOT, row, why, number(pairs)));
  }

  private static String number(long count) {
    return format("%,d", count);
  }
}
