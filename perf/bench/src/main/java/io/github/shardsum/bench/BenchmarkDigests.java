package io.github.shardsum.bench;

import io.github.shardsum.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;

/** Short digests of results. */
final class BenchmarkDigests {
  private static final int BYTES = 8;

  private BenchmarkDigests() {}

  /** The digest of all elements in order; a {@code double} holds each of them exactly. */
  static String of(Collection<Tensor> tensors) {
    MessageDigest digest = sha256();
    for (Tensor tensor : tensors) {
      double[] values = tensor.toDoubleArray();
      ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
      bytes.asDoubleBuffer().put(values);
      digest.update(bytes);
    }
    return text(digest);
  }

  static String of(String text) {
    MessageDigest digest = sha256();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return text(digest);
  }

  private static String text(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
