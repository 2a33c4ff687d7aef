package io.github.shardsum.cli.train.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Hashes that split and sample texts; the same on every machine and JDK. */
public final class TextHash {
  private TextHash() {}

  /** The first 63 bits of the SHA-256 of the parts, each ended by a zero byte. */
  public static long of(String... parts) {
    MessageDigest digest = sha256();
    for (String part : parts) {
      digest.update(part.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }
    return ByteBuffer.wrap(digest.digest()).getLong() & Long.MAX_VALUE;
  }

  /** A digest that has no bytes yet. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
