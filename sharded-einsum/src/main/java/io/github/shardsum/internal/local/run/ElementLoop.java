package io.github.shardsum.internal.local.run;

import java.util.List;

/**
 * One loop that makes a result of a fused kernel from inputs and earlier results, element by
 * element, in the order of the kernel's instructions. Numbers are those of the kernel's blocks; a
 * factor is the same for all elements.
 */
public sealed interface ElementLoop {
  /** The number that stands for no factor; the factor is then 1. */
  int NO_FACTOR = -1;

  /** The block of the result. */
  int result();

  /** The blocks that are read element by element. */
  List<Integer> reads();

  /** The blocks of the factors; {@link #NO_FACTOR} stands for none. */
  List<Integer> factors();

  /** {@code x keep + y scale take}. */
  record Mean(int result, int x, int keep, int y, int scale, int take) implements ElementLoop {
    @Override
    public List<Integer> reads() {
      return List.of(x, y);
    }

    @Override
    public List<Integer> factors() {
      return List.of(keep, scale, take);
    }
  }

  /** {@code x keep + (y scale)^2 take}. */
  record MeanOfSquares(int result, int x, int keep, int y, int scale, int take)
      implements ElementLoop {
    @Override
    public List<Integer> reads() {
      return List.of(x, y);
    }

    @Override
    public List<Integer> factors() {
      return List.of(keep, scale, take);
    }
  }

  /** {@code x - y / (sqrt(z) + floor) by}. */
  record Move(int result, int x, int y, int z, int floor, int by) implements ElementLoop {
    @Override
    public List<Integer> reads() {
      return List.of(x, y, z);
    }

    @Override
    public List<Integer> factors() {
      return List.of(floor, by);
    }
  }

  /** {@code x + (y - x) share}. */
  record Approach(int result, int x, int y, int share) implements ElementLoop {
    @Override
    public List<Integer> reads() {
      return List.of(x, y);
    }

    @Override
    public List<Integer> factors() {
      return List.of(share);
    }
  }
}
