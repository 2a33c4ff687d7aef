package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.measure.MeasurementException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Version and kernels that a peer reports.
 *
 * @param name the peer
 * @param version the version of the peer's library
 * @param kernel the family of kernels that it chose for this processor; empty if it does not report
 *     them
 */
public record PeerVersion(String name, String version, String kernel) {
  /**
   * Kernels without this processor's vectors. On an unknown x86 OpenBLAS takes Prescott's, BLIS its
   * generic ones, and MKL those of its library mc3 or older.
   */
  private static final Set<String> GENERIC =
      Set.of(
          "generic",
          "prescott",
          "core2",
          "penryn",
          "dunnington",
          "nehalem",
          "atom",
          "nano",
          "opteron",
          "barcelona",
          "bobcat",
          "armv8",
          "mc3",
          "mc",
          "sse41",
          "default");

  private static final Pattern WIDE =
      Pattern.compile("skylakex|cooperlake|sapphirerapids|skx|knl|zen[4-9]|avx512|avx10|x86_v4");

  /**
   * Refuses generic kernels, which would flatter Shardsum, and kernels wider than the instruction
   * set allows.
   *
   * @throws MeasurementException if the peer chose such kernels
   */
  void check(Isa isa) throws MeasurementException {
    String lower = kernel.toLowerCase(Locale.ROOT);
    if (GENERIC.contains(lower)) {
      throw new MeasurementException(
          format(
              "version %s chose its generic kernels (%s), which are not made for this processor;"
                  + " a newer version may know it",
              version, kernel));
    }
    if (isa == Isa.AVX2 && WIDE.matcher(lower).find()) {
      throw new MeasurementException(
          format(
              "version %s chose kernels of 512 bits (%s), but -XX:UseAVX=2 selects AVX2",
              version, kernel));
    }
  }

  @Override
  public String toString() {
    return name
        + (version.isEmpty() ? "" : " " + version)
        + (kernel.isEmpty() ? "" : " (" + kernel + ")");
  }
}
