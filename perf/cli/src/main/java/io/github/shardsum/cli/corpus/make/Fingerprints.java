package io.github.shardsum.cli.corpus.make;

/** A set of hashes of 63 bits. Ten million of them take 128 MiB. */
final class Fingerprints {
  private static final int FIRST = 1 << 10;

  private long[] slots = new long[FIRST];
  private int size;

  /** Adds a hash, and says whether it is new. */
  boolean add(long hash) {
    if (size >= slots.length / 5 * 3) {
      long[] old = slots;
      slots = new long[2 * old.length];
      for (long each : old) {
        if (each != 0) {
          slots[slot(each)] = each;
        }
      }
    }
    // 0 is an empty slot.
    long stored = hash | Long.MIN_VALUE;
    int slot = slot(stored);
    if (slots[slot] == stored) {
      return false;
    }
    slots[slot] = stored;
    size++;
    return true;
  }

  boolean contains(long hash) {
    long stored = hash | Long.MIN_VALUE;
    return slots[slot(stored)] == stored;
  }

  private int slot(long hash) {
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    while (slots[slot] != 0 && slots[slot] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
