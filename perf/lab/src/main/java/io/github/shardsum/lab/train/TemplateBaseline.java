package io.github.shardsum.lab.train;

import io.github.shardsum.cli.train.data.FoldedText;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A baseline of phrases. Numbers are taken out of a text, and names too if there is a lexicon. The
 * rest is looked up among the training texts. Numbers are then put into the translation unchanged,
 * and names by the language's lexicon, which has the names of the training texts.
 */
final class TemplateBaseline implements TranslationPredictor {
  private static final char NUMBER = '\u0001';
  private static final char NAME = '\u0002';

  /**
   * Characters from this one on are marks of parts; a mark is this character plus the part's
   * number.
   */
  private static final char FIRST_PLACE = '\ue000';

  private static final int PLACES = 64;

  /** Characters of a name at most. */
  private static final int LONGEST = 60;

  /** The names of each language, by its code, with their English translations. */
  private final Map<String, Map<String, String>> lexicons = new HashMap<>();

  /** The count of each translation of a template, by language and in all languages. */
  private final Map<String, Map<String, Integer>> learnt = new HashMap<>();

  /** Learns the templates of the training texts, for numbers alone or for names too. */
  public TemplateBaseline(List<Pair> training, boolean names) {
    if (names) {
      for (Pair pair : training) {
        if (pair.kind() == Pair.Kind.NAME) {
          lexicons
              .computeIfAbsent(pair.language(), _ -> new HashMap<>())
              .putIfAbsent(pair.source(), pair.target());
        }
      }
    }
    for (Pair pair : training) {
      if (pair.kind() != Pair.Kind.NAME) {
        Parts source = parts(pair.language(), pair.source());
        String target = target(source, pair.target());
        learn(pair.language() + NUMBER + source.template(), target);
        learn(source.template(), target);
      }
    }
  }

  private void learn(String source, String target) {
    learnt.computeIfAbsent(source, _ -> new HashMap<>()).merge(target, 1, Integer::sum);
  }

  /**
   * A text and the parts that were taken out of it.
   *
   * @param template the rest, with a mark for each part
   * @param parts the parts in English
   */
  private record Parts(String template, List<String> parts) {}

  private Parts parts(String language, String text) {
    Map<String, String> lexicon = lexicons.getOrDefault(language, Map.of());
    StringBuilder template = new StringBuilder();
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int end = endOfNumber(text, at);
      if (end > at) {
        template.append(NUMBER);
        parts.add(number(text.substring(at, end)));
        at = end;
        continue;
      }
      end = endOfName(text, at, lexicon);
      if (end > at) {
        template.append(NAME);
        parts.add(lexicon.getOrDefault(text.substring(at, end), ""));
        at = end;
        continue;
      }
      template.append(text.charAt(at++));
    }
    return new Parts(template.toString(), parts);
  }

  private static int endOfNumber(String text, int from) {
    int end = from;
    while (end < text.length() && Character.isDigit(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  /** Digits of any script as English digits, without leading zeros. */
  private static String number(String digits) {
    StringBuilder number = new StringBuilder();
    digits.codePoints().forEach(point -> number.append(Character.digit(point, 10)));
    int zeros = 0;
    while (zeros + 1 < number.length() && number.charAt(zeros) == '0') {
      zeros++;
    }
    return number.substring(zeros);
  }

  /** The end of the longest name that begins here, or here if there is none. */
  private static int endOfName(String text, int from, Map<String, String> lexicon) {
    if (lexicon.isEmpty() || !isBoundary(text, from)) {
      return from;
    }
    for (int end = Math.min(text.length(), from + LONGEST); end > from; end--) {
      if (isBoundary(text, end) && lexicon.containsKey(text.substring(from, end))) {
        return end;
      }
    }
    return from;
  }

  /** Whether a name may begin or end here. */
  private static boolean isBoundary(String text, int at) {
    if (at == 0 || at == text.length()) {
      return true;
    }
    int before = text.codePointBefore(at);
    int after = text.codePointAt(at);
    boolean inside = Character.isLetter(after) || FoldedText.isMark(after);
    return !inside
        || FoldedText.isWithoutBlanks(before)
        || FoldedText.isWithoutBlanks(after)
        || !(Character.isLetter(before) || FoldedText.isMark(before));
  }

  /** A translation with marks in place of the source's parts, if they are found in it. */
  private static String target(Parts source, String text) {
    List<Integer> longest =
        IntStream.range(0, Math.min(PLACES, source.parts().size()))
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -source.parts().get(i).length()))
            .toList();
    String target = text;
    for (int place : longest) {
      String part = source.parts().get(place);
      int found = find(target, part);
      if (found >= 0) {
        char mark = (char) (FIRST_PLACE + place);
        target = target.substring(0, found) + mark + target.substring(found + part.length());
      }
    }
    return target;
  }

  /**
   * The index of a part that has no characters of its own kind (letters or digits) around it; -1 if
   * there is none.
   */
  private static int find(String text, String part) {
    if (part.isEmpty()) {
      return -1;
    }
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
      int end = at + part.length();
      boolean starts = at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1));
      boolean ends = end == text.length() || !Character.isLetterOrDigit(text.charAt(end));
      if (starts && ends) {
        return at;
      }
    }
    return -1;
  }

  @Override
  public List<String> translate(List<Source> sources) {
    return sources.stream().map(this::translate).toList();
  }

  private String translate(Source source) {
    Parts parts = parts(source.language(), source.text());
    Map<String, Integer> all = learnt.getOrDefault(parts.template(), Map.of());
    Map<String, Integer> own =
        learnt.getOrDefault(source.language() + NUMBER + parts.template(), all);
    return filled(
        own.entrySet().stream()
            .max(
                Map.Entry.<String, Integer>comparingByValue()
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey)
            .orElseGet(() -> unknown(parts.template())),
        parts);
  }

  /** For a template that was not learnt, the parts in the order of the source. */
  private static String unknown(String template) {
    StringBuilder places = new StringBuilder();
    char next = FIRST_PLACE;
    for (int i = 0; i < template.length(); i++) {
      char each = template.charAt(i);
      places.append(each == NUMBER || each == NAME ? next++ : each);
    }
    return places.toString();
  }

  private static String filled(String target, Parts source) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < target.length(); i++) {
      char each = target.charAt(i);
      int place = each - FIRST_PLACE;
      if (place >= 0 && place < source.parts().size()) {
        text.append(source.parts().get(place));
      } else {
        text.append(each);
      }
    }
    return text.toString();
  }
}
