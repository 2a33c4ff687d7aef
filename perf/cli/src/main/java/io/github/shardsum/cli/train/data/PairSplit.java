package io.github.shardsum.cli.train.data;

import java.util.List;
import java.util.Locale;

/**
 * The split of pairs into training and held-back pairs, only by hashes of texts: every run holds
 * back the same pairs, and a larger JDK adds pairs and moves none.
 */
public enum PairSplit {
  /** Pairs for training. */
  TRAINING,
  /** Names and the user's pairs whose source is in no training pair. */
  NAMES,
  /**
   * Lists of two or three names, and numbers in words; their composition is in no training pair of
   * any language.
   */
  PHRASES,
  /** Dates in decades without a training date in any language. */
  DECADES,
  /** Dates in centuries without a training date in any language. */
  YEARS,
  /** Languages of regions, in combinations that are in no training pair of any language. */
  REGIONS,
  /** Lists of three, in languages without such lists in training. */
  LISTS,
  /** Names of things that have no training pair in any language. */
  WITHHELD,
  /** Sentences that a corpus holds out. */
  SENTENCES;

  /** Splits that are held back. */
  public static final List<PairSplit> HELD_BACK =
      List.of(NAMES, PHRASES, DECADES, YEARS, REGIONS, LISTS, WITHHELD, SENTENCES);

  /** Splits of phrases that formatters composed. */
  public static final List<PairSplit> COMPOSED = List.of(PHRASES, DECADES, YEARS, REGIONS, LISTS);

  private static final int SOURCES = 10;
  private static final int THINGS = 20;

  /** The name in reports, {@code names}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The split of a pair. */
  static PairSplit of(Pair pair) {
    return switch (pair.kind()) {
      case NAME -> ofName(pair);
      case GIVEN -> isHeldBack(pair.source()) ? NAMES : TRAINING;
      case DATE -> isKeyHeldBack(pair) ? DECADES : TRAINING;
      case FAR_DATE -> YEARS;
      case SENTENCE -> TRAINING;
      case REGION -> isKeyHeldBack(pair) ? REGIONS : TRAINING;
      case LIST_OF_THREE -> hasListsOfThree(pair.language()) ? ofComposition(pair) : LISTS;
      case LIST_OF_TWO, NUMBER -> ofComposition(pair);
    };
  }

  private static PairSplit ofComposition(Pair pair) {
    return isKeyHeldBack(pair) ? PHRASES : TRAINING;
  }

  /** Months and days are always training pairs: dates contain them. */
  private static PairSplit ofName(Pair pair) {
    if (pair.key().startsWith("month ") || pair.key().startsWith("day ")) {
      return TRAINING;
    }
    return isWithheld(pair.target()) ? WITHHELD : isHeldBack(pair.source()) ? NAMES : TRAINING;
  }

  private static boolean isKeyHeldBack(Pair pair) {
    return TextHash.of("phrase", pair.key()) % SOURCES == 0;
  }

  /** Whether lists of three of a language are training pairs: in half of all languages. */
  static boolean hasListsOfThree(String language) {
    return TextHash.of("list of three", language) % 2 == 0;
  }

  /** Whether a source is held back in every language and spelling. */
  public static boolean isHeldBack(String source) {
    return TextHash.of("source", FoldedText.of(source)) % SOURCES == 0;
  }

  /** Whether the things with an English name are held back in every language. */
  static boolean isWithheld(String english) {
    return TextHash.of("thing", FoldedText.of(english)) % THINGS == 0;
  }
}
