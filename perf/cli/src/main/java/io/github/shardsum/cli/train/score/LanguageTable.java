package io.github.shardsum.cli.train.score;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairSplit;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The table of scores by language. */
public final class LanguageTable {
  private LanguageTable() {}

  /** Sentences by language, those with most pairs first: BLEU and chrF of every system. */
  public static void print(TranslationEvaluation evaluation, Corpus corpus, PrintWriter out) {
    Set<String> tested = new HashSet<>();
    evaluation.items(PairSplit.SENTENCES).forEach(item -> tested.add(item.pair().language()));
    if (tested.isEmpty()) {
      return;
    }
    Map<String, Long> sizes =
        corpus.training().stream()
            .collect(Collectors.groupingBy(Pair::language, Collectors.counting()));
    List<String> rows =
        tested.stream()
            .sorted(
                Comparator.comparingLong((String each) -> -sizes.getOrDefault(each, 0L))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    out.print(format("%nsentences, BLEU and chrF%n%-16s %7s %5s", "language", "pairs", "texts"));
    evaluation.systems().forEach(name -> out.print(format("  %18s", name)));
    row(evaluation, "all", corpus.training().size(), _ -> true, out);
    rows.forEach(each -> row(evaluation, each, sizes.getOrDefault(each, 0L), each::equals, out));
    out.println();
    out.flush();
  }

  private static void row(
      TranslationEvaluation evaluation,
      String name,
      long pairs,
      Predicate<String> languages,
      PrintWriter out) {
    List<String> systems = evaluation.systems();
    int texts = evaluation.score(systems.getFirst(), PairSplit.SENTENCES, languages).texts();
    out.print(format("%n%-16s %7d %5d", name, pairs, texts));
    for (String system : systems) {
      out.print(
          format(
              "  %10.1f %7.1f",
              100 * evaluation.bleu(system, PairSplit.SENTENCES, languages).score(),
              100 * evaluation.score(system, PairSplit.SENTENCES, languages).score()));
    }
  }
}
