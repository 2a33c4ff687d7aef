package io.github.shardsum.cli.train.data;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Texts without the differences between spellings of one name: case, accents, punctuation, blanks
 * and compatibility forms. A text that is held back is held back in every such spelling.
 */
public final class FoldedText {
  private static final int FIRST_ACCENT = 0x300;
  private static final int LAST_ACCENT = 0x36f;

  /**
   * The least number of characters of a text that is searched for inside words, in a script without
   * blanks.
   */
  private static final int SHORTEST = 2;

  private static final int LONGEST = 24;

  /** Scripts that write words without blanks between them. */
  private static final Set<UnicodeScript> WITHOUT_BLANKS =
      EnumSet.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR,
          UnicodeScript.TIBETAN);

  private FoldedText() {}

  /** The folded text; a text without letters and digits stays as it is. */
  static String of(String text) {
    String joined = String.join("", words(text));
    return joined.isEmpty() ? text : joined;
  }

  /** The folded words of a text: runs of letters, digits and marks other than accents. */
  public static List<String> words(String text) {
    String one = text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int point : Normalizer.normalize(one, Normalizer.Form.NFKD).codePoints().toArray()) {
      if (isInWord(point)) {
        word.appendCodePoint(point);
      } else if (!isAccent(point) && !word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  private static boolean isAccent(int point) {
    return point >= FIRST_ACCENT && point <= LAST_ACCENT;
  }

  private static boolean isInWord(int point) {
    return Character.isLetterOrDigit(point) || (isMark(point) && !isAccent(point));
  }

  /** Whether a character belongs to the letter before it. */
  public static boolean isMark(int point) {
    int type = Character.getType(point);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }

  /** Whether a character's script writes no blanks between words. */
  public static boolean isWithoutBlanks(int point) {
    return WITHOUT_BLANKS.contains(UnicodeScript.of(point));
  }

  /**
   * Whether a folded text occurs in a text: as consecutive words, or, in a script without blanks,
   * as a part of a word.
   */
  static boolean hasPart(String text, Predicate<String> folded) {
    List<String> words = words(text);
    for (int from = 0; from < words.size(); from++) {
      StringBuilder part = new StringBuilder();
      for (String word : words.subList(from, words.size())) {
        if (folded.test(part.append(word).toString())) {
          return true;
        }
      }
    }
    return words.stream().anyMatch(word -> hasPartWithin(word, folded));
  }

  private static boolean hasPartWithin(String word, Predicate<String> folded) {
    int[] points = word.codePoints().toArray();
    for (int from = 0; from < points.length; from++) {
      if (!isWithoutBlanks(points[from])) {
        continue;
      }
      int most = Math.min(LONGEST, points.length - from);
      for (int count = SHORTEST; count <= most; count++) {
        if (folded.test(new String(points, from, count))) {
          return true;
        }
      }
    }
    return false;
  }
}
