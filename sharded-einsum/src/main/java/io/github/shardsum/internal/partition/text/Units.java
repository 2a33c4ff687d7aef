package io.github.shardsum.internal.partition.text;

import java.util.List;
import java.util.Locale;

/** Figures with units, three digits long, for a reader. */
final class Units {
  private static final List<String> LARGE = List.of("", "k", "M", "G", "T", "P", "E");
  private static final List<String> SMALL = List.of("s", "ms", "us", "ns");

  private Units() {}

  /** As {@code 448 B} and {@code 12.3 kB}; empty for none. */
  static String bytes(long bytes) {
    return bytes == 0 ? "" : scaled(bytes) + "B";
  }

  /** As {@code 32.8 k}; empty for none. */
  static String operations(double count) {
    return count == 0 ? "" : scaled(count).stripTrailing();
  }

  /** As {@code 1,448} elements, or as {@code 12.3 us}; empty for none. */
  static String price(double price, boolean isTimed) {
    if (isTimed) {
      return seconds(price);
    }
    String format = price < 100 ? "%.3g" : price < 1e9 ? "%,.0f" : "%.3e";
    return price == 0 ? "" : String.format(Locale.ROOT, format, price);
  }

  private static String seconds(double seconds) {
    double value = seconds;
    int unit = 0;
    while (value < 1 && unit < SMALL.size() - 1) {
      value *= 1000;
      unit++;
    }
    return seconds == 0 ? "" : String.format(Locale.ROOT, "%.3g %s", value, SMALL.get(unit));
  }

  private static String scaled(double count) {
    double value = count;
    int unit = 0;
    while (value >= 999.5 && unit < LARGE.size() - 1) {
      value /= 1000;
      unit++;
    }
    String digits = unit == 0 || value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, digits, value) + " " + LARGE.get(unit);
  }
}
