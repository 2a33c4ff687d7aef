package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Rows of a table of measurements, by the names of its columns; one row a configuration. */
final class Table {
  private static final List<String> REQUIRED = List.of("model", "device_type", "metric", "value");
  private static final int LARGEST_FILE = 64 << 20;
  private static final int LONGEST_LINE = 1 << 16;

  private Table() {}

  /**
   * One configuration.
   *
   * @param line the number of its first line, from 1
   * @param cells by column, without metric and value; an absent column has no cell
   * @param metrics values as they stand in the table
   * @param defect why the row is invalid; empty if it is valid
   */
  record Row(int line, Map<String, String> cells, Map<String, String> metrics, String defect) {
    String cell(String column) {
      return cells.getOrDefault(column, "");
    }
  }

  /**
   * Reads a table. Lines that begin with {@code #} and empty ones are passed over.
   *
   * @throws IllegalArgumentException if a column that every row needs is missing
   * @throws IOException if it cannot be read
   */
  static List<Row> read(Path file) throws IOException {
    try (InputStream in = TextFiles.open(file)) {
      byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
      if (bytes.length > LARGEST_FILE) {
        throw new IllegalArgumentException(
            file + ": must be at most " + LARGEST_FILE + " bytes, got more");
      }
      return parse(file.toString(), new String(bytes, StandardCharsets.UTF_8));
    }
  }

  static List<Row> parse(String place, String text) {
    List<String> columns = List.of();
    Map<Map<String, String>, Row> rows = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.replace("\uFEFF", "").lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (columns.isEmpty()) {
        columns = header(place, line);
      } else {
        add(rows, columns, number, line);
      }
    }
    if (columns.isEmpty()) {
      throw new IllegalArgumentException(place + ": expected a line of column names, got none");
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(place + ": expected rows behind the names, got none");
    }
    return List.copyOf(rows.values());
  }

  private static List<String> header(String place, String line) {
    List<String> names = new ArrayList<>();
    for (String name : line.split("\t", -1)) {
      names.add(name.strip().toLowerCase(Locale.ROOT));
    }
    if (names.stream().filter(each -> !each.isEmpty()).distinct().count()
        < names.stream().filter(each -> !each.isEmpty()).count()) {
      throw new IllegalArgumentException(
          place + ": columns must have different names, got " + String.join(", ", names));
    }
    List<String> missing = REQUIRED.stream().filter(each -> !names.contains(each)).toList();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected columns %s separated by tabs, got none named %s",
              place,
              String.join(", ", REQUIRED),
              String.join(", ", missing)));
    }
    return List.copyOf(names);
  }

  private static void add(
      Map<Map<String, String>, Row> rows, List<String> columns, int number, String line) {
    String[] parts = line.split("\t", -1);
    Map<String, String> cells = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(parts.length, columns.size()); i++) {
      cells.put(columns.get(i), unquoted(parts[i].strip()));
    }
    Optional<String> defect = defect(line, parts, columns);
    if (defect.isPresent()) {
      // A separate row, for any contents.
      Row bad = new Row(number, Map.copyOf(cells), Map.of(), defect.get());
      rows.put(Map.of("", Integer.toString(number)), bad);
      return;
    }
    String metric = Objects.requireNonNullElse(cells.remove("metric"), "");
    String value = Objects.requireNonNullElse(cells.remove("value"), "");
    Row row =
        rows.computeIfAbsent(
            Map.copyOf(cells), _ -> new Row(number, Map.copyOf(cells), new LinkedHashMap<>(), ""));
    row.metrics().putIfAbsent(metric.toLowerCase(Locale.ROOT), value);
  }

  private static Optional<String> defect(String line, String[] parts, List<String> columns) {
    if (line.length() > LONGEST_LINE) {
      return Optional.of("a row must be at most " + LONGEST_LINE + " characters, got more");
    }
    return parts.length > columns.size()
        ? Optional.of("a row must have at most " + columns.size() + " cells, got " + parts.length)
        : Optional.empty();
  }

  private static String unquoted(String cell) {
    return cell.length() > 1 && cell.startsWith("\"") && cell.endsWith("\"")
        ? cell.substring(1, cell.length() - 1).replace("\"\"", "\"").strip()
        : cell;
  }
}
