package io.github.shardsum.cli.train.data;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sampling of languages with a temperature (Arivazhagan et al., 2019), the GShard paper's: the
 * share of a language grows with the fifth root of its number of pairs, so that small languages are
 * seen more often than their pairs are.
 */
public final class SamplingShares {
  private static final double TEMPERATURE = 5;

  private SamplingShares() {}

  /**
   * Shares of a total, each rounded.
   *
   * @param sizes the number of pairs of each language, at least 1
   */
  public static SortedMap<String, Integer> of(SortedMap<String, Integer> sizes, int total) {
    double sum = sizes.values().stream().mapToDouble(SamplingShares::weight).sum();
    SortedMap<String, Integer> shares = new TreeMap<>();
    sizes.forEach(
        (language, size) -> shares.put(language, (int) Math.round(total * (weight(size) / sum))));
    return shares;
  }

  private static double weight(int size) {
    return StrictMath.pow(size, 1 / TEMPERATURE);
  }
}
