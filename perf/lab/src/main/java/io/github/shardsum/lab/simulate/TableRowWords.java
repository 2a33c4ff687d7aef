package io.github.shardsum.lab.simulate;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds sizes and settings in the free words of a table's row. */
final class TableRowWords {
  private static final String SIZE =
      "[ _-]*(?:parallel(?:ism)?)?(?:[ _-]*(?:size|degree))?[ ]*[=:]?[ ]*(\\d{1,6})";
  private static final String NOT_BETWEEN_SLICES = "(?<![a-z])(?<!dcn_)";

  private static final Map<String, Pattern> AXES =
      Map.of(
          "tensor", axis("(?:tp|tensor(?:[ _]model)?)"),
          "pipeline", axis("(?:pp|pipeline(?:[ _]model)?)"),
          "context", axis("(?:cp|context)"),
          "expert", axis("(?:ep|expert(?:[ _]model)?)"),
          "fsdp", axis("fsdp"),
          "data", axis("(?:dp|data)"),
          "virtual", axis("(?:vp|vpp|virtual(?:[ _]pipeline)?)"),
          "microbatch", axis("(?:mbs|micro[ _-]?batch)"),
          "microbatches",
              axis(
                  "(?:ga|gas|gradient[ _]accumulation(?:[ _]steps)?|(?:num[ _])?micro[ _-]?batches)"));

  private static final Pattern SLICES =
      Pattern.compile(
          "(?<![\\dx.-])(\\d{1,4})[ -]*(?:slices?\\b|slice\\(s\\)|pods?\\b)"
              + "|(?:num[ _])?slices *[=:]? *(\\d{1,4})"
              + "|(?<![\\dx])(\\d{1,3}) ?x ?(?:tpu[ -]?)?v\\d"
              + "|dcn[ _](?:data|fsdp)(?:[ _]parallel(?:ism)?)? *[=:]? *(\\d{1,4})");

  /** Several sizes at once, as tp/pp/ep = 2/4/8. */
  private static final Pattern SEVERAL =
      Pattern.compile(
          "(?<![a-z])([a-z]{2,4}(?:[/,|] ?[a-z]{2,4})+) *[=:]? *(\\d{1,6}(?:[/,|] ?\\d{1,6})+)");

  private static final Pattern TORUS =
      Pattern.compile("(?<![\\dx])(\\d{1,3}x\\d{1,3}(?:x\\d{1,3})?)(?![\\dx])");
  private static final Pattern CAPACITY =
      Pattern.compile(
          "(?:capacity[ _]*factor|(?<![a-z])cf|capacity) *(?:of )?[=:]? *(-?\\d+(?:\\.\\d+)?)");
  private static final Pattern DEVICE_BATCH =
      Pattern.compile(
          "(?:per[ _-]device[ _-]batch(?:[ _-]size)?|(?<![a-z])pdbs) *[=:]? *(\\d+(?:\\.\\d+)?)");

  private final String text;

  private TableRowWords(String text) {
    this.text = SEVERAL.matcher(text).replaceAll(" ; ") + separate(text);
  }

  /** The sizes that are given together, each with its name. */
  private static String separate(String text) {
    StringBuilder each = new StringBuilder();
    Matcher found = SEVERAL.matcher(text);
    while (found.find()) {
      String[] names = found.group(1).split("[/,|] ?", -1);
      String[] sizes = found.group(2).split("[/,|] ?", -1);
      for (int i = 0; i < names.length && names.length == sizes.length; i++) {
        each.append(names[i]).append('=').append(sizes[i]).append(" ; ");
      }
    }
    return each.toString();
  }

  /** The words of one cell. */
  static TableRowWords of(String cell) {
    return new TableRowWords(cell.toLowerCase(Locale.ROOT));
  }

  private static Pattern axis(String name) {
    return Pattern.compile(NOT_BETWEEN_SLICES + name + SIZE + "(?![\\d.])");
  }

  /** All cells of a row. A cell has the name of its column in front if the name is informative. */
  static TableRowWords of(MeasurementTable.Row row) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(row.cells())
        .forEach((name, value) -> text.append(name).append('=').append(value).append(" ; "));
    return new TableRowWords(text.toString().toLowerCase(Locale.ROOT));
  }

  boolean has(String pattern) {
    return Pattern.compile(pattern).matcher(text).find();
  }

  /** The size of an axis, if it is given and at least 1. */
  Optional<Integer> axis(Axis axis) {
    Matcher found = Objects.requireNonNull(AXES.get(axis.word), axis.word).matcher(text);
    return found.find()
        ? Optional.of(Integer.parseInt(found.group(1))).filter(size -> size > 0)
        : Optional.empty();
  }

  Optional<Integer> slices() {
    Matcher found = SLICES.matcher(text);
    if (!found.find()) {
      return Optional.empty();
    }
    return Stream.of(1, 2, 3, 4)
        .flatMap(group -> Optional.ofNullable(found.group(group)).stream())
        .map(Integer::parseInt)
        .filter(size -> size > 0)
        .findFirst();
  }

  /** Sides of a torus within some words. */
  static Optional<String> torus(String words) {
    Matcher found = TORUS.matcher(words.toLowerCase(Locale.ROOT));
    return found.find() ? Optional.of(found.group(1)) : Optional.empty();
  }

  OptionalDouble capacity() {
    return number(CAPACITY);
  }

  OptionalDouble deviceBatch() {
    return number(DEVICE_BATCH);
  }

  private OptionalDouble number(Pattern pattern) {
    Matcher found = pattern.matcher(text);
    return found.find()
        ? OptionalDouble.of(Double.parseDouble(found.group(1)))
        : OptionalDouble.empty();
  }

  /** Sizes that a row may give. */
  enum Axis {
    TENSOR("tensor"),
    PIPELINE("pipeline"),
    CONTEXT("context"),
    EXPERT("expert"),
    FSDP("fsdp"),
    DATA("data"),
    VIRTUAL("virtual"),
    MICROBATCH("microbatch"),
    MICROBATCHES("microbatches");

    private final String word;

    Axis(String word) {
      this.word = word;
    }
  }
}
