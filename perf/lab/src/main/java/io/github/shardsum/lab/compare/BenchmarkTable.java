package io.github.shardsum.lab.compare;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.measure.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Prints measurements at once and keeps them for tables, one table for each part and one column for
 * each case. A bar is the value that the median of a measurement should reach.
 */
final class BenchmarkTable {
  /** The cells, by part, row and case. */
  private final Map<String, Map<String, Map<String, String>>> parts = new LinkedHashMap<>();

  private String part = "";
  private String layer = "";
  private boolean missed;

  /** Begins a part and a case; later rows belong to them. */
  void begin(String nextPart, String nextCase) {
    part = nextPart;
    layer = nextCase;
    System.out.print(format("%n%s: %s%n", part, layer));
  }

  /** A number without a bar. */
  void value(String what, String format, Object... values) {
    String cell = String.format(Locale.ROOT, format, values);
    System.out.print(format("  %-44s %s%n", what, cell));
    parts
        .computeIfAbsent(part, _ -> new LinkedHashMap<>())
        .computeIfAbsent(what, _ -> new LinkedHashMap<>())
        .put(layer, cell);
  }

  void ratio(String what, Interval ratio) {
    value(what, "%s", text(ratio));
  }

  void atLeast(String what, Interval ratio, double bar) {
    judged(what, text(ratio), "at least " + number(bar), ratio.median() >= bar);
  }

  void atMost(String what, Interval ratio, double bar) {
    judged(what, text(ratio), "at most " + number(bar), ratio.median() <= bar);
  }

  private void judged(String what, String text, String bar, boolean met) {
    missed |= !met;
    value(what, "%s, %s %s", text, bar, met ? "met" : "MISSED");
  }

  private static String text(Interval ratio) {
    return ratio.low() == ratio.high()
        ? number(ratio.median())
        : number(ratio.median()) + " [" + number(ratio.low()) + ", " + number(ratio.high()) + "]";
  }

  /** The number with at least three significant digits. */
  private static String number(double value) {
    int decimals = Math.abs(value) < 0.1 ? 4 : Math.abs(value) < 10 ? 3 : 1;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  boolean missed() {
    return missed;
  }

  /** Writes a table for each part. */
  void write(Path file, String machine) throws IOException {
    List<String> lines = new ArrayList<>(List.of(machine));
    parts.forEach(
        (name, rows) -> {
          List<String> cases =
              rows.values().stream().flatMap(row -> row.keySet().stream()).distinct().toList();
          lines.add("");
          lines.add("| " + name + " | " + String.join(" | ", cases) + " |");
          lines.add("| --- |" + " --- |".repeat(cases.size()));
          rows.forEach(
              (what, cells) ->
                  lines.add(
                      "| "
                          + what
                          + " | "
                          + String.join(
                              " | ", cases.stream().map(c -> cells.getOrDefault(c, "")).toList())
                          + " |"));
        });
    Files.write(file, lines);
  }
}
