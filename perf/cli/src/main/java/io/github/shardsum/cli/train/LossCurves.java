package io.github.shardsum.cli.train;

import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Curves over steps, such as losses, as pictures: all on one axis, or the difference of each from
 * the first.
 */
final class LossCurves {
  private static final int HEIGHT = 300;
  private static final int LEFT = 70;
  private static final int TOP = 26;
  private static final int BOTTOM = HEIGHT - 40;
  private static final int RIGHT = Picture.WIDTH - 150;

  /** Steps of a curve that are drawn as one point, so that the page stays small. */
  private static final int POINTS = 300;

  private LossCurves() {}

  /**
   * The curves that have a point. Points that are not finite are left out.
   *
   * @param label the subject of the picture
   * @param axis name of the values
   * @param isLog whether the axis of values is logarithmic if all values are above 0
   * @param curves names and points, one finite point at least
   */
  static Picture of(
      String label, String axis, boolean isLog, Map<String, List<TrainHistory.Point>> curves) {
    Map<String, List<TrainHistory.Point>> finite = finite(curves);
    List<TrainHistory.Point> all = finite.values().stream().flatMap(List::stream).toList();
    double least = all.stream().mapToDouble(TrainHistory.Point::value).min().orElse(0);
    double most = all.stream().mapToDouble(TrainHistory.Point::value).max().orElse(1);
    Axis y =
        isLog && least > 0
            ? Axis.logarithmic(axis, Unit.NUMBER, 0.9 * least, 1.1 * most, BOTTOM, TOP)
            : Axis.linear(axis, Unit.NUMBER, Math.min(0, least), most, BOTTOM, TOP);
    return drawn(label, finite, y);
  }

  /** The curves without points that are infinite or NaN. */
  static Map<String, List<TrainHistory.Point>> finite(
      Map<String, List<TrainHistory.Point>> curves) {
    Map<String, List<TrainHistory.Point>> finite = new LinkedHashMap<>();
    curves.forEach(
        (name, points) ->
            finite.put(
                name, points.stream().filter(point -> Double.isFinite(point.value())).toList()));
    return finite;
  }

  /**
   * Differences to the first curve at the steps at which both are finite; below 0 is better than
   * the first.
   *
   * @param label the subject of the picture
   * @param curves names and points, two curves at least
   */
  static Picture differences(String label, Map<String, List<TrainHistory.Point>> curves) {
    Map<String, List<TrainHistory.Point>> finite = finite(curves);
    Map.Entry<String, List<TrainHistory.Point>> dense = finite.entrySet().iterator().next();
    String first = dense.getKey();
    Map<Long, Double> base = new HashMap<>();
    dense.getValue().forEach(point -> base.put(point.step(), point.value()));
    Map<String, List<TrainHistory.Point>> less = new LinkedHashMap<>();
    finite.forEach(
        (name, points) ->
            less.put(
                name,
                points.stream()
                    .filter(point -> base.containsKey(point.step()))
                    .map(
                        point ->
                            new TrainHistory.Point(
                                point.step(), point.value() - base.getOrDefault(point.step(), 0.0)))
                    .toList()));
    List<TrainHistory.Point> all = less.values().stream().flatMap(List::stream).toList();
    double least = all.stream().mapToDouble(TrainHistory.Point::value).min().orElse(0);
    double most = all.stream().mapToDouble(TrainHistory.Point::value).max().orElse(0);
    Axis y = Axis.linear("loss, less that of " + first, Unit.NUMBER, least, most, BOTTOM, TOP);
    return drawn(label, less, y);
  }

  private static Picture drawn(String label, Map<String, List<TrainHistory.Point>> curves, Axis y) {
    long last =
        curves.values().stream()
            .flatMap(List::stream)
            .mapToLong(TrainHistory.Point::step)
            .max()
            .orElse(1);
    Axis x = Axis.linear("steps", Unit.NUMBER, 0, last, LEFT, RIGHT);
    Picture picture = new Picture(Picture.WIDTH, HEIGHT, label);
    picture.horizontal(x, TOP, BOTTOM).vertical(y, LEFT, RIGHT);
    Map<String, Ink> legend = new LinkedHashMap<>();
    curves.forEach(
        (name, points) -> {
          if (!points.isEmpty()) {
            Ink ink = Ink.series(legend.size());
            legend.put(name, ink);
            List<double[]> places =
                thinned(points).stream()
                    .map(point -> new double[] {x.at(point.step()), y.at(point.value())})
                    .toList();
            picture.path(places, ink, false);
            if (places.size() == 1) {
              picture.dot(places.getFirst()[0], places.getFirst()[1], 3.5, ink, name);
            }
          }
        });
    return picture.legend(RIGHT + 12, TOP, legend);
  }

  /** Means of neighbours, where there are many. */
  private static List<TrainHistory.Point> thinned(List<TrainHistory.Point> points) {
    int each = Math.max(1, points.size() / POINTS);
    List<TrainHistory.Point> thinned = new ArrayList<>();
    for (int from = 0; from < points.size(); from += each) {
      List<TrainHistory.Point> some = points.subList(from, Math.min(points.size(), from + each));
      double mean = some.stream().mapToDouble(TrainHistory.Point::value).average().orElse(0);
      thinned.add(new TrainHistory.Point(some.getLast().step(), mean));
    }
    return thinned;
  }
}
