package io.github.shardsum.cli.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The picture of {@code auto --pareto}: a price is attainable only where a plan attains it. */
class ParetoPageTest {
  private static final ProgramPlan PLAN =
      ProgramPlan.of(
          Program.parse("program p {\n  input a: f32[m=4]\n  b = exp(a)\n  output b\n}\n"),
          Mesh.parse("x=2"),
          composite -> false,
          PlanOptions.defaults());

  /** Memory and price of the plans, the largest peak first. */
  private static final double[][] PLANS = {{8000, 100}, {5000, 250}, {1000, 900}};

  private record Point(double x, double y) {}

  @Test
  void theLineHasStepsThatLeadDownToTheRight() {
    String html =
        ParetoPage.html(
            "plans",
            Stream.of(PLANS).map(each -> found((long) each[0], each[1])).toList(),
            PlanOptions.defaults());
    List<Point> dots = points(html, "<circle[^>]*cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
    assertEquals(PLANS.length, dots.size(), html);
    Matcher solid =
        Pattern.compile("<polyline class=\"\\S+ bold\" points=\"([^\"]+)\"").matcher(html);
    assertTrue(solid.find(), html);
    List<Point> line = points(solid.group(1), "([0-9.]+),([0-9.]+)");
    for (int i = 1; i < line.size(); i++) {
      Point from = line.get(i - 1);
      Point to = line.get(i);
      assertTrue(from.x() == to.x() || from.y() == to.y(), "a slanted line: " + from + " " + to);
    }
    for (int plan = 0; plan < PLANS.length; plan++) {
      Point dot = dots.get(plan);
      double more = plan == 0 ? dot.x() + 1 : (dot.x() + dots.get(plan - 1).x()) / 2;
      assertEquals(dot.y(), heightAt(line, more), "with more memory than plan " + plan);
    }
    assertTrue(
        line.stream().allMatch(point -> point.x() >= dots.getLast().x()), "too little memory");
  }

  private static double heightAt(List<Point> line, double x) {
    for (int i = 1; i < line.size(); i++) {
      Point from = line.get(i - 1);
      Point to = line.get(i);
      if (from.y() == to.y() && Math.min(from.x(), to.x()) < x && x < Math.max(from.x(), to.x())) {
        return from.y();
      }
    }
    throw new AssertionError("no line at " + x);
  }

  private static List<Point> points(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(at -> new Point(Double.parseDouble(at.group(1)), Double.parseDouble(at.group(2))))
        .toList();
  }

  private static FoundLayouts found(long bytes, double price) {
    return new FoundLayouts(
        new TreeMap<>(), PLAN, price, price / 2, bytes, new TreeMap<>(), Optional.empty(), 1);
  }
}
