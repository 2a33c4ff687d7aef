package io.github.shardsum.cli.scaling;

import io.github.shardsum.cli.common.SvgPage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws points of scaling: a picture each program, time over devices, real and predicted. */
public final class ScalingPicture {
  private static final int HEIGHT = 280;
  private static final int LEFT = 70;
  private static final int RIGHT = 150;
  private static final int BOTTOM = 34;
  private static final int TOP = 12;

  private ScalingPicture() {}

  /** Adds the pictures and a table. */
  public static void draw(SvgPage page, List<ScalingPoint> points) {
    Map<String, List<ScalingPoint>> byProgram = new LinkedHashMap<>();
    points.forEach(
        point -> byProgram.computeIfAbsent(point.program(), _ -> new ArrayList<>()).add(point));
    byProgram.forEach((name, group) -> picture(page, name, group));
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of("program", "engine", "devices", "ms", "predicted ms", "collectives ms", "error"));
    for (ScalingPoint point : points) {
      rows.add(
          List.of(
              point.program(),
              point.engine(),
              Integer.toString(point.devices()),
              format("%.3f", 1e3 * point.seconds()),
              format("%.3f", 1e3 * point.predicted()),
              format("%.3f", 1e3 * point.collectives()),
              format("%+.1f %%", 100 * point.error())));
    }
    page.table(rows, true);
  }

  private static void picture(SvgPage page, String name, List<ScalingPoint> group) {
    double most =
        group.stream().mapToDouble(p -> Math.max(p.seconds(), p.predicted())).max().orElse(1);
    double least =
        group.stream().mapToDouble(p -> Math.min(p.seconds(), p.predicted())).min().orElse(1);
    int devices = group.stream().mapToInt(ScalingPoint::devices).max().orElse(1);
    Axes axes = new Axes(devices, least / 1.3, most * 1.3);
    page.paragraph(
        name
            + ": milliseconds over devices, both logarithmic; a line is the run, dashes the prediction");
    page.open(HEIGHT, name + ", time over devices");
    page.line(LEFT, HEIGHT - BOTTOM, SvgPage.WIDTH - RIGHT, HEIGHT - BOTTOM, "axis");
    page.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "axis");
    for (int count = 1; count <= devices; count *= 2) {
      page.line(axes.x(count), TOP, axes.x(count), HEIGHT - BOTTOM, "grid");
      page.text(axes.x(count), HEIGHT - BOTTOM + 16, "middle", Integer.toString(count));
    }
    for (double value : List.of(least, Math.sqrt(least * most), most)) {
      page.text(LEFT - 6, axes.y(value) + 4, "end", format("%.2f", 1e3 * value));
    }
    int row = 0;
    for (String engine : group.stream().map(ScalingPoint::engine).distinct().toList()) {
      List<ScalingPoint> line = group.stream().filter(p -> p.engine().equals(engine)).toList();
      List<double[]> real = line.stream().map(p -> axes.at(p.devices(), p.seconds())).toList();
      page.path(real, "real");
      page.path(line.stream().map(p -> axes.at(p.devices(), p.predicted())).toList(), "dashed");
      String kind = engine.equals("MPI") ? "collective" : "compute";
      for (int i = 0; i < line.size(); i++) {
        String title = ScalingRun.line(line.get(i));
        page.dot(real.get(i)[0], real.get(i)[1], 4, kind, title);
      }
      page.dot(SvgPage.WIDTH - RIGHT + 14, TOP + 16 * row + 8, 4, kind, engine);
      page.text(SvgPage.WIDTH - RIGHT + 24, TOP + 16 * row++ + 12, "start", engine);
    }
    page.close();
  }

  /** Logarithmic axes. */
  private record Axes(int devices, double least, double most) {
    double x(double count) {
      double wide = SvgPage.WIDTH - LEFT - RIGHT;
      return LEFT + (devices == 1 ? 0.5 : Math.log(count) / Math.log(devices)) * wide;
    }

    double y(double seconds) {
      double share = Math.log(seconds / least) / Math.log(most / least);
      return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    }

    double[] at(int count, double seconds) {
      return new double[] {x(count), y(seconds)};
    }
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
