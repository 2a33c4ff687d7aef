package io.github.shardsum.cli.train.data;

import io.github.shardsum.cli.common.Abbreviation;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Byte pair encoding (Sennrich et al., 2016) over UTF-8, within words: nothing is unknown, since
 * every byte is a token. A word has the blank before it; a digit, in any script, is a word. Tokens
 * 0 to 2 are special tokens of the model, 3 to 258 are bytes, and each further token is a merge.
 */
public final class Tokenizer {
  /** The first byte's token. */
  static final int BYTES = 3;

  private static final int VALUES = 256;

  private final List<Merge> merges;
  private final Map<Merge, Integer> ranks = new HashMap<>();
  private final List<byte[]> texts = new ArrayList<>();
  private final Map<String, int[]> known = new ConcurrentHashMap<>();

  /** Two tokens that become one. */
  record Merge(int left, int right) {}

  private Tokenizer(List<Merge> merges) {
    this.merges = List.copyOf(merges);
    for (int i = 0; i < BYTES; i++) {
      texts.add(new byte[0]);
    }
    for (int i = 0; i < VALUES; i++) {
      texts.add(new byte[] {(byte) i});
    }
    for (Merge merge : merges) {
      ranks.put(merge, texts.size());
      ByteArrayOutputStream both = new ByteArrayOutputStream();
      both.writeBytes(texts.get(merge.left()));
      both.writeBytes(texts.get(merge.right()));
      texts.add(both.toByteArray());
    }
  }

  /** The number of tokens. */
  public int size() {
    return texts.size();
  }

  /**
   * Learns merges from texts until it has the requested number of tokens, or no pair of tokens
   * occurs twice.
   *
   * @param rarest words that occur less often are not counted; 1 for texts in scripts without
   *     blanks, of which a whole sentence is a word
   */
  public static Tokenizer learn(List<String> samples, int vocabulary, int rarest) {
    Map<String, Integer> counts = new HashMap<>();
    samples.forEach(text -> words(text).forEach(word -> counts.merge(word, 1, Integer::sum)));
    List<String> words =
        counts.entrySet().stream()
            .filter(word -> word.getValue() >= rarest)
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    int[] weights = words.stream().mapToInt(word -> counts.getOrDefault(word, 0)).toArray();
    return new Tokenizer(new Learning(words, weights).merges(vocabulary - BYTES - VALUES));
  }

  /** Counts of neighbours, kept up to date where words change. */
  private static final class Learning {
    private final List<List<Integer>> words = new ArrayList<>();
    private final int[] weights;
    private final Map<Merge, Long> counts = new HashMap<>();
    private final Map<Merge, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Counted> queue =
        new PriorityQueue<>(
            Comparator.comparingLong(Counted::count)
                .reversed()
                .thenComparingInt(counted -> counted.merge().left())
                .thenComparingInt(counted -> counted.merge().right()));

    private record Counted(Merge merge, long count) {}

    Learning(List<String> texts, int... weights) {
      this.weights = weights;
      for (String text : texts) {
        List<Integer> tokens = new ArrayList<>();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
          tokens.add(BYTES + Byte.toUnsignedInt(each));
        }
        words.add(tokens);
      }
      for (int word = 0; word < words.size(); word++) {
        count(word, 1);
      }
      counts.forEach((merge, count) -> queue.add(new Counted(merge, count)));
    }

    private void count(int word, int sign) {
      List<Integer> tokens = words.get(word);
      for (int i = 0; i + 1 < tokens.size(); i++) {
        Merge merge = new Merge(tokens.get(i), tokens.get(i + 1));
        counts.merge(merge, (long) sign * weights[word], Long::sum);
        if (sign > 0) {
          places.computeIfAbsent(merge, _ -> new HashSet<>()).add(word);
        }
      }
    }

    List<Merge> merges(int most) {
      List<Merge> merges = new ArrayList<>();
      while (merges.size() < most && !queue.isEmpty()) {
        Counted best = queue.remove();
        long now = counts.getOrDefault(best.merge(), 0L);
        if (now < best.count()) {
          // The pair has become rarer, and its place in the queue is further back.
          if (now > 1) {
            queue.add(new Counted(best.merge(), now));
          }
          continue;
        }
        if (now < 2) {
          break;
        }
        apply(best.merge(), BYTES + VALUES + merges.size());
        merges.add(best.merge());
      }
      return merges;
    }

    private void apply(Merge merge, int token) {
      Set<Merge> changed = new HashSet<>();
      for (int word : Objects.requireNonNull(places.remove(merge))) {
        count(word, -1);
        List<Integer> tokens = words.get(word);
        replace(tokens, merge, token);
        count(word, 1);
        for (int i = 0; i + 1 < tokens.size(); i++) {
          changed.add(new Merge(tokens.get(i), tokens.get(i + 1)));
        }
      }
      changed.forEach(each -> queue.add(new Counted(each, counts.getOrDefault(each, 0L))));
    }
  }

  private static void replace(List<Integer> tokens, Merge merge, int token) {
    int kept = 0;
    for (int i = 0; i < tokens.size(); i++) {
      boolean both =
          i + 1 < tokens.size()
              && tokens.get(i) == merge.left()
              && tokens.get(i + 1) == merge.right();
      tokens.set(kept++, both ? Integer.valueOf(token) : tokens.get(i));
      i += both ? 1 : 0;
    }
    tokens.subList(kept, tokens.size()).clear();
  }

  /** The words of a text, whose concatenation is the text. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean single = false;
    for (int point : text.codePoints().toArray()) {
      boolean digit = Character.isDigit(point);
      if (!word.isEmpty() && (digit || single || point == ' ')) {
        words.add(word.toString());
        word.setLength(0);
      }
      single = digit;
      word.appendCodePoint(point);
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  /**
   * The tokens of a text to be translated. Digits of every script become English digits, since a
   * translation copies them.
   */
  public int[] encodeSource(String text) {
    StringBuilder latin = new StringBuilder();
    text.codePoints()
        .map(point -> Character.isDigit(point) ? '0' + Character.digit(point, 10) : point)
        .forEach(latin::appendCodePoint);
    return encode(latin.toString());
  }

  /** The tokens of a text. */
  int[] encode(String text) {
    return words(text).stream()
        .flatMapToInt(
            word -> java.util.Arrays.stream(known.computeIfAbsent(word, this::encodeWord)))
        .toArray();
  }

  private int[] encodeWord(String word) {
    List<Integer> tokens = new ArrayList<>();
    for (byte each : word.getBytes(StandardCharsets.UTF_8)) {
      tokens.add(BYTES + Byte.toUnsignedInt(each));
    }
    while (true) {
      Merge best = new Merge(0, 0);
      int rank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < tokens.size(); i++) {
        Merge merge = new Merge(tokens.get(i), tokens.get(i + 1));
        int found = ranks.getOrDefault(merge, Integer.MAX_VALUE);
        if (found < rank) {
          rank = found;
          best = merge;
        }
      }
      if (rank == Integer.MAX_VALUE) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
      }
      replace(tokens, best, rank);
    }
  }

  /** The text of tokens; invalid UTF-8 becomes the replacement character. */
  public String decode(List<Integer> tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    tokens.forEach(token -> bytes.writeBytes(texts.get(token)));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** The merges, as {@link #parse} reads them. */
  @Override
  public String toString() {
    return merges.stream()
        .map(merge -> merge.left() + "+" + merge.right())
        .collect(Collectors.joining(" "));
  }

  /**
   * Reads merges.
   *
   * @throws IllegalArgumentException if the text has no merges, or a merge has tokens that come
   *     later
   */
  public static Tokenizer parse(String text) {
    Map<Merge, Integer> merges = new LinkedHashMap<>();
    for (String word : text.isEmpty() ? new String[0] : text.split(" ")) {
      int plus = word.indexOf('+');
      int next = BYTES + VALUES + merges.size();
      try {
        Merge merge =
            new Merge(
                Integer.parseInt(word.substring(0, Math.max(plus, 0))),
                Integer.parseInt(word.substring(plus + 1)));
        if (merge.left() < BYTES
            || merge.right() < BYTES
            || merge.left() >= next
            || merge.right() >= next
            || merges.put(merge, next) != null) {
          throw new IllegalArgumentException("out of order");
        }
      } catch (IllegalArgumentException bad) {
        throw new IllegalArgumentException(
            "tokenizer: a merge must be two earlier tokens as 3+4, got " + Abbreviation.text(word),
            bad);
      }
    }
    return new Tokenizer(List.copyOf(merges.keySet()));
  }
}
