package io.github.shardsum.cli.simulate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A kind of device, by the data sheet. Figures are a chip's.
 *
 * @param pattern what names it in a table of measurements, in lower case
 * @param peak FLOP/s in bf16, dense
 * @param fp8 times as many in fp8; 1 without it
 * @param int8 times as many in int8
 * @param memory bytes of HBM
 * @param bandwidth of HBM, bytes/s
 * @param link bytes/s of a link and direction
 * @param axes of the torus; 0 for a switch
 * @param wholeAxis chips of an axis from which on it is a ring
 * @param network bytes/s of a chip between slices or nodes
 * @param domain chips behind one switch
 * @param perChip devices of a chip
 * @param eta attainable share of peak without a fit
 * @param source of the figures
 */
record Family(
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
    double eta,
    String source) {
  private static final String TABLE = "devices.tsv";

  boolean gpu() {
    return axes == 0;
  }

  double peak(Precision precision) {
    return switch (precision) {
      case BF16 -> peak;
      case FP8 -> peak * fp8;
      case INT8 -> peak * int8;
    };
  }

  /** The same with all bandwidths times a factor. */
  Family withBandwidths(double factor) {
    return new Family(
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
        eta,
        source);
  }

  /** The table in the jar, the more special names first. */
  static List<Family> all() {
    try (InputStream in = Objects.requireNonNull(Family.class.getResourceAsStream(TABLE), TABLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> parse(line.split("\t", -1)))
          .toList();
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
  }

  private static Family parse(String[] cell) {
    return new Family(
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
        number(cell[13]),
        cell[14]);
  }

  private static double number(String text) {
    return Double.parseDouble(text);
  }

  /** The family that a table's words name. */
  static Optional<Family> find(List<Family> families, String words) {
    String lower = words.toLowerCase(Locale.ROOT);
    return families.stream().filter(each -> each.pattern().matcher(lower).find()).findFirst();
  }

  /**
   * The family of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Family named(String name) {
    List<Family> families = all();
    return families.stream()
        .filter(each -> each.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--topology: expected one of "
                        + families.stream().map(Family::name).collect(Collectors.joining(", "))
                        + ", got \""
                        + name
                        + "\""));
  }
}
