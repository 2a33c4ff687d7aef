package io.github.shardsum.lab.scaling;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Draws points of scaling: a picture each program, time over devices, real and predicted. */
public final class ScalingPicture {
  private static final int HEIGHT = 280;
  private static final int LEFT = 70;
  private static final int RIGHT = Picture.WIDTH - 150;
  private static final int BOTTOM = HEIGHT - 40;
  private static final int TOP = 24;

  private static final List<String> TIME =
      List.of("program", "engine", "devices", "ms", "predicted ms", "collectives ms", "error");
  private static final List<String> MEMORY = List.of("MB", "predicted MB", "error");

  private ScalingPicture() {}

  /** Adds the pictures and a table. */
  public static void draw(Page page, List<ScalingPoint> points) {
    Map<String, List<ScalingPoint>> byProgram = new LinkedHashMap<>();
    points.forEach(
        point -> byProgram.computeIfAbsent(point.program(), _ -> new ArrayList<>()).add(point));
    byProgram.forEach(
        (name, group) -> {
          page.paragraph(
              name
                  + ": time over devices, both logarithmic; a line is the run, dashes the"
                  + " prediction");
          page.picture(picture(name, group));
        });
    boolean memory = points.stream().anyMatch(point -> !Double.isNaN(point.bytes()));
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(TIME);
    head.addAll(memory ? MEMORY : List.of());
    rows.add(head);
    points.forEach(point -> rows.add(row(point, memory)));
    page.table(rows, Set.of(0, 1));
  }

  private static List<String> row(ScalingPoint point, boolean memory) {
    List<String> row = new ArrayList<>();
    row.add(point.program());
    row.add(point.engine());
    row.add(Integer.toString(point.devices()));
    row.add(format("%.3f", 1e3 * point.seconds()));
    row.add(format("%.3f", 1e3 * point.predicted()));
    row.add(format("%.3f", 1e3 * point.collectives()));
    row.add(format("%+.1f %%", 100 * point.error()));
    if (memory) {
      row.add(format("%.3f", point.bytes() / 1e6));
      row.add(format("%.3f", point.predictedBytes() / 1e6));
      row.add(format("%+.1f %%", 100 * point.bytesError()));
    }
    return row;
  }

  private static Picture picture(String name, List<ScalingPoint> group) {
    double most =
        group.stream().mapToDouble(p -> Math.max(p.seconds(), p.predicted())).max().orElse(1);
    double least =
        group.stream().mapToDouble(p -> Math.min(p.seconds(), p.predicted())).min().orElse(1);
    int devices = group.stream().mapToInt(ScalingPoint::devices).max().orElse(1);
    Axis x = Axis.logarithmic("devices", Unit.NUMBER, 1, devices, LEFT, RIGHT);
    Axis y = Axis.logarithmic("time", Unit.SECONDS, least / 1.3, most * 1.3, BOTTOM, TOP);
    Picture picture = new Picture(Picture.WIDTH, HEIGHT, name + ", time over devices");
    picture.vertical(y, LEFT, RIGHT);
    devices(picture, x, devices);
    Map<String, Ink> legend = new LinkedHashMap<>();
    for (String engine : group.stream().map(ScalingPoint::engine).distinct().toList()) {
      Ink ink = Ink.series(legend.size());
      legend.put(engine, ink);
      List<ScalingPoint> line = group.stream().filter(p -> p.engine().equals(engine)).toList();
      picture.path(line.stream().map(p -> at(x, y, p.devices(), p.seconds())).toList(), ink, false);
      picture.path(
          line.stream().map(p -> at(x, y, p.devices(), p.predicted())).toList(), ink, true);
      line.forEach(
          p -> picture.dot(x.at(p.devices()), y.at(p.seconds()), 4, ink, ScalingRun.line(p)));
    }
    return picture.legend(RIGHT + 14, TOP, legend);
  }

  /** The axis of devices, whose ticks are powers of two. */
  private static void devices(Picture picture, Axis x, int devices) {
    for (int count = 1; count <= devices; count *= 2) {
      picture.line(x.at(count), TOP, x.at(count), BOTTOM, Ink.GRID);
      picture.text(x.at(count), BOTTOM + 15, Anchor.MIDDLE, Integer.toString(count));
    }
    picture.line(LEFT, BOTTOM, RIGHT, BOTTOM, Ink.AXIS);
    picture.text((LEFT + RIGHT) / 2.0, BOTTOM + 31, Anchor.MIDDLE, x.name());
  }

  private static double[] at(Axis x, Axis y, int devices, double seconds) {
    return new double[] {x.at(devices), y.at(seconds)};
  }
}
