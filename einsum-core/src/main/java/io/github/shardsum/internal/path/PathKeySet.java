package io.github.shardsum.internal.path;

/**
 * A set of longs with open addressing. When the set has grown to a bound, it forgets all elements.
 */
public final class PathKeySet {
  private static final int MAX_SLOTS = 1 << 22;

  private long[] slots = new long[1 << 10];
  private int count;

  /** Adds a value and returns whether it was new. */
  public boolean add(long value) {
    long stored = value == 0 ? 1 : value;
    if (2 * count >= slots.length) {
      grow();
    }
    if (!place(slots, stored)) {
      return false;
    }
    count++;
    return true;
  }

  private void grow() {
    if (slots.length == MAX_SLOTS) {
      slots = new long[1 << 10];
      count = 0;
      return;
    }
    long[] larger = new long[2 * slots.length];
    for (long value : slots) {
      if (value != 0) {
        place(larger, value);
      }
    }
    slots = larger;
  }

  private static boolean place(long[] slots, long value) {
    int mask = slots.length - 1;
    int at = (int) (PathSearchRandom.mix(value) & mask);
    while (slots[at] != 0) {
      if (slots[at] == value) {
        return false;
      }
      at = (at + 1) & mask;
    }
    slots[at] = value;
    return true;
  }
}
