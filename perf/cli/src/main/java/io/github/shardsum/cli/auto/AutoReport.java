package io.github.shardsum.cli.auto;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.partition.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Prints the annotations that {@code auto} found. */
final class AutoReport {
  private static final int WIDTH = 40;

  /** The most annotations of another plan that a report names. */
  private static final int MOST_NAMED = 6;

  private AutoReport() {}

  /**
   * The annotations, one a line as {@code plan} takes them, and the figures of their plan.
   *
   * @param kept the given annotations, which the plan has too
   * @param found the annotations
   * @param options the options that plans are priced by
   * @param seconds the time of the search
   * @param certificate the checker's certificate
   */
  static List<String> lines(
      Map<String, String> kept,
      FoundLayouts found,
      PlanOptions options,
      double seconds,
      String certificate) {
    List<String> lines = new ArrayList<>();
    kept.forEach((name, layout) -> lines.add(annotate(name, layout) + "   # kept"));
    found
        .annotations()
        .forEach(
            (name, layout) -> {
              Double saved = found.savings().get(name);
              String note = saved == null ? "" : "   # without it " + change(saved, options);
              lines.add(annotate(name, layout) + note);
            });
    if (found.annotations().isEmpty()) {
      lines.add("no annotation makes the plan cheaper");
    }
    lines.add("price      " + price(found.price(), options));
    String proof = found.gap() == 0 ? " (the price is the lowest possible)" : "";
    lines.add("bound      " + price(found.bound(), options) + proof);
    lines.add("gap        " + format("%.4f %%", 100 * found.gap()));
    String limit =
        options.memoryLimit().isPresent()
            ? format(" of %,d", options.memoryLimit().getAsLong())
            : "";
    lines.add("peak       " + format("%,d%s bytes", found.peakBytes(), limit));
    lines.add(
        "runner-up  "
            + found
                .runnerUp()
                .map(
                    other ->
                        price(other.price(), options)
                            + format(", %,d bytes, ", other.peakBytes())
                            + of(other.annotations()))
                .orElse("none"));
    lines.add(format("search     %,d plans in %.1f s", found.plans(), seconds));
    lines.add(certificate);
    return lines;
  }

  private static String annotate(String name, String layout) {
    return "--annotate '" + name + "=" + layout + "'";
  }

  /** The annotations in words. */
  static String of(Map<String, String> annotations) {
    if (annotations.isEmpty()) {
      return "without annotations";
    }
    if (annotations.size() > MOST_NAMED) {
      return "with " + annotations.size() + " annotations";
    }
    StringBuilder text = new StringBuilder("with");
    annotations.forEach(
        (name, layout) -> text.append(" '").append(name).append('=').append(layout).append('\''));
    return text.toString();
  }

  private static String change(double saved, PlanOptions options) {
    if (saved == Double.POSITIVE_INFINITY) {
      return "above the limit";
    }
    return saved == 0 ? "the same price, more memory" : price(saved, options) + " more";
  }

  private static String price(double price, PlanOptions options) {
    if (options.topology().isPresent()) {
      return format("%.4g s", price);
    }
    // The plan's table also prints a fraction below a hundred.
    return format(price < 100 ? "%.3g elements" : "%,.0f elements", price);
  }

  /** A line for each plan, the largest peak first, and a picture of time against memory. */
  static List<String> pareto(List<FoundLayouts> all, PlanOptions options) {
    List<String> lines = new ArrayList<>();
    double dearest = all.stream().mapToDouble(FoundLayouts::price).max().orElse(1);
    double largest = all.stream().mapToDouble(FoundLayouts::peakBytes).max().orElse(1);
    lines.add(format("%18s  %18s  %8s  annotations", "peak bytes", "price", "gap"));
    for (FoundLayouts one : all) {
      lines.add(
          format(
              "%,18d  %18s  %6.2f %%  %s",
              one.peakBytes(),
              price(one.price(), options),
              100 * one.gap(),
              of(one.annotations())));
    }
    lines.add("");
    for (FoundLayouts one : all) {
      lines.add("memory " + bar(one.peakBytes() / largest));
      lines.add("price  " + bar(one.price() / dearest));
    }
    return lines;
  }

  private static String bar(double share) {
    int length = (int) Math.ceil(share * WIDTH);
    return "#".repeat(length) + " ".repeat(WIDTH - length) + format(" %5.1f %%", 100 * share);
  }
}
