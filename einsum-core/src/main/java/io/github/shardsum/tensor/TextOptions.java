package io.github.shardsum.tensor;

import java.util.List;

/** Options for printing a tensor (NumPy's {@code np.set_printoptions}); an immutable value. */
public final class TextOptions {
  /** The default: 1000 elements, three at each edge, the shortest digits. */
  public static final TextOptions DEFAULTS = new TextOptions(1000, 3, -1);

  private final long threshold;
  private final int edge;
  private final int decimals;

  private TextOptions(long threshold, int edge, int decimals) {
    if (threshold < 1 || edge < 1 || decimals < -1 || decimals > 17) {
      throw new IllegalArgumentException(
          "text: expected a threshold and an edge of at least 1 and decimals in [-1, 17], got "
              + threshold
              + ", "
              + edge
              + ", "
              + decimals);
    }
    this.threshold = threshold;
    this.edge = edge;
    this.decimals = decimals;
  }

  /**
   * The same options with another threshold.
   *
   * @param value the most elements of a tensor that is shown completely
   * @return new options
   */
  public TextOptions withThreshold(long value) {
    return new TextOptions(value, edge, decimals);
  }

  /**
   * The same options with another edge.
   *
   * @param value the number of elements to show at each end of a shortened axis
   * @return new options
   */
  public TextOptions withEdge(int value) {
    return new TextOptions(threshold, value, decimals);
  }

  /**
   * The same options with another number of decimals.
   *
   * @param value digits after the point, -1 for the shortest
   * @return new options
   */
  public TextOptions withDecimals(int value) {
    return new TextOptions(threshold, edge, value);
  }

  /**
   * {@return the most elements of a tensor that is shown completely, at least 1; of a larger
   * tensor, only the edges are shown}
   */
  public long threshold() {
    return threshold;
  }

  /** {@return the number of elements to show at each end of a shortened axis, at least 1} */
  public int edge() {
    return edge;
  }

  /**
   * {@return digits after the point of floating elements, in [0, 17]; -1 for the shortest digits
   * that differ from those of neighbouring values}
   */
  public int decimals() {
    return decimals;
  }

  private List<Object> values() {
    return List.of(threshold, edge, decimals);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TextOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "TextOptions" + values();
  }
}
