package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

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

/**
 * Rows of a table of measurements, by the names of its columns; one row a configuration. Cells are
 * separated by tabs. If the names of columns have no tab, commas or semicolons separate cells, and
 * a cell that contains one is in quotes.
 */
final class MeasurementTable {
  private static final List<String> REQUIRED = List.of("model", "device_type", "metric", "value");
  private static final String METRIC = "metric";
  private static final String VALUE = "value";

  /** Other names of columns, each with our name. */
  private static final Map<String, String> NAMES =
      names(
          "model: model_name architecture",
          "device_type: device hardware accelerator accelerator_type chip_type system gpu_type",
          "devices: num_devices n_devices device_count chips num_chips gpus num_gpus n_gpus"
              + " world_size",
          "seq: seq_len seqlen sequence sequence_length context_length max_target_length",
          "global_batch: gbs global_batch_size batch batch_size",
          "batch_tokens: global_batch_tokens tokens_per_batch tokens_per_step",
          "parallelism: layout sharding strategy mesh",
          "params_b: params parameters_b total_params_b",
          "layers: num_layers n_layers",
          "d_model: hidden_size embedding_dim",
          "d_ff: ffn_hidden_size intermediate_size mlp_dim",
          "experts: num_experts n_experts",
          "topk: top_k experts_per_token num_experts_per_tok");

  private static Map<String, String> names(String... lines) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String line : lines) {
      String[] parts = line.split(": ", 2);
      for (String other : parts[1].split(" ", -1)) {
        names.put(other, parts[0]);
      }
    }
    return Map.copyOf(names);
  }

  private static final int LARGEST_FILE = 64 << 20;
  private static final int LONGEST_LINE = 1 << 16;

  private MeasurementTable() {}

  /**
   * One configuration.
   *
   * @param line the number of its first line, from 1
   * @param cells the cells by column, without metric and value; an absent column has no cell
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
   * @throws IOException if the file cannot be read
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
    char separator = '\t';
    Map<Map<String, String>, Row> rows = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.replace("\uFEFF", "").lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (columns.isEmpty()) {
        separator = separator(line);
        columns = header(place, split(line, separator));
      } else {
        add(rows, columns, number, line, separator);
      }
    }
    if (columns.isEmpty()) {
      throw new IllegalArgumentException(place + ": must have a line of column names, got none");
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(place + ": must have rows behind the names, got none");
    }
    return List.copyOf(rows.values());
  }

  private static char separator(String names) {
    return names.contains("\t")
        ? '\t'
        : names.contains(";") ? ';' : names.contains(",") ? ',' : '\t';
  }

  /** The cells of a line. Between tabs quotes mean nothing. */
  private static List<String> split(String line, char separator) {
    List<String> cells = new ArrayList<>();
    boolean quoted = false;
    int from = 0;
    for (int at = 0; at < line.length(); at++) {
      char here = line.charAt(at);
      quoted ^= here == '"' && separator != '\t';
      if (here == separator && !quoted) {
        cells.add(line.substring(from, at));
        from = at + 1;
      }
    }
    cells.add(line.substring(from));
    return cells;
  }

  private static List<String> header(String place, List<String> cells) {
    List<String> names = new ArrayList<>();
    for (String cell : cells) {
      names.add(unquoted(cell.strip()).toLowerCase(Locale.ROOT));
    }
    names.replaceAll(name -> ours(name, names));
    if (names.stream().filter(each -> !each.isEmpty()).distinct().count()
        < names.stream().filter(each -> !each.isEmpty()).count()) {
      throw new IllegalArgumentException(
          place + ": columns must have different names, got " + String.join(", ", names));
    }
    boolean wide = isWide(names);
    List<String> missing =
        REQUIRED.stream()
            .filter(each -> !names.contains(each))
            .filter(each -> !wide || (!each.equals(METRIC) && !each.equals(VALUE)))
            .toList();
    if (!missing.isEmpty()) {
      throw wrongArgument(
          "%s: must have columns %s separated by tabs, commas or semicolons, got none named %s",
          place, String.join(", ", REQUIRED), String.join(", ", missing));
    }
    return List.copyOf(names);
  }

  /** Our name of a column, unless another column has it. */
  private static String ours(String name, List<String> all) {
    String plain = name.replaceAll("[ -]+", "_");
    String ours = NAMES.getOrDefault(plain, plain);
    return all.contains(ours) ? name : ours;
  }

  /** Whether each metric has a column of its own. */
  private static boolean isWide(List<String> names) {
    return !names.contains(METRIC)
        && !names.contains(VALUE)
        && names.stream().anyMatch(MeasurementTable::isMetric);
  }

  private static boolean isMetric(String column) {
    return !NAMES.containsValue(column) && StepSeconds.isMetric(column);
  }

  private static void add(
      Map<Map<String, String>, Row> rows,
      List<String> columns,
      int number,
      String line,
      char separator) {
    List<String> parts = split(line, separator);
    Map<String, String> cells = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(parts.size(), columns.size()); i++) {
      cells.put(columns.get(i), unquoted(parts.get(i).strip()));
    }
    Optional<String> defect = defect(line, parts.size(), columns);
    if (defect.isPresent()) {
      // A separate row, for any contents.
      Row bad = new Row(number, Map.copyOf(cells), Map.of(), defect.get());
      rows.put(Map.of("", Integer.toString(number)), bad);
      return;
    }
    Map<String, String> metrics = metrics(cells, isWide(columns));
    Row row =
        rows.computeIfAbsent(
            Map.copyOf(cells), _ -> new Row(number, Map.copyOf(cells), new LinkedHashMap<>(), ""));
    metrics.forEach(row.metrics()::putIfAbsent);
  }

  /** Takes the metrics out of a row's cells. */
  private static Map<String, String> metrics(Map<String, String> cells, boolean wide) {
    Map<String, String> metrics = new LinkedHashMap<>();
    if (wide) {
      cells.forEach(
          (name, value) -> {
            if (isMetric(name) && !value.isEmpty()) {
              metrics.put(name, value);
            }
          });
      cells.keySet().removeIf(MeasurementTable::isMetric);
    } else {
      String metric = Objects.requireNonNullElse(cells.remove(METRIC), "");
      String value = Objects.requireNonNullElse(cells.remove(VALUE), "");
      metrics.put(metric.toLowerCase(Locale.ROOT), value);
    }
    return metrics;
  }

  private static Optional<String> defect(String line, int parts, List<String> columns) {
    if (line.length() > LONGEST_LINE) {
      return Optional.of("a row must be at most " + LONGEST_LINE + " characters, got more");
    }
    return parts > columns.size()
        ? Optional.of("a row must have at most " + columns.size() + " cells, got " + parts)
        : Optional.empty();
  }

  private static String unquoted(String cell) {
    return cell.length() > 1 && cell.startsWith("\"") && cell.endsWith("\"")
        ? cell.substring(1, cell.length() - 1).replace("\"\"", "\"").strip()
        : cell;
  }
}
