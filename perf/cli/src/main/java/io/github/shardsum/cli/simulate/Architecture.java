package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.util.Optional;

/**
 * A Transformer's sizes.
 *
 * @param layers the layers of encoder and decoder together
 * @param vocabulary rows of all embeddings together
 * @param outputVocabulary columns of the logits
 * @param feedForward hidden width of a dense layer
 * @param gated whether a feed-forward layer has three matrices instead of two
 * @param encoderLayers layers of the encoder; the other layers attend to the encoder too
 */
public record Architecture(
    String name,
    int layers,
    long width,
    Attention attention,
    long vocabulary,
    long outputVocabulary,
    long feedForward,
    boolean gated,
    Optional<Experts> experts,
    int encoderLayers) {
  private static final double MOST_WEIGHTS = 1e16;

  /** Refuses sizes whose products would not fit a long. */
  public Architecture {
    double expert =
        experts.map(each -> (double) each.count() * each.width() + each.shared()).orElse(0.0);
    double layer = attention.weights() + 3.0 * width * (feedForward + expert);
    double all = 2.0 * layers * layer + (double) (vocabulary + outputVocabulary) * width;
    if (!(all < MOST_WEIGHTS)) {
      throw wrongArgument("%s: weights must be fewer than %.0e, got %.0e", name, MOST_WEIGHTS, all);
    }
  }

  /** The architecture with other layers and experts. */
  public Architecture with(
      int otherLayers, Optional<Experts> otherExperts, int otherEncoderLayers) {
    return new Architecture(
        name,
        otherLayers,
        width,
        attention,
        vocabulary,
        outputVocabulary,
        feedForward,
        gated,
        otherExperts,
        otherEncoderLayers);
  }

  /**
   * Attention of a layer.
   *
   * @param queryWidth width of a head's query and key
   * @param valueWidth width of a head's value
   * @param weights the weights of one layer
   * @param window keys that a windowed layer sees, 0 without one
   * @param windowedShare share of the layers with a window
   * @param latent ranks of latent attention, if the attention is latent
   */
  public record Attention(
      int heads,
      int keyValueHeads,
      int queryWidth,
      int valueWidth,
      long weights,
      boolean causal,
      long window,
      double windowedShare,
      Optional<Latent> latent) {}

  /**
   * Ranks of latent attention.
   *
   * @param query rank of the query, 0 for a full matrix
   * @param keyValue rank of keys and values together
   * @param rope width of the part of a key that depends on its position, the same for all heads
   */
  record Latent(long query, long keyValue, long rope) {}

  /**
   * Experts of a sparse layer.
   *
   * @param shared hidden width of the experts that see every token, together
   * @param every the distance between sparse layers
   * @param firstDense layers before the first sparse one
   * @param capacityFactor slots for each choice; 0 without dropping
   * @param einsum whether dispatch is an einsum with a mask instead of a gather of rows
   * @param groupTokens tokens of a group of the einsum form
   */
  public record Experts(
      long count,
      int topK,
      long width,
      long shared,
      int every,
      int firstDense,
      double capacityFactor,
      boolean einsum,
      long groupTokens) {

    public boolean dropless() {
      return capacityFactor == 0;
    }

    /** Rows that experts compute for a token. */
    public double rows() {
      return topK * (dropless() ? 1 : capacityFactor);
    }
  }

  public int sparseLayers() {
    return experts.map(each -> Math.max(0, layers - each.firstDense()) / each.every()).orElse(0);
  }

  int denseLayers() {
    return layers - sparseLayers();
  }

  private long crossWeights() {
    return encoderLayers == 0 ? 0 : (layers - encoderLayers) * attention.weights();
  }

  private int matrices() {
    return gated ? 3 : 2;
  }

  /** Weights of projections and dense or shared feed-forward layers. */
  long linearWeights() {
    long shared = experts.map(each -> matrices() * width * each.shared()).orElse(0L);
    long router = experts.map(each -> width * each.count()).orElse(0L);
    return layers * attention.weights()
        + crossWeights()
        + width * feedForward * matrices() * denseLayers()
        + sparseLayers() * (shared + router);
  }

  /**
   * The factor by which the time of products grows if a width is filled up to a multiple of a unit.
   */
  static double filling(long width, int unit) {
    return (double) Math.ceilDiv(width, unit) * unit / width;
  }

  /**
   * {@link #linearWeights()} with both sides of each matrix, except heads, filled up to multiples
   * of a unit.
   */
  double filledLinearWeights(int unit) {
    double hidden = (double) width * feedForward * matrices() * denseLayers();
    double shared =
        experts
            .map(each -> (double) sparseLayers() * matrices() * width * each.shared())
            .orElse(0.0);
    double rest = linearWeights() - hidden - shared;
    double sides = feedForward == 0 ? 1 : filling(feedForward, unit);
    double own =
        experts.filter(e -> e.shared() > 0).map(e -> filling(e.shared(), unit)).orElse(1.0);
    return filling(width, unit) * (rest + hidden * sides + shared * own);
  }

  /** The same factor for the experts' products. */
  double expertFilling(int unit) {
    return experts.map(e -> filling(width, unit) * filling(e.width(), unit)).orElse(1.0);
  }

  public long embeddingWeights() {
    return vocabulary * width;
  }

  /** Weights of one expert in one layer. */
  long expertWeights() {
    return experts.map(each -> matrices() * width * each.width()).orElse(0L);
  }

  public long allExpertWeights() {
    return experts.map(each -> sparseLayers() * each.count() * expertWeights()).orElse(0L);
  }

  public long weights() {
    return linearWeights() + embeddingWeights() + allExpertWeights();
  }

  /** Keys that a query sees, as a mean over the layers. */
  double keysSeen(long sequence) {
    double whole = attention.causal() ? sequence / 2.0 : sequence;
    if (attention.window() == 0) {
      return whole;
    }
    double windowed = Math.min(attention.window(), whole);
    return attention.windowedShare() * windowed + (1 - attention.windowedShare()) * whole;
  }

  /** Attention's FLOPs of a token, forward. */
  double attentionFlops(long sequence) {
    long pairs = (long) attention.heads() * (attention.queryWidth() + attention.valueWidth());
    int cross = encoderLayers == 0 ? 0 : layers - encoderLayers;
    return 2.0 * (layers + cross) * pairs * keysSeen(sequence);
  }

  /**
   * FLOPs of a token in training as publications count them: three times the forward products,
   * without rematerialisation, padding or dispatch.
   *
   * @param fullAttention counts every key, as older versions of frameworks do
   */
  public double modelFlops(long sequence, boolean fullAttention) {
    double chosen =
        experts.map(each -> (double) sparseLayers() * each.topK() * expertWeights()).orElse(0.0);
    double attended = attentionFlops(sequence) * (fullAttention && attention.causal() ? 2 : 1);
    return 3 * (2 * (linearWeights() + chosen + outputVocabulary * width) + attended);
  }
}
