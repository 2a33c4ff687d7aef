package io.github.shardsum.internal.engine.transfer;

/** Hashes that are equal for equal texts in every JVM, so that processes can compare them. */
public final class Fingerprint {
  private Fingerprint() {}

  /** FNV-1a with a final mix; equal texts have equal hashes in every JVM. */
  public static long of(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finalizer of SplitMix64. */
  public static long mix(long word) {
    long mixed = (word ^ word >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
