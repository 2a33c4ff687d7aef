package io.github.shardsum.internal.pjrt.host;

/** Finds types of tensors in a program's text on which a compiler would end the process. */
public final class FatalTensorTypes {
  private static final String BEGIN = "tensor<";

  /** The most bytes of an element, for which a shape must leave room. */
  private static final long LARGEST_ELEMENT = 16;

  private FatalTensorTypes() {}

  /**
   * Refuses arrays of 2^59 elements and more, and sizes that are neither known nor bounded. 2^59
   * elements of 16 bytes are 2^63 bytes, on which XLA's arithmetic overflows; the size of the
   * element type is not read. For unbounded sizes libtpu has no layout.
   *
   * @param text a module as text; in bytecode no types are found
   * @throws IllegalArgumentException if the text has such a type; the message names the type
   */
  public static void check(String text) {
    for (int at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + 1)) {
      int end = text.indexOf('>', at);
      if (end > 0) {
        check(text.substring(at, end + 1), at + BEGIN.length(), text);
      }
    }
  }

  private static void check(String type, int sizes, String text) {
    double bytes = LARGEST_ELEMENT;
    int at = sizes;
    while (at < text.length()) {
      int end = at;
      while (end < text.length() && Character.isDigit(text.charAt(end))) {
        end++;
      }
      boolean unknown = text.charAt(at) == '?';
      if (unknown) {
        end++;
      }
      if (end == at || end >= text.length() || text.charAt(end) != 'x') {
        return;
      }
      if (unknown && !type.contains("bounds")) {
        throw new IllegalArgumentException(
            "program: expected sizes that are known, or bounded by #stablehlo.bounds, got "
                + type
                + "; refine the shapes first");
      }
      bytes *= unknown ? 1 : Double.parseDouble(text.substring(at, end));
      if (bytes >= 0x1p63) {
        throw new IllegalArgumentException(
            "program: expected arrays of fewer than 2^59 elements, got " + type);
      }
      at = end + 1;
    }
  }
}
