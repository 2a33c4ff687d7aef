package io.github.shardsum.cli.corpus.make;

import io.github.shardsum.cli.corpus.make.PlainText.Sides;
import io.github.shardsum.cli.train.data.FoldedText;
import java.lang.Character.UnicodeScript;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * A reason to drop a pair.
 *
 * @param name the reason in reports
 * @param drops whether the rule drops a pair
 */
record CleaningRule(String name, Predicate<Candidate> drops) {
  /**
   * A pair before and after markup is removed.
   *
   * @param language the BCP 47 tag of the other language
   * @param raw the texts of the files
   * @param plain the texts without markup
   */
  record Candidate(String language, Sides raw, Sides plain) {
    static Candidate of(String language, String english, String text) {
      Sides raw = new Sides(english, text);
      // Work on a text grows with its length, and a longer one is dropped in any case.
      boolean tooLong = Math.max(english.length(), text.length()) > MOST_CHARACTERS;
      return new Candidate(language, raw, tooLong ? raw : PlainText.of(raw));
    }

    private boolean either(Predicate<String> test) {
      return test.test(plain.english()) || test.test(plain.text());
    }
  }

  private static final int MOST_WORDS = 64;
  private static final int MOST_CHARACTERS = 4000;
  private static final int MOST_RATIO = 3;
  private static final int SHORTEST_RATIO = 4;

  /** Letters of a word, about, in scripts without blanks. */
  private static final int LETTERS_A_WORD = 3;

  /** The first characters that are written without blanks are Thai. */
  private static final int FIRST_WITHOUT_BLANKS = 0x0e00;

  /** Scripts that are written together: Japanese has three, Korean two. */
  private static final Set<UnicodeScript> EAST_ASIAN =
      EnumSet.of(
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.HANGUL,
          UnicodeScript.BOPOMOFO);

  /** All rules; the first that drops a pair is its reason. */
  static final List<CleaningRule> ALL =
      List.of(
          new CleaningRule("over 64 words", CleaningRule::isLong),
          new CleaningRule("control characters", CleaningRule::hasControls),
          new CleaningRule("untranslated", CleaningRule::isUntranslated),
          new CleaningRule("markup only", pair -> pair.either(String::isEmpty)),
          new CleaningRule("no letters", pair -> pair.either(text -> letters(text) == 0)),
          new CleaningRule("wrong script", CleaningRule::isInWrongScript),
          new CleaningRule("word ratio", CleaningRule::isLopsided));

  private static final Map<String, Optional<UnicodeScript>> SCRIPTS = new ConcurrentHashMap<>();

  /** The reason to drop a pair, if there is one. */
  static Optional<String> reason(Candidate pair) {
    return ALL.stream().filter(rule -> rule.drops().test(pair)).findFirst().map(CleaningRule::name);
  }

  private static boolean isLong(Candidate pair) {
    return pair.either(text -> text.length() > MOST_CHARACTERS || words(text) > MOST_WORDS);
  }

  private static boolean hasControls(Candidate pair) {
    return pair.either(
        text ->
            text.codePoints()
                .anyMatch(
                    point ->
                        switch (Character.getType(point)) {
                          case Character.CONTROL,
                              Character.SURROGATE,
                              Character.PRIVATE_USE,
                              Character.UNASSIGNED ->
                              true;
                          default -> point == 0xfffd;
                        }));
  }

  private static boolean isUntranslated(Candidate pair) {
    Sides plain = pair.plain();
    return pair.raw().text().isBlank()
        || (plain.english().equalsIgnoreCase(plain.text()) && !plain.english().isEmpty());
  }

  private static boolean isInWrongScript(Candidate pair) {
    Optional<UnicodeScript> own = SCRIPTS.computeIfAbsent(pair.language(), CleaningRule::scriptOf);
    if (own.isEmpty()) {
      return false;
    }
    String text = pair.plain().text();
    long right =
        text.codePoints()
            .filter(Character::isLetter)
            .filter(point -> family(UnicodeScript.of(point)) == own.get())
            .count();
    return 2 * right < letters(text);
  }

  private static boolean isLopsided(Candidate pair) {
    int english = words(pair.plain().english());
    int other = words(pair.plain().text());
    int most = Math.max(english, other);
    return most >= SHORTEST_RATIO && most > MOST_RATIO * Math.min(english, other);
  }

  private static long letters(String text) {
    return text.codePoints().filter(Character::isLetter).count();
  }

  /** Words between blanks; in scripts without blanks about three letters are one. */
  static int words(String text) {
    int words = 0;
    int closed = 0;
    boolean inside = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      words += c != ' ' && !inside ? 1 : 0;
      inside = c != ' ';
      closed += c >= FIRST_WITHOUT_BLANKS && isWithoutBlanks(c) ? 1 : 0;
    }
    return words + closed / LETTERS_A_WORD;
  }

  private static boolean isWithoutBlanks(char c) {
    return Character.isLetter(c) && FoldedText.isWithoutBlanks(c);
  }

  /**
   * The script of a language: its tag's, or that of its name in itself, which the JDK has for most
   * languages. Of other languages the script is not checked.
   */
  static Optional<UnicodeScript> scriptOf(String tag) {
    Locale locale = Locale.forLanguageTag(tag);
    if (!locale.getScript().isEmpty()) {
      return Optional.of(locale.getScript()).flatMap(CleaningRule::named);
    }
    Locale language = Locale.of(locale.getLanguage());
    // Of other languages the JDK would say the name in the user's language.
    return Arrays.asList(Locale.getAvailableLocales()).contains(language)
        ? language
            .getDisplayLanguage(language)
            .codePoints()
            .filter(Character::isLetter)
            .mapToObj(point -> family(UnicodeScript.of(point)))
            .findFirst()
        : Optional.empty();
  }

  private static Optional<UnicodeScript> named(String code) {
    try {
      return Optional.of(
          switch (code) {
            case "Hans", "Hant", "Jpan", "Kore" -> UnicodeScript.HAN;
            default -> UnicodeScript.forName(code);
          });
    } catch (IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }

  private static UnicodeScript family(UnicodeScript script) {
    return EAST_ASIAN.contains(script) ? UnicodeScript.HAN : script;
  }
}
