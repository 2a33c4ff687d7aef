package io.github.shardsum.cli.train;

import java.util.List;
import java.util.Locale;

/**
 * Which pairs are held back, by hashes of texts alone: every run holds back the same ones, and a
 * larger JDK adds pairs and moves none.
 */
enum Split {
  /** Learnt from. */
  TRAINING,
  /** Names, and the user's pairs, whose source is in no pair that is learnt from. */
  NAMES,
  /** Phrases of a composition that is in no phrase that is learnt from, in any language. */
  PHRASES,
  /** Names of things that no name in any language is learnt of. */
  WITHHELD;

  /** What is held back. */
  static final List<Split> HELD_BACK = List.of(NAMES, PHRASES, WITHHELD);

  private static final int SOURCES = 10;
  private static final int KEYS = 20;

  /** The name in reports, {@code names}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where a pair belongs. */
  static Split of(Pair pair) {
    return switch (pair.kind()) {
      case PHRASE ->
          TextHash.of("phrase", pair.key()) % SOURCES == 0
              ? PHRASES
              : isHeldBack(pair.source()) ? NAMES : TRAINING;
      case NAME -> isWithheld(pair.key()) ? WITHHELD : isHeldBack(pair.source()) ? NAMES : TRAINING;
      case GIVEN -> isHeldBack(pair.source()) ? NAMES : TRAINING;
    };
  }

  /** Whether a source is held back in every language. */
  static boolean isHeldBack(String source) {
    return TextHash.of("source", source) % SOURCES == 0;
  }

  /** Whether a thing's names are held back in every language. */
  static boolean isWithheld(String key) {
    return TextHash.of("key", key) % KEYS == 0;
  }
}
