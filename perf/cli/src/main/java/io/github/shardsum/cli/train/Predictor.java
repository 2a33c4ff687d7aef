package io.github.shardsum.cli.train;

import java.util.List;

/** What translates texts, to be compared with others. */
@FunctionalInterface
interface Predictor {
  /**
   * A text to translate.
   *
   * @param language its language's code, which some look words up by
   * @param text the text
   */
  record Source(String language, String text) {}

  /** One translation a source. */
  List<String> translate(List<Source> sources);
}
