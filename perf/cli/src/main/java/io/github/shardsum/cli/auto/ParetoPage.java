package io.github.shardsum.cli.auto;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Table;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Price against memory of the plans that {@code auto --pareto} found, as a page. */
final class ParetoPage {
  private static final int HEIGHT = 320;
  private static final int LEFT = 90;
  private static final int RIGHT = Picture.WIDTH - 40;
  private static final int BOTTOM = HEIGHT - 50;
  private static final int TOP = 24;

  private static final Ink INK = Ink.series(0);

  /** Columns of text: the annotations. */
  private static final Set<Integer> WORDS = Set.of(4);

  private ParetoPage() {}

  /**
   * The page: a picture, and a table with a row for each plan.
   *
   * @param title the planned program or equation
   * @param all the plans, the largest peak first; at least one
   * @param options the options that plans are priced by
   */
  static String html(String title, List<FoundLayouts> all, PlanOptions options) {
    Unit unit = options.topology().isPresent() ? Unit.SECONDS : Unit.NUMBER;
    String price = options.topology().isPresent() ? "price, time" : "price, elements";
    Page page = new Page(title);
    page.paragraph(
        "Each dot is the cheapest plan that was found within a limit of memory. The line has the"
            + " price of the cheapest of these plans that fits each amount of memory. A dashed line"
            + " leads from each dot down to the proven lower bound of the price under the memory"
            + " limit of that search.");
    page.picture(picture(title, all, price, unit));
    return page.table(table(all, price, unit)).html();
  }

  private static Picture picture(String title, List<FoundLayouts> all, String price, Unit unit) {
    double largest = all.stream().mapToDouble(FoundLayouts::peakBytes).max().orElseThrow();
    double highest = all.stream().mapToDouble(FoundLayouts::price).max().orElseThrow();
    Axis x = Axis.linear("largest device's memory", Unit.BYTES, 0, 1.05 * largest, LEFT, RIGHT);
    Axis y = Axis.linear(price, unit, 0, 1.1 * highest, BOTTOM, TOP);
    Picture picture = new Picture(Picture.WIDTH, HEIGHT, title + ", price over memory");
    picture.vertical(y, LEFT, RIGHT).horizontal(x, TOP, BOTTOM);
    picture.path(steps(all, x, y), INK, false);
    for (FoundLayouts one : all) {
      picture.path(
          List.of(at(x, y, one.peakBytes(), one.price()), at(x, y, one.peakBytes(), one.bound())),
          INK,
          true);
      String text =
          Unit.BYTES.text(one.peakBytes())
              + ", "
              + unit.text(one.price())
              + ", "
              + AutoReport.of(one.annotations());
      picture.dot(x.at(one.peakBytes()), y.at(one.price()), 4, INK, text);
    }
    return picture;
  }

  /**
   * The price that each amount of memory allows: constant from a plan's peak up to the next larger
   * peak, since no plan lies between.
   */
  private static List<double[]> steps(List<FoundLayouts> all, Axis x, Axis y) {
    List<double[]> steps = new ArrayList<>();
    double end = x.most();
    for (FoundLayouts one : all) {
      steps.add(at(x, y, end, one.price()));
      steps.add(at(x, y, one.peakBytes(), one.price()));
      end = one.peakBytes();
    }
    return steps;
  }

  private static double[] at(Axis x, Axis y, double bytes, double price) {
    return new double[] {x.at(bytes), y.at(price)};
  }

  private static Table table(List<FoundLayouts> all, String price, Unit unit) {
    Table table = new Table(List.of("peak", price, "bound", "gap", "annotations"), WORDS);
    for (FoundLayouts one : all) {
      table.row(
          List.of(
              Unit.BYTES.text(one.peakBytes()),
              unit.text(one.price()),
              unit.text(one.bound()),
              format("%.2f %%", 100 * one.gap()),
              AutoReport.of(one.annotations())));
    }
    return table;
  }
}
