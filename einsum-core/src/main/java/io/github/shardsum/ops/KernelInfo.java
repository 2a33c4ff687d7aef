package io.github.shardsum.ops;

import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.internal.selection.KernelSelfTest;
import java.util.Objects;
import java.util.Optional;

/**
 * The kernels of this JVM and the reason for them; an immutable value.
 *
 * @param name vector-512, vector-256, vector-128 or scalar
 * @param vectorBits width of a vector in bits; 0 for scalar
 * @param reason why these kernels were chosen
 * @param remedy how to get faster kernels; empty if there is no way
 */
public record KernelInfo(String name, int vectorBits, String reason, Optional<String> remedy) {
  /**
   * Checks the width.
   *
   * @throws IllegalArgumentException if the width is negative
   */
  public KernelInfo {
    Objects.requireNonNull(name, "name");
    if (vectorBits < 0) {
      throw new IllegalArgumentException(
          "kernels: expected vectors of at least 0 bits, 0 for scalar, got " + vectorBits);
    }
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(remedy, "remedy");
  }

  /**
   * The kernels of this JVM; the first call makes the choice.
   *
   * <p>The first call reads the system property {@code shardsum.kernels}, which forces the choice:
   * {@code scalar} or {@code vector}. Any other value causes a warning and is ignored.
   *
   * @return the choice
   */
  public static KernelInfo current() {
    KernelSelection choice = KernelSelection.made();
    KernelSet kernels = choice.kernels();
    return new KernelInfo(kernels.name(), kernels.bits(), choice.reason(), choice.remedy());
  }

  /**
   * Compares the kernels of this JVM with plain loops to the bit, on a short row or a small product
   * of each kind. On a JDK other than 25, whose Vector API may differ, this test decides whether
   * vectors are used.
   *
   * @return the first kind that differs, with the difference; empty if all agree
   */
  public static Optional<String> selfTest() {
    return KernelSelfTest.failure(KernelSelection.best());
  }

  /** One line: the name, the reason and the remedy. */
  @Override
  public String toString() {
    return name + " (" + reason + ")" + remedy.map(text -> "; " + text).orElse("");
  }
}
