package io.github.shardsum.lab.train;

import io.github.shardsum.cli.train.data.FoldedText;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Word by word by IBM model 1 (Brown et al., 1993): the probability that a source word, or none,
 * gives an English word, found by expectation maximization. A source word becomes its likeliest
 * English word; an unknown one stays. A baseline for one language.
 */
final class IbmModel1 implements TranslationPredictor {
  private static final int ROUNDS = 5;

  /** The source word of English words that no other gives. */
  private static final String NONE = "";

  private final Map<String, String> best = new HashMap<>();

  IbmModel1(List<Pair> training) {
    List<String> sources = new ArrayList<>();
    List<String> targets = new ArrayList<>();
    Map<String, Integer> sourceNumbers = new HashMap<>();
    Map<String, Integer> targetNumbers = new HashMap<>();
    List<long[]> links = new ArrayList<>();
    List<Integer> lengths = new ArrayList<>();
    for (Pair pair : training) {
      List<String> from = new ArrayList<>(List.of(NONE));
      from.addAll(words(pair.source()));
      int[] numbers =
          from.stream().mapToInt(each -> number(each, sourceNumbers, sources)).toArray();
      links.add(
          Arrays.stream(pair.target().split(" ", -1))
              .mapToLong(each -> number(each, targetNumbers, targets))
              .flatMap(to -> Arrays.stream(numbers).mapToLong(word -> (long) word << 32 | to))
              .toArray());
      lengths.add(numbers.length);
    }
    long[] table = links.stream().flatMapToLong(LongStream::of).sorted().distinct().toArray();
    double[] probabilities = learn(table, links, lengths, sources.size());
    double[] highest = new double[sources.size()];
    for (int i = 0; i < table.length; i++) {
      int source = (int) (table[i] >> 32);
      if (probabilities[i] > highest[source]) {
        highest[source] = probabilities[i];
        best.put(sources.get(source), targets.get((int) table[i]));
      }
    }
  }

  private static int number(String word, Map<String, Integer> numbers, List<String> words) {
    return numbers.computeIfAbsent(
        word,
        _ -> {
          words.add(word);
          return words.size() - 1;
        });
  }

  /**
   * The probability of each entry of the table.
   *
   * @param links of each pair, the entries of each English word with all source words
   * @param lengths the source words of each pair
   */
  private static double[] learn(
      long[] table, List<long[]> links, List<Integer> lengths, int sources) {
    List<int[]> places =
        links.stream()
            .map(
                each ->
                    Arrays.stream(each).mapToInt(of -> Arrays.binarySearch(table, of)).toArray())
            .toList();
    double[] probabilities = new double[table.length];
    Arrays.fill(probabilities, 1);
    for (int round = 0; round < ROUNDS; round++) {
      double[] counts = new double[table.length];
      double[] totals = new double[sources];
      for (int pair = 0; pair < places.size(); pair++) {
        int[] place = places.get(pair);
        int length = lengths.get(pair);
        for (int from = 0; from < place.length; from += length) {
          double sum = 0;
          for (int i = from; i < from + length; i++) {
            sum += probabilities[place[i]];
          }
          for (int i = from; i < from + length; i++) {
            double share = probabilities[place[i]] / sum;
            counts[place[i]] += share;
            totals[(int) (table[place[i]] >> 32)] += share;
          }
        }
      }
      for (int i = 0; i < table.length; i++) {
        probabilities[i] = counts[i] / totals[(int) (table[i] >> 32)];
      }
    }
    return probabilities;
  }

  /** Words between blanks, in small letters; in scripts without blanks each letter is one. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int point : text.toLowerCase(Locale.ROOT).codePoints().toArray()) {
      boolean alone = FoldedText.isWithoutBlanks(point);
      if ((alone || point == ' ') && !word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
      if (alone) {
        words.add(Character.toString(point));
      } else if (point != ' ') {
        word.appendCodePoint(point);
      }
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  @Override
  public List<String> translate(List<Source> sources) {
    return sources.stream()
        .map(
            source ->
                String.join(
                    " ",
                    words(source.text()).stream()
                        .map(word -> best.getOrDefault(word, word))
                        .toList()))
        .toList();
  }
}
