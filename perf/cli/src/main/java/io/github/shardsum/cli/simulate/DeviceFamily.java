package io.github.shardsum.cli.simulate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A kind of device, by its data sheet. Figures are for one chip.
 *
 * @param pattern a pattern of its names in a table of measurements, in lower case
 * @param peak FLOP/s in bf16, dense
 * @param fp8 factor of the peak in fp8; 1 if the device has no fp8
 * @param int8 factor of the peak in int8
 * @param memory bytes of HBM
 * @param bandwidth bytes/s of HBM
 * @param link bytes/s of a link and direction
 * @param axes the number of axes of the torus; 0 for a switch
 * @param wholeAxis the least number of chips of an axis that is a ring
 * @param network bytes/s of a chip between slices or nodes
 * @param domain chips behind one switch
 * @param perChip devices of a chip
 * @param unit side of the matrix unit; widths of products are filled up to multiples of it
 * @param eta attainable share of peak without a fit
 * @param source the source of the figures
 */
public record DeviceFamily(
    String name,
    Pattern pattern,
    double peak,
    double fp8,
    double int8,
    double memory,
    double bandwidth,
    double link,
    int axes,
    int wholeAxis,
    double network,
    int domain,
    int perChip,
    int unit,
    double eta,
    String source) {
  private static final String TABLE = "devices.tsv";

  public boolean gpu() {
    return axes == 0;
  }

  public double peak(Precision precision) {
    return switch (precision) {
      case BF16 -> peak;
      case FP8 -> peak * fp8;
      case INT8 -> peak * int8;
    };
  }

  /** The same with all bandwidths times a factor. */
  DeviceFamily withBandwidths(double factor) {
    return new DeviceFamily(
        name,
        pattern,
        peak,
        fp8,
        int8,
        memory,
        bandwidth * factor,
        link * factor,
        axes,
        wholeAxis,
        network * factor,
        domain,
        perChip,
        unit,
        eta,
        source);
  }

  /** The table in the jar, more specific names first. */
  public static List<DeviceFamily> all() {
    try (InputStream in =
        Objects.requireNonNull(DeviceFamily.class.getResourceAsStream(TABLE), TABLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> parse(line.split("\t", -1)))
          .toList();
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
  }

  private static DeviceFamily parse(String[] cell) {
    return new DeviceFamily(
        cell[0],
        Pattern.compile(cell[1]),
        number(cell[2]) * 1e12,
        number(cell[3]),
        number(cell[4]),
        number(cell[5]) * 1e9,
        number(cell[6]) * 1e9,
        number(cell[7]) * 1e9,
        Integer.parseInt(cell[8]),
        Integer.parseInt(cell[9]),
        number(cell[10]) * 1e9,
        Integer.parseInt(cell[11]),
        Integer.parseInt(cell[12]),
        Integer.parseInt(cell[13]),
        number(cell[14]),
        cell[15]);
  }

  private static double number(String text) {
    return Double.parseDouble(text);
  }

  /** The families of the jar, after that of a file if there is one. */
  public static List<DeviceFamily> known(Optional<Path> file) throws IOException {
    List<DeviceFamily> known = new ArrayList<>();
    if (file.isPresent()) {
      String name = file.get().toString();
      known.add(read(name, SimulateJsonFields.file(name)));
    }
    known.addAll(all());
    return List.copyOf(known);
  }

  /** The family that a table's words name. */
  public static Optional<DeviceFamily> find(List<DeviceFamily> families, String words) {
    String lower = words.toLowerCase(Locale.ROOT);
    return families.stream().filter(each -> each.pattern().matcher(lower).find()).findFirst();
  }

  /**
   * Reads a family from JSON, in the units of data sheets.
   *
   * @param place the place of the text, for errors
   * @throws IllegalArgumentException if a key is missing, unknown, or out of its range
   */
  public static DeviceFamily read(String place, JsonNode node) {
    SimulateJsonFields fields = SimulateJsonFields.of(place, node);
    String name = fields.text("name", "");
    if (!name.matches("[a-zA-Z][a-zA-Z0-9._-]{0,31}")) {
      throw new IllegalArgumentException(
          place
              + ": \"name\" must be a letter and up to 31 letters, digits, dots and dashes, got \""
              + SimulateJsonFields.shortened(name)
              + "\"");
    }
    DeviceFamily family =
        new DeviceFamily(
            name,
            Pattern.compile(Pattern.quote(name.toLowerCase(Locale.ROOT))),
            needed(place, fields, "bf16TFLOPs") * 1e12,
            fields.number("fp8Times", 1, 16, 1),
            fields.number("int8Times", 1, 16, 1),
            needed(place, fields, "memoryGB") * 1e9,
            needed(place, fields, "memoryGBPerSecond") * 1e9,
            needed(place, fields, "linkGBPerSecond") * 1e9,
            Math.toIntExact(fields.integer("torusAxes", 0, 0)),
            Math.toIntExact(fields.integer("ringFrom", 1, 2)),
            fields.number("networkGBPerSecond", 1e-3, 1e6, needed(place, fields, "linkGBPerSecond"))
                * 1e9,
            Math.toIntExact(fields.integer("switchDomain", 1, 1)),
            Math.toIntExact(fields.integer("devicesPerChip", 1, 1)),
            Math.toIntExact(fields.integer("matrixUnit", 1, 128)),
            fields.number("eta", 0.01, 1, 0.8),
            fields.text("source", place));
    fields.end();
    if (family.axes > 3 || family.perChip > 64 || family.unit > 4096) {
      throw new IllegalArgumentException(
          place
              + ": \"torusAxes\" must be at most 3, \"devicesPerChip\" at most 64 and"
              + " \"matrixUnit\" at most 4096, got "
              + family.axes
              + ", "
              + family.perChip
              + " and "
              + family.unit);
    }
    return family;
  }

  private static double needed(String place, SimulateJsonFields fields, String key) {
    double value = fields.number(key, 1e-3, 1e9, -1);
    if (value < 0) {
      throw new IllegalArgumentException(place + ": must have \"" + key + "\", got none");
    }
    return value;
  }

  /** The family of this name in the jar. */
  public static DeviceFamily named(String name) {
    return named(name, all());
  }

  /**
   * The family of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DeviceFamily named(String name, List<DeviceFamily> families) {
    return families.stream()
        .filter(each -> each.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--topology: must be one of "
                        + families.stream()
                            .map(DeviceFamily::name)
                            .collect(Collectors.joining(", "))
                        + ", got \""
                        + name
                        + "\""));
  }
}
