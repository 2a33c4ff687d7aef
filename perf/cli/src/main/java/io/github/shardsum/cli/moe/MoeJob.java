package io.github.shardsum.cli.moe;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * Settings of one run of {@code shardsum moe}, checked before any work.
 *
 * @param experts E
 * @param group S, tokens in a group
 * @param model M
 * @param hidden H
 * @param options how tokens are sent to experts
 * @param activation the function between an expert's two products
 * @param biased whether experts have biases
 * @param backward whether each pass is also run backward
 * @param seed the seed of weights, table and routing
 * @param threads the number of threads
 * @param passes runs of the layer at most, spread over the text
 */
record MoeJob(
    int experts,
    int group,
    int model,
    int hidden,
    RouteOptions options,
    Activation activation,
    boolean biased,
    boolean backward,
    long seed,
    int threads,
    int passes) {
  private static final int MOST_THREADS = 1024;

  /** Tokens of a batch: their rows stay in or near the caches. */
  private static final int BATCH_TOKENS = 16384;

  /** The largest number of rows of an expert in one chunk. */
  private static final int CHUNK_ROWS = 2048;

  /** Share of the heap for weights and activations; the rest is the JVM's and the text's. */
  private static final double MEMORY_SHARE = 0.8;

  /** Memory of forward and backward together, as a multiple of the forward pass's. */
  private static final double BACKWARD_MEMORY = 3;

  MoeJob {
    int least = options.router() instanceof RouteOptions.Router.TokenChoice(int k) ? k : 1;
    atLeast("--experts", least, experts, " (each token goes to its best " + least + ")");
    atLeast("--group", 1, group, "");
    atLeast("--model", 1, model, "");
    atLeast("--hidden", 1, hidden, "");
    atLeast("--threads", 1, threads, "");
    atLeast("--passes", 1, passes, "");
    if (threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "--threads: must be at most " + MOST_THREADS + ", got " + threads);
    }
  }

  /** The paper's layer, forward, with a capacity of {@code 2*S/E} times a factor. */
  static MoeJob paper(
      int experts,
      int group,
      int model,
      int hidden,
      double capacityFactor,
      long seed,
      int threads,
      int passes) {
    RouteOptions options = paper(capacity(capacityFactor));
    return new MoeJob(
        experts,
        group,
        model,
        hidden,
        options,
        Activation.RELU,
        false,
        false,
        seed,
        threads,
        passes);
  }

  /** The paper's router; the padding of the last group does not enter its loss. */
  static RouteOptions paper(Capacity capacity) {
    return RouteOptions.builder()
        .capacity(capacity)
        .auxLoss(AuxLoss.paper().mean(MaskedMean.OVER_REAL))
        .build();
  }

  /** A capacity by {@code --capacity-factor}. */
  static Capacity capacity(double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "--capacity-factor: must be a finite number above 0, got " + factor);
    }
    return Capacity.factor(factor);
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

  /** Groups of a text in one batch. */
  int batchGroups(long bytes) {
    long all = Math.max(1, Math.ceilDiv(bytes, (long) group));
    return (int) Math.min(all, Math.max(1, BATCH_TOKENS / group));
  }

  /** Slots of one expert in one group. */
  long capacity() {
    return options.capacity().atMost(options.router().choices(), group, experts);
  }

  /** Whether no choice is dropped, so that an expert may have any number of rows. */
  boolean dropless() {
    return options.capacity() instanceof Capacity.LargestLoad;
  }

  /** K, experts of a token in the route's results. */
  int choices() {
    return options.router() instanceof RouteOptions.Router.TokenChoice(int k) ? k : experts;
  }

  /** The form of a pass over a number of groups. */
  MoeLayerForm form(long groups) {
    return new MoeLayerForm(sizes(groups), choices(), activation.isGated());
  }

  /** Sizes of a pass over a number of groups. */
  MoeSizes sizes(long groups) {
    return new MoeSizes(groups, group, experts, capacity(), model, hidden);
  }

  /** The layer of a pass. */
  MoeSpec spec(MoeSizes of, Randomness randomness) {
    MoeSpec spec = MoeSpec.of(of, DType.F32, options, randomness).withActivation(activation);
    return biased ? spec.withBias() : spec;
  }

  /** The layer's weights. */
  MoeWeights weights() {
    return MoeWeights.random(spec(sizes(1), Randomness.seeded(seed)), seed);
  }

  /** Refuses options that do not go with the sizes, before anything is allocated. */
  void checkRoute() {
    ProgramBuilder p = Program.builder("route");
    Value logits = p.input("logits", "f32[G=1 S=" + group + " E=" + experts + "]");
    MoePrograms.route(RouteInput.logits(logits), options, Randomness.seeded(seed));
  }

  /**
   * Refuses sizes that would not fit in memory, before anything is allocated.
   *
   * @param heapBytes the most that the JVM may use
   */
  void checkMemory(long heapBytes) {
    MoeLayerForm form = form(batchGroups(Long.MAX_VALUE));
    List<String> tensors =
        Stream.concat(
                Stream.of("ME", "EMH", "EHM", "GSM", "GSE", "GSM", "RM"),
                activation.isGated() ? Stream.of("EMH") : Stream.empty())
            .toList();
    // The rows of one expert that a thread holds: their tokens, and their activations.
    double chunk = (double) CHUNK_ROWS * (model + hidden * (form.gated() ? 2.0 : 1.0));
    double bytes = threads * chunk * Float.BYTES * (backward ? BACKWARD_MEMORY : 1);
    for (String letters : tensors) {
      double elements =
          letters
              .chars()
              .mapToObj(Character::toString)
              .mapToDouble(letter -> form.shape(letter).elementCount())
              .reduce(1, (a, b) -> a * b);
      if (elements > Shape.LONGEST_ARRAY) {
        throw new IllegalArgumentException(
            "sizes: must have tensors of at most 2^31 - 9 elements, got "
                + format("%.2e for %s with %s; lower the sizes", elements, letters, form.sizes()));
      }
      bytes += elements * Float.BYTES * (backward ? BACKWARD_MEMORY : 1);
    }
    if (bytes > MEMORY_SHARE * heapBytes) {
      throw wrongArgument(
          "sizes: weights and activations take %.1f GiB, the JVM's heap is %.1f"
              + " GiB; lower the sizes or set SHARDSUM_JAVA_OPTS=-Xmx...",
          bytes / (1L << 30), heapBytes / (double) (1L << 30));
    }
  }
}
