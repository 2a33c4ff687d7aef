package io.github.shardsum.cli.train.score;

import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.LanguageFamilies;
import io.github.shardsum.cli.train.data.PairSplit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Compares several systems on the same held-back samples. */
public final class TranslationEvaluation {
  private final Map<PairSplit, List<Corpus.Item>> items = new LinkedHashMap<>();
  private final Map<String, Map<PairSplit, List<String>>> texts = new LinkedHashMap<>();

  public TranslationEvaluation(Corpus corpus, Map<PairSplit, Integer> most) {
    most.forEach((split, count) -> items.put(split, corpus.sample(split, count)));
  }

  /** Has a system translate all samples. */
  public void add(String system, TranslationPredictor predictor) {
    Map<PairSplit, List<String>> all = new LinkedHashMap<>();
    items.forEach(
        (split, sample) ->
            all.put(
                split,
                predictor.translate(
                    sample.stream()
                        .map(Corpus.Item::pair)
                        .map(
                            pair -> new TranslationPredictor.Source(pair.language(), pair.source()))
                        .toList())));
    texts.put(system, all);
  }

  public List<String> systems() {
    return List.copyOf(texts.keySet());
  }

  public List<Corpus.Item> items(PairSplit split) {
    return items.getOrDefault(split, List.of());
  }

  public List<String> texts(String system, PairSplit split) {
    return Objects.requireNonNull(texts.get(system), system).getOrDefault(split, List.of());
  }

  /** The score of a system on the samples of some languages. */
  public ChrF score(String system, PairSplit split, Predicate<String> languages) {
    ChrF score = new ChrF();
    each(system, split, languages, score::add);
    return score;
  }

  /** BLEU of a system on the samples of some languages. */
  public Bleu bleu(String system, PairSplit split, Predicate<String> languages) {
    Bleu bleu = new Bleu();
    each(system, split, languages, bleu::add);
    return bleu;
  }

  private void each(
      String system,
      PairSplit split,
      Predicate<String> languages,
      BiConsumer<String, Set<String>> add) {
    List<Corpus.Item> sample = items(split);
    List<String> translated = texts(system, split);
    for (int i = 0; i < sample.size(); i++) {
      if (languages.test(sample.get(i).pair().language())) {
        add.accept(translated.get(i), sample.get(i).references());
      }
    }
  }

  /** The number of texts that each system translates. */
  public int texts() {
    return items.values().stream().mapToInt(List::size).sum();
  }

  /** A row of the table of families. */
  public record Row(String name, Predicate<String> languages) {}

  /**
   * The rows of the table: all languages, those with a script of their own, then the families that
   * occur.
   */
  public List<Row> rows(PairSplit split) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("all", _ -> true));
    rows.add(new Row("own scripts", LanguageFamilies::hasOwnScript));
    for (String family : LanguageFamilies.all()) {
      rows.add(new Row(family, language -> LanguageFamilies.of(language).equals(family)));
    }
    rows.removeIf(
        row ->
            items(split).stream().noneMatch(item -> row.languages().test(item.pair().language())));
    return rows;
  }
}
