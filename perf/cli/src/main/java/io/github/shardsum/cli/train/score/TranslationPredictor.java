package io.github.shardsum.cli.train.score;

import java.util.List;

/** Translates texts, to be compared with other predictors. */
@FunctionalInterface
public interface TranslationPredictor {
  /**
   * A text to translate.
   *
   * @param language the code of its language; some predictors look words up by it
   * @param text the text
   */
  record Source(String language, String text) {}

  /** One translation a source. */
  List<String> translate(List<Source> sources);
}
