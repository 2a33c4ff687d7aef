package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A roofline: operations a byte against operations a second, both logarithmic. */
final class RooflinePicture {
  private static final int HEIGHT = 440;
  private static final int LEFT = 90;
  private static final int TOP = 24;
  private static final int BOTTOM = HEIGHT - 40;
  private static final int RIGHT = Picture.WIDTH - 20;

  /**
   * One case.
   *
   * @param name the name of the case
   * @param intensity FLOPs a byte of operands and result
   * @param rate median FLOPs a second
   * @param low lower end of the line for its rounds
   * @param high upper end of the line for its rounds
   * @param isCompute whether multiply-adds bound the case, and not memory
   * @param share the share of its limit that the case reaches
   */
  record Dot(
      String name,
      double intensity,
      double rate,
      double low,
      double high,
      boolean isCompute,
      double share) {}

  private RooflinePicture() {}

  /**
   * The picture.
   *
   * @param label a description of the picture
   * @param dots one at least
   * @param flops FLOPs a second of multiply-adds
   * @param bytes bandwidth of each kind of memory in bytes/s; the slowest and the fastest are drawn
   */
  static Picture of(String label, List<Dot> dots, double flops, Collection<Double> bytes) {
    double slow = bytes.stream().mapToDouble(Double::doubleValue).min().orElse(1e9);
    double fast = bytes.stream().mapToDouble(Double::doubleValue).max().orElse(1e9);
    double most = Math.max(2 * most(dots, Dot::intensity), 2 * flops / slow);
    // A part of the slope is shown even if all cases are beyond it.
    double least = Math.min(least(dots, Dot::intensity) / 2, flops / slow / 4);
    Axis x = Axis.logarithmic("FLOPs a byte", Unit.NUMBER, least, most, LEFT, RIGHT);
    Axis y =
        Axis.logarithmic(
            "FLOPs a second",
            Unit.FLOP_A_SECOND,
            least(dots, Dot::rate) / 2,
            2 * Math.max(flops, most(dots, Dot::rate)),
            BOTTOM,
            TOP);
    Picture picture = new Picture(Picture.WIDTH, HEIGHT, label);
    picture.horizontal(x, TOP, BOTTOM).vertical(y, LEFT, RIGHT);
    roof(picture, x, y, flops, slow, false);
    if (fast > slow) {
      roof(picture, x, y, flops, fast, true);
    }
    picture.text(RIGHT - 4, y.at(flops) - 6, Anchor.END, Unit.FLOP_A_SECOND.text(flops));
    dots.forEach(dot -> draw(picture, x, y, dot));
    Map<String, Ink> legend = new LinkedHashMap<>();
    legend.put("bound by multiply-adds", Ink.BLUE);
    legend.put("bound by memory", Ink.RED);
    return picture.legend(RIGHT - 170, BOTTOM - 44, legend);
  }

  private static void roof(
      Picture picture, Axis x, Axis y, double flops, double bytes, boolean isFast) {
    double ridge = flops / bytes;
    double from = Math.min(ridge, Math.max(x.least(), y.least() / bytes));
    picture.path(
        List.of(
            new double[] {x.at(from), y.at(from * bytes)},
            new double[] {x.at(ridge), y.at(flops)},
            new double[] {RIGHT, y.at(flops)}),
        Ink.GREY,
        isFast);
    if (ridge <= x.least()) {
      return;
    }
    double half = Math.sqrt(from * ridge);
    picture.text(
        x.at(half) + (isFast ? -8 : 12),
        Math.max(TOP + 12, y.at(half * bytes) + (isFast ? -4 : 8)),
        isFast ? Anchor.END : Anchor.START,
        Unit.BYTES_A_SECOND.text(bytes));
  }

  private static void draw(Picture picture, Axis x, Axis y, Dot dot) {
    double at = x.at(dot.intensity());
    picture.line(at, y.at(dot.low()), at, y.at(dot.high()), Ink.AXIS);
    picture.dot(
        at,
        y.at(dot.rate()),
        3.5,
        dot.isCompute() ? Ink.BLUE : Ink.RED,
        format(
            "%s: %s, %.0f %% of its limit",
            dot.name(), Unit.FLOP_A_SECOND.text(dot.rate()), 100 * dot.share()));
  }

  private static double least(List<Dot> dots, ToDoubleFunction<Dot> of) {
    return dots.stream().mapToDouble(of).min().orElse(1);
  }

  private static double most(List<Dot> dots, ToDoubleFunction<Dot> of) {
    return dots.stream().mapToDouble(of).max().orElse(1);
  }
}
