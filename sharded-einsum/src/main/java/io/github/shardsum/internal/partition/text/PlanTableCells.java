package io.github.shardsum.internal.partition.text;

import io.github.shardsum.picture.Unit;
import java.util.Locale;

/** Figures of a table; a zero is an empty cell. */
final class PlanTableCells {
  private PlanTableCells() {}

  /** Bytes such as {@code 448 B} and {@code 12.3 kB}; empty for 0. */
  static String bytes(long bytes) {
    return bytes == 0 ? "" : Unit.BYTES.text(bytes);
  }

  /** A number such as {@code 32.8 k}; empty for 0. */
  static String operations(double count) {
    return count == 0 ? "" : Unit.NUMBER.text(count);
  }

  /** Elements such as {@code 1,448}, or a time such as {@code 12.3 us}; empty for 0. */
  static String price(double price, boolean isTimed) {
    if (price == 0) {
      return "";
    }
    if (isTimed) {
      return Unit.SECONDS.text(price);
    }
    String format = price < 100 ? "%.3g" : price < 1e9 ? "%,.0f" : "%.3e";
    return String.format(Locale.ROOT, format, price);
  }
}
