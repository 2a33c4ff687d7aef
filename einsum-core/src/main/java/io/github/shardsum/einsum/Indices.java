package io.github.shardsum.einsum;

/** Refuses a number of something that is not there, in words. */
final class Indices {
  private Indices() {}

  /**
   * The number, if it is in [0, count).
   *
   * @param what who asks and for what, as in {@code operandShape: an operand}
   * @param of what has so many of them
   */
  static int check(String what, int number, int count, Object of) {
    if (number < 0 || number >= count) {
      throw new IndexOutOfBoundsException(
          what + " in [0, " + count + ") of " + of + " is wanted, got " + number);
    }
    return number;
  }
}
