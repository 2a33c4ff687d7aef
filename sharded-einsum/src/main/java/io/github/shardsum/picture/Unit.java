package io.github.shardsum.picture;

import java.util.List;
import java.util.Locale;

/** Units of figures. A figure is written with three digits and the prefix that a reader expects. */
public enum Unit {
  /** A plain number, such as {@code 12.3 k}. */
  NUMBER("", false),
  /** Bytes, such as {@code 243 MB}. */
  BYTES("B", false),
  /** Bytes a second, such as {@code 10.4 GB/s}. */
  BYTES_A_SECOND("B/s", false),
  /** Seconds, such as {@code 4.1 us}. */
  SECONDS("s", true),
  /** Operations of numbers, such as {@code 33 MFLOP}. */
  FLOP("FLOP", false),
  /** Operations a second, such as {@code 85.2 GFLOP/s}. */
  FLOP_A_SECOND("FLOP/s", false);

  private static final List<String> LARGE = List.of("", "k", "M", "G", "T", "P", "E");
  private static final List<String> SMALL = List.of("", "m", "u", "n", "p");
  private static final double NEXT = 999.5;

  private final String symbol;
  private final boolean isSmall;

  Unit(String symbol, boolean isSmall) {
    this.symbol = symbol;
    this.isSmall = isSmall;
  }

  /**
   * A figure for a reader, the same in every locale.
   *
   * @param value the figure, in this unit without a prefix
   * @return three digits, a prefix and the unit, such as {@code 4.10 us}; {@code 0} with the unit
   *     for zero
   */
  public String text(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return joined(value == 0 ? "0" : Double.toString(value), "");
    }
    double scaled = Math.abs(value);
    int power = 0;
    while (!isSmall && scaled >= NEXT && power < LARGE.size() - 1) {
      scaled /= 1000;
      power++;
    }
    while (isSmall && scaled < 0.9995 && power > 1 - SMALL.size()) {
      scaled *= 1000;
      power--;
    }
    String prefix = power < 0 ? SMALL.get(-power) : LARGE.get(power);
    boolean isWhole = power == 0 && !isSmall && scaled == Math.rint(scaled);
    String digits = isWhole ? String.format(Locale.ROOT, "%.0f", scaled) : digits(scaled);
    return joined((value < 0 ? "-" : "") + digits, prefix);
  }

  /** A round figure at an axis, without trailing zeros. */
  String tick(double value) {
    return text(value)
        .replaceFirst("(\\.[0-9]*?)0+(?![0-9])", "$1")
        .replaceFirst("\\.(?![0-9])", "");
  }

  private String joined(String digits, String prefix) {
    String after = prefix + symbol;
    return after.isEmpty() ? digits : digits + " " + after;
  }

  /** Three digits; values below 0.001 have an exponent. */
  private static String digits(double value) {
    String format =
        value >= 99.95
            ? "%,.0f"
            : value >= 9.995 ? "%.1f" : value >= 0.995 ? "%.2f" : value >= 1e-3 ? "%.3g" : "%.2e";
    return String.format(Locale.ROOT, format, value);
  }
}
