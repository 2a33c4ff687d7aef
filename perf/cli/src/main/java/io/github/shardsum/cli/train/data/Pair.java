package io.github.shardsum.cli.train.data;

import java.util.Objects;

/**
 * A text and its translation.
 *
 * @param kind the kind of pair
 * @param language code of the source's language
 * @param source the text
 * @param target its translation
 * @param key the key by which pairs are held back together: for a phrase its composition, which is
 *     the same in all languages; for a name its code
 */
public record Pair(Kind kind, String language, String source, String target, String key) {
  /** Kinds of pairs. */
  public enum Kind {
    /** A name that differs from language to language. */
    NAME,
    /** A date, or a month of a year, in {@link JdkPhrases#YEARS}. */
    DATE,
    /** A date, or a month of a year, in {@link JdkPhrases#FAR_YEARS}. */
    FAR_DATE,
    /** A language and a region where it is spoken, as German (Switzerland). */
    REGION,
    /** Two names with and, or with or. */
    LIST_OF_TWO,
    /** Three names. */
    LIST_OF_THREE,
    /** A number of thousands, millions or billions. */
    NUMBER,
    /** A line of the user's. */
    GIVEN,
    /** A sentence of a corpus. */
    SENTENCE;

    /** Whether a formatter composed it. */
    public boolean isPhrase() {
      return this != NAME && this != GIVEN && this != SENTENCE;
    }
  }

  public Pair {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(language, "language");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(key, "key");
  }
}
