package io.github.shardsum.internal.einsum;

/** Refuses an index that does not exist, with an error in words. */
public final class EquationIndexCheck {
  private EquationIndexCheck() {}

  /**
   * The number, if it is in [0, count).
   *
   * @param what the method and the kind of index, as in {@code operandShape: expected an operand}
   * @param of the object that has {@code count} of them
   */
  public static int check(String what, int number, int count, Object of) {
    if (number < 0 || number >= count) {
      throw new IndexOutOfBoundsException(
          what + " in [0, " + count + ") of " + of + ", got " + number);
    }
    return number;
  }
}
