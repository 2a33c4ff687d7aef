package io.github.shardsum.lab.train;

import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A baseline that learns each language for itself, one after the other, so that only one is in
 * memory.
 *
 * @param training the pairs of all languages
 * @param learn learns one language
 */
record ByLanguage(List<Pair> training, Function<List<Pair>, TranslationPredictor> learn)
    implements TranslationPredictor {
  @Override
  public List<String> translate(List<Source> sources) {
    Map<String, List<Pair>> pairs =
        training.stream().collect(Collectors.groupingBy(Pair::language));
    Map<Source, String> texts = new HashMap<>();
    sources.stream()
        .distinct()
        .collect(Collectors.groupingBy(Source::language))
        .forEach(
            (language, some) -> {
              List<String> translated =
                  learn.apply(pairs.getOrDefault(language, List.of())).translate(some);
              for (int i = 0; i < some.size(); i++) {
                texts.put(some.get(i), translated.get(i));
              }
            });
    return sources.stream().map(source -> Objects.requireNonNull(texts.get(source))).toList();
  }
}
