package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * The sizes of one {@code shardsum moe} run, checked before any work.
 *
 * @param experts E
 * @param group S, tokens in a group
 * @param model M
 * @param hidden H
 * @param capacityFactor slots of an expert in a group, as a multiple of {@code 2*S/E}
 * @param seed of weights, table and routing
 * @param threads how many
 * @param passes runs of the layer at most, spread over the text
 */
record MoeJob(
    int experts,
    int group,
    int model,
    int hidden,
    double capacityFactor,
    long seed,
    int threads,
    int passes) {
  private static final int MOST_THREADS = 1024;

  /** Tokens that go through the layer at once: their rows stay near the caches. */
  private static final int BATCH_TOKENS = 16384;

  /** Of the heap, for weights and activations; the rest is the JVM's and the text's. */
  private static final double MEMORY_SHARE = 0.8;

  MoeJob {
    atLeast("--experts", 2, experts, " (each token goes to its best two)");
    atLeast("--group", 1, group, "");
    atLeast("--model", 1, model, "");
    atLeast("--hidden", 1, hidden, "");
    atLeast("--threads", 1, threads, "");
    atLeast("--passes", 1, passes, "");
    if (threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "--threads: must be at most " + MOST_THREADS + ", got " + threads);
    }
    if (!(capacityFactor > 0) || Double.isInfinite(capacityFactor)) {
      throw new IllegalArgumentException(
          "--capacity-factor: must be a finite number above 0, got " + capacityFactor);
    }
  }

  private static void atLeast(String option, int least, int given, String reason) {
    if (given < least) {
      throw new IllegalArgumentException(
          option + ": must be at least " + least + reason + ", got " + given);
    }
  }

  /** Passes that a whole text takes. */
  long allPasses(long bytes) {
    return Math.ceilDiv(bytes, (long) batchGroups(bytes) * group);
  }

  /** Groups of a text that go through the layer at once. */
  int batchGroups(long bytes) {
    long all = Math.max(1, Math.ceilDiv(bytes, (long) group));
    return (int) Math.min(all, Math.max(1, BATCH_TOKENS / group));
  }

  /** Slots of one expert in one group. */
  long capacity() {
    return Capacity.factor(capacityFactor).slots(2, group, experts);
  }

  /** The paper's router; the padding of the last group does not enter its loss. */
  RouteOptions options() {
    return RouteOptions.builder()
        .capacity(Capacity.factor(capacityFactor))
        .auxLoss(AuxLoss.paper().mean(MaskedMean.OVER_REAL))
        .build();
  }

  /** Sizes of a pass over a number of groups. */
  MoeSizes sizes(long groups) {
    return new MoeSizes(groups, group, experts, capacity(), model, hidden);
  }

  /**
   * Refuses what would not fit, before anything is allocated.
   *
   * @param heapBytes the most that the JVM may use
   */
  void checkMemory(long heapBytes) {
    MoeSizes sizes = sizes(batchGroups(Long.MAX_VALUE));
    List<String> tensors =
        Stream.concat(
                Stream.of("ME", "EMH", "EHM", "GSM"),
                Stream.of(LayerStep.values()).map(LayerStep::result))
            .toList();
    double bytes = 0;
    for (String letters : tensors) {
      double elements =
          letters
              .chars()
              .mapToObj(Character::toString)
              .mapToDouble(letter -> sizes.shape(letter).elementCount())
              .reduce(1, (a, b) -> a * b);
      if (elements > Shape.LONGEST_ARRAY) {
        throw new IllegalArgumentException(
            "sizes: expected tensors of at most 2^31 - 9 elements, got "
                + "%.2e for %s with %s; lower the sizes".formatted(elements, letters, sizes));
      }
      bytes += elements * Float.BYTES;
    }
    if (bytes > MEMORY_SHARE * heapBytes) {
      throw new IllegalArgumentException(
          "sizes: weights and activations take %.1f GiB, the JVM's heap is %.1f GiB; lower the sizes or set SHARDSUM_JAVA_OPTS=-Xmx..."
              .formatted(bytes / (1L << 30), heapBytes / (double) (1L << 30)));
    }
  }
}
