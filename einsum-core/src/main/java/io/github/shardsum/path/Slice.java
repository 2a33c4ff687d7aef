package io.github.shardsum.path;

import java.util.Locale;

/**
 * A label whose range is processed in chunks, so that intermediates hold only one chunk.
 *
 * @param label the label
 * @param chunk the number of the label's values in a chunk, at least 1; the last chunk may be
 *     shorter
 * @param count the number of chunks: the size of the label divided by {@code chunk}, rounded up
 */
public record Slice(int label, long chunk, long count) {
  /**
   * Checks the numbers.
   *
   * @throws PathException if the chunk or the count is under 1
   */
  public Slice {
    if (chunk < 1 || count < 1) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "slice: chunk and count must be 1 or more, got %d and %d for label %d",
              chunk,
              count,
              label));
    }
  }
}
