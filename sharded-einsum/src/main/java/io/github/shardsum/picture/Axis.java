package io.github.shardsum.picture;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis of a picture, linear or logarithmic, with round ticks.
 *
 * @param name name of the quantity
 * @param unit unit of its values
 * @param isLog whether the axis is logarithmic: equal distances are equal ratios
 * @param least value at its beginning
 * @param most value at its end, more than the least
 * @param from place of the least value, in pixels
 * @param to place of the largest value, in pixels
 */
public record Axis(
    String name, Unit unit, boolean isLog, double least, double most, double from, double to) {
  private static final double[] STEPS = {1, 2, 5, 10};

  /** The most ticks of a linear axis. */
  private static final int MOST_TICKS = 8;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the values are not finite and ascending, or not positive on
   *     a logarithmic axis
   */
  public Axis {
    if (!(least < most) || !Double.isFinite(most - least)) {
      throw new IllegalArgumentException(
          "axis "
              + name
              + ": must be from a finite value to a larger one, got "
              + least
              + " to "
              + most);
    }
    if (isLog && least <= 0) {
      throw new IllegalArgumentException(
          "axis " + name + ": a logarithmic one must begin above 0, got " + least);
    }
  }

  /**
   * A linear axis that ends at round values.
   *
   * @param name name of the quantity
   * @param unit unit of its values
   * @param least value that it must show
   * @param most value that it must show; if it is not more than the least, the axis is 1 long
   * @param from place of the least value, in pixels
   * @param to place of the largest value, in pixels
   * @return the axis
   */
  public static Axis linear(
      String name, Unit unit, double least, double most, double from, double to) {
    double end = most > least ? most : least + 1;
    double step = step(end - least);
    // Rounding makes the axis longer, and a longer axis may have larger steps.
    while (step(roundUp(end, step) - roundDown(least, step)) > step * (1 + 1e-9)) {
      step = step(roundUp(end, step) - roundDown(least, step));
    }
    return new Axis(name, unit, false, roundDown(least, step), roundUp(end, step), from, to);
  }

  private static double roundDown(double value, double step) {
    return step * Math.floor(value / step + 1e-9);
  }

  private static double roundUp(double value, double step) {
    return step * Math.ceil(value / step - 1e-9);
  }

  /**
   * A logarithmic axis from one value to another.
   *
   * @param name name of the quantity
   * @param unit unit of its values
   * @param least value at its beginning, above 0
   * @param most value at its end
   * @param from place of the least value, in pixels
   * @param to place of the largest value, in pixels
   * @return the axis
   * @throws IllegalArgumentException if the least value is not above 0
   */
  public static Axis logarithmic(
      String name, Unit unit, double least, double most, double from, double to) {
    return new Axis(name, unit, true, least, most > least ? most : 2 * least, from, to);
  }

  /**
   * The place of a value.
   *
   * @param value the value; a value outside of the axis has the place of the nearer end
   * @return the place, in pixels
   */
  public double at(double value) {
    double share =
        isLog
            ? Math.log(Math.max(value, least) / least) / Math.log(most / least)
            : (value - least) / (most - least);
    return from + Math.clamp(share, 0, 1) * (to - from);
  }

  /**
   * Round values on the axis, ascending.
   *
   * @return multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis powers of ten, and
   *     also 2 and 5 times these if the axis is short. A logarithmic axis with fewer than two such
   *     values has the ticks of a linear axis
   */
  public List<Double> ticks() {
    if (!isLog) {
      return linearTicks();
    }
    List<Double> ticks = new ArrayList<>();
    boolean few = Math.log10(most / least) < 3;
    for (int power = (int) Math.floor(Math.log10(least));
        Math.pow(10, power) <= most * (1 + 1e-9);
        power++) {
      for (double step : few ? new double[] {1, 2, 5} : new double[] {1}) {
        double tick = step * Math.pow(10, power);
        if (tick >= least * (1 - 1e-9) && tick <= most * (1 + 1e-9)) {
          ticks.add(tick);
        }
      }
    }
    return ticks.size() < 2 ? linearTicks() : ticks;
  }

  private List<Double> linearTicks() {
    List<Double> ticks = new ArrayList<>();
    double step = step(most - least);
    for (long i = Math.round(Math.ceil(least / step - 1e-9)); i * step <= most + 1e-9 * step; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private static double step(double span) {
    double rough = span / MOST_TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    for (double step : STEPS) {
      if (step * power >= rough * (1 - 1e-9)) {
        return step * power;
      }
    }
    return 10 * power;
  }
}
