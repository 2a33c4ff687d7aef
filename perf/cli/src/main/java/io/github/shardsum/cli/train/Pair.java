package io.github.shardsum.cli.train;

import java.util.Objects;

/**
 * A text and its translation.
 *
 * @param kind what it is
 * @param language code of the source's language
 * @param source the text
 * @param target its translation
 * @param key by which pairs are put aside together: of a phrase its composition, which is the same
 *     in all languages; of a name its code
 */
record Pair(Kind kind, String language, String source, String target, String key) {
  /** What a pair is. */
  enum Kind {
    /** A name that every language has of its own. */
    NAME,
    /** Composed by a formatter of names, numbers and dates. */
    PHRASE,
    /** A line of the user's. */
    GIVEN
  }

  Pair {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(language, "language");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(key, "key");
  }
}
