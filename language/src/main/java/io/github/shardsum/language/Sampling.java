package io.github.shardsum.language;

import io.github.shardsum.random.Philox;
import java.util.Arrays;
import java.util.List;

/**
 * How the next token is drawn from logits; an immutable value. The candidates are sorted, cut to
 * {@code topK}, then to those whose probability at the temperature is at least {@code minP} times
 * the largest, then to the fewest whose sum reaches {@code topP}; one is drawn among them. The
 * number that draws depends on seed and position only.
 */
public final class Sampling {
  private static final int DEFAULT_MOST = 128;

  private final double temperature;
  private final int topK;
  private final double topP;
  private final double minP;
  private final long seed;
  private final int most;

  private Sampling(double temperature, int topK, double topP, double minP, long seed, int most) {
    check("temperature", temperature >= 0 && temperature <= 1e6, "0 to 1e6", temperature);
    check("topK", topK >= 0, "at least 0", topK);
    check("topP", topP > 0 && topP <= 1, "above 0 and at most 1", topP);
    check("minP", minP >= 0 && minP <= 1, "0 to 1", minP);
    check("most", most >= 1, "at least 1", most);
    this.temperature = temperature;
    this.topK = topK;
    this.topP = topP;
    this.minP = minP;
    this.seed = seed;
    this.most = most;
  }

  private static void check(String name, boolean good, String rule, Number got) {
    if (!good) {
      throw new IllegalArgumentException("sampling: " + name + " must be " + rule + ", got " + got);
    }
  }

  /**
   * Always the largest logit, for at most 128 tokens.
   *
   * @return the options
   */
  public static Sampling greedy() {
    return new Sampling(0, 0, 1, 0, 0, DEFAULT_MOST);
  }

  /**
   * The same with another temperature.
   *
   * @param value divides the logits
   * @return the options
   */
  public Sampling withTemperature(double value) {
    return new Sampling(value, topK, topP, minP, seed, most);
  }

  /**
   * The same with other limits of the candidates.
   *
   * @param k the most candidates; 0 for no limit
   * @param p the sum of probabilities that candidates reach
   * @param least the share of the largest probability that candidates have
   * @return the options
   */
  public Sampling withCandidates(int k, double p, double least) {
    return new Sampling(temperature, k, p, least, seed, most);
  }

  /**
   * The same with another seed.
   *
   * @param value the seed
   * @return the options
   */
  public Sampling withSeed(long value) {
    return new Sampling(temperature, topK, topP, minP, value, most);
  }

  /**
   * The same with another number of tokens.
   *
   * @param value the most tokens to generate
   * @return the options
   */
  public Sampling withMost(int value) {
    return new Sampling(temperature, topK, topP, minP, seed, value);
  }

  /**
   * {@return the number that divides the logits; 0 takes the largest logit, the first of equal
   * ones}
   */
  public double temperature() {
    return temperature;
  }

  /** {@return the most candidates; 0 for no limit} */
  public int topK() {
    return topK;
  }

  /** {@return the sum of probabilities that candidates reach, in (0, 1]; 1 for no limit} */
  public double topP() {
    return topP;
  }

  /**
   * {@return the share of the largest probability that candidates have, in [0, 1]; 0 for no limit}
   */
  public double minP() {
    return minP;
  }

  /** {@return the seed} */
  public long seed() {
    return seed;
  }

  /** {@return the most tokens to generate} */
  public int most() {
    return most;
  }

  private List<Object> values() {
    return List.of(temperature, topK, topP, minP, seed, most);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sampling that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "Sampling" + values();
  }

  /**
   * The next token.
   *
   * @param logits a logit for each token of the vocabulary
   * @param position the position of the token in its sequence
   * @return the token
   * @throws IllegalArgumentException if a logit is not a number
   */
  public int next(float[] logits, long position) {
    int best = 0;
    for (int i = 0; i < logits.length; i++) {
      if (Float.isNaN(logits[i])) {
        throw new IllegalArgumentException("sampling: logits must be numbers, got NaN at " + i);
      }
      best = logits[i] > logits[best] ? i : best;
    }
    if (temperature == 0 || topK == 1) {
      return best;
    }
    int count = topK == 0 ? logits.length : Math.min(topK, logits.length);
    int[] order = largest(logits, count);
    double[] weights = new double[count];
    for (int i = 0; i < count; i++) {
      weights[i] = Math.exp(((double) logits[order[i]] - logits[best]) / temperature);
    }
    int kept = count;
    while (kept > 1 && weights[kept - 1] < minP) {
      kept--;
    }
    double total = Arrays.stream(weights, 0, kept).sum();
    double sum = weights[0];
    int last = 1;
    while (last < kept && sum < topP * total) {
      sum += weights[last++];
    }
    double draw = new Philox(seed).uniform(position, 0) * sum;
    int chosen = 0;
    while (chosen < last - 1 && draw >= weights[chosen]) {
      draw -= weights[chosen++];
    }
    return order[chosen];
  }

  /** The tokens of the largest logits, which fall; equal ones in the tokens' order. */
  private static int[] largest(float[] logits, int count) {
    long[] keys = new long[(int) Math.min(logits.length, 2L * count)];
    long bound = Long.MAX_VALUE;
    int filled = 0;
    for (int i = 0; i < logits.length; i++) {
      if (filled == keys.length) {
        Arrays.sort(keys);
        filled = count;
        bound = keys[count - 1];
      }
      int bits = Float.floatToIntBits(logits[i]);
      long key = (long) ~(bits ^ (bits >> 31 & Integer.MAX_VALUE)) << 32 | i;
      if (key < bound) {
        keys[filled++] = key;
      }
    }
    Arrays.sort(keys, 0, filled);
    return Arrays.stream(keys, 0, count).mapToInt(key -> (int) key).toArray();
  }
}
