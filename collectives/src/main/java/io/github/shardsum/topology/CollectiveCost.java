package io.github.shardsum.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Cost of a collective on a topology, phase after phase; an immutable value.
 *
 * <p>A cost has two quantities. The <b>largest link load</b> is the load of the schedule's busiest
 * link, which determines the time of a run. The <b>mean link load</b> spreads the same bytes evenly
 * over the links of the axes used. No schedule with the same routes takes less time than the mean
 * load, so rooflines use the mean.
 *
 * @param what the collective, its bytes and its mesh axes, as text
 * @param phases the phases of the schedule, in order; none if nothing has to move
 */
public record CollectiveCost(String what, List<PhaseCost> phases) {
  /** Copies the phases. */
  public CollectiveCost {
    phases = List.copyOf(phases);
  }

  /**
   * Largest link load inside a host, summed over the phases.
   *
   * @return bytes
   */
  public double largestLinkLoad() {
    return phases.stream().mapToDouble(PhaseCost::largestBytes).sum();
  }

  /**
   * Mean link load inside a host, summed over the phases.
   *
   * @return bytes
   */
  public double meanLinkLoad() {
    return phases.stream().mapToDouble(PhaseCost::meanBytes).sum();
  }

  /**
   * Hops inside a host, summed over the phases.
   *
   * @return the number
   */
  public int hops() {
    return phases.stream().mapToInt(PhaseCost::hops).sum();
  }

  /**
   * Time of all hops.
   *
   * @return seconds
   */
  public double latencySeconds() {
    return phases.stream().mapToDouble(PhaseCost::latencySeconds).sum();
  }

  /**
   * Predicted time of the schedule: largest link loads and latency.
   *
   * @return seconds
   */
  public double seconds() {
    return phases.stream().mapToDouble(PhaseCost::largestSeconds).sum() + latencySeconds();
  }

  /**
   * Roofline: time of the mean link loads, without latency.
   *
   * @return seconds
   */
  public double meanSeconds() {
    return phases.stream().mapToDouble(PhaseCost::meanSeconds).sum();
  }

  /** A table: a line for each phase and axis, then the totals. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(what).append('\n');
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("phase", "links", "mean link load", "largest", "on", "hops", "microseconds"));
    for (PhaseCost phase : phases) {
      String name = phase.name();
      String hops = Integer.toString(phase.hops() + phase.hostHops());
      String time = micros(phase.largestSeconds() + phase.latencySeconds());
      if (phase.loads().isEmpty()) {
        rows.add(List.of(name, "none", "-", "-", "-", hops, time));
      }
      for (AxisLoad load : phase.loads()) {
        rows.add(
            List.of(
                name,
                load.axis(),
                bytes(load.meanBytes()),
                bytes(load.largestBytes()),
                load.busiest(),
                hops,
                time));
        name = "";
        hops = "";
        time = "";
      }
    }
    appendTable(text, rows);
    return text.append("together: ")
        .append(micros(seconds()))
        .append(" us by the largest link load, ")
        .append(micros(latencySeconds()))
        .append(" us of them latency; ")
        .append(micros(meanSeconds()))
        .append(" us by the mean link load alone")
        .toString();
  }

  /** A column is as wide as its widest cell, so that columns stay apart. */
  private static void appendTable(StringBuilder text, List<List<String>> rows) {
    int[] widths = {26, 24, 15, 13, 22, 5, 13};
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    Object[] all = Arrays.stream(widths).boxed().toArray();
    String columns =
        String.format(Locale.ROOT, "  %%-%ds %%-%ds %%%ds %%%ds  %%-%ds %%%ds %%%ds\n", all);
    rows.forEach(row -> text.append(String.format(Locale.ROOT, columns, row.toArray())));
  }

  static String micros(double seconds) {
    return String.format(Locale.ROOT, seconds >= 1e-3 ? "%,.0f" : "%.2f", seconds * 1e6);
  }

  static String bytes(double count) {
    if (count < 1e4) {
      return String.format(Locale.ROOT, "%.0f B", count);
    }
    return count < 1e6
        ? String.format(Locale.ROOT, "%.1f kB", count / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", count / 1e6);
  }
}
