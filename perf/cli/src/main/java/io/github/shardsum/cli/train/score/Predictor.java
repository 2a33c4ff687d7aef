package io.github.shardsum.cli.train.score;

import java.util.List;

/** Translates texts, to be compared with other predictors. */
@FunctionalInterface
public interface Predictor {
  /**
   * A text to translate.
   *
   * @param language its language's code, by which some predictors look words up
   * @param text the text
   */
  record Source(String language, String text) {}

  /** One translation a source. */
  List<String> translate(List<Source> sources);
}
