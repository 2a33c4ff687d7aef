package io.github.shardsum.cli.train;

import java.util.List;

/** What translates texts, to be compared with others. */
@FunctionalInterface
interface Predictor {
  /** One translation a source. */
  List<String> translate(List<String> sources);
}
