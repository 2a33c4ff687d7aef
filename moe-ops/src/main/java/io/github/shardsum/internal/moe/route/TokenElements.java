package io.github.shardsum.internal.moe.route;

import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;

/** Elements of a tensor {@code [G]}, {@code [G, S]} or {@code [G, S, x]} of any strides. */
public final class TokenElements {
  private final Elements elements;
  private final long groupStride;
  private final long tokenStride;
  private final long lastStride;
  private final int tokens;
  private final int width;

  private TokenElements(Tensor tensor) {
    this.elements = Elements.of(tensor);
    this.groupStride = tensor.stride(0);
    this.tokenStride = tensor.rank() > 1 ? tensor.stride(1) : 0;
    this.lastStride = tensor.rank() > 2 ? tensor.stride(2) : 0;
    this.tokens = tensor.rank() > 1 ? Math.toIntExact(tensor.size(1)) : 1;
    this.width = tensor.rank() > 2 ? Math.toIntExact(tensor.size(2)) : 1;
  }

  /** The elements of a tensor of one to three axes. */
  public static TokenElements of(Tensor tensor) {
    return new TokenElements(tensor);
  }

  private long at(int group, int token) {
    return group * groupStride + token * tokenStride;
  }

  /** The element of a group, or of a token. */
  public double get(int group, int token) {
    return elements.getDouble(at(group, token));
  }

  /** An element of a token. */
  public double get(int group, int token, int last) {
    return elements.getDouble(at(group, token) + last * lastStride);
  }

  /** The element with this index, in the order of groups, tokens and elements of a token. */
  public double get(int index) {
    int token = index / width;
    return get(token / tokens, token % tokens, index % width);
  }

  /** Writes the element that {@link #get(int)} reads. */
  public void set(int index, double value) {
    int token = index / width;
    set(token / tokens, token % tokens, index % width, value);
  }

  /** Reads all elements of a token. */
  public void load(int group, int token, double[] to, int from) {
    elements.load(at(group, token), lastStride, width, to, from);
  }

  /** Writes all elements of a token. */
  public void store(int group, int token, double[] from, int at) {
    elements.store(at(group, token), lastStride, width, from, at);
  }

  /** Writes the element of a group, or of a token. */
  public void set(int group, int token, double value) {
    elements.set(at(group, token), value);
  }

  /** Writes the element of a group, or of a token. */
  public void set(int group, int token, long value) {
    elements.set(at(group, token), value);
  }

  /** Writes an element of a token. */
  public void set(int group, int token, int last, long value) {
    elements.set(at(group, token) + last * lastStride, value);
  }

  /** Writes an element of a token. */
  public void set(int group, int token, int last, double value) {
    elements.set(at(group, token) + last * lastStride, value);
  }
}
