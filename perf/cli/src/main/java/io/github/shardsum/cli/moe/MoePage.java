package io.github.shardsum.cli.moe;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A run of the layer as one page: where tokens go, the loads of experts, and the steps. */
final class MoePage {
  private static final int LEFT = 120;
  private static final int ROW = 18;
  private static final int TOP = 26;

  /**
   * Limit of the experts that are drawn one by one. The loads of the others are lower, and are
   * added up.
   */
  private static final int MOST_EXPERTS = 48;

  /** The least distance of two names in the flow. */
  private static final int NAME = 15;

  /** The least height of the flow. */
  private static final int FLOW = 320;

  private static final int GAP = 3;

  private final MoeOutcome outcome;
  private final List<Load> loads;
  private final Page page = new Page("Mixture-of-Experts layer on real text");

  /**
   * Choices of one expert, or of several.
   *
   * @param name the name of the expert, or the number of the others
   * @param experts the number of experts
   * @param asked choices of this expert
   * @param placed choices that they serve
   */
  record Load(String name, int experts, long asked, long placed) {
    long rejected() {
      return asked - placed;
    }
  }

  private MoePage(MoeOutcome outcome) {
    this.outcome = outcome;
    this.loads = loads(outcome.totals().load(), outcome.totals().placed());
  }

  /** The page of a finished run. */
  static String of(MoeOutcome outcome) {
    return new MoePage(outcome).whole();
  }

  /** In the order of experts; all but the most loaded ones are added up as the last entry. */
  static List<Load> loads(long[] asked, long[] placed) {
    List<Integer> shown =
        IntStream.range(0, asked.length)
            .boxed()
            .sorted((a, b) -> Long.compare(asked[b], asked[a]))
            .limit(asked.length > MOST_EXPERTS ? MOST_EXPERTS - 1 : MOST_EXPERTS)
            .sorted()
            .toList();
    List<Load> loads = new ArrayList<>();
    shown.forEach(e -> loads.add(new Load("expert " + e, 1, asked[e], placed[e])));
    if (shown.size() < asked.length) {
      loads.add(
          new Load(
              (asked.length - shown.size()) + " others",
              asked.length - shown.size(),
              Arrays.stream(asked).sum() - loads.stream().mapToLong(Load::asked).sum(),
              Arrays.stream(placed).sum() - loads.stream().mapToLong(Load::placed).sum()));
    }
    return loads;
  }

  private String whole() {
    MoeTotals totals = outcome.totals();
    page.paragraph(
        format(
            "%s: %,d bytes, a token each. Route: %s.",
            outcome.text(), outcome.bytes(), outcome.job().options()));
    page.heading("Token flow");
    page.paragraph(
        format(
            "%,d tokens in %,d groups. %,d of them (%.2f %%) reach no expert; %,d"
                + " choices found their expert full. Red is rejected or beyond the capacity.",
            totals.tokens(),
            totals.groups(),
            totals.dropped(),
            100.0 * totals.dropped() / Math.max(1, totals.tokens()),
            totals.overflow()));
    page.picture(flow(loads));
    page.heading("Load of each expert");
    page.picture(
        bars(loads, totals.groups(), outcome.job().dropless() ? 0 : outcome.job().capacity()));
    page.heading("Steps");
    page.table(steps());
    page.paragraph(outcome.passed() ? "The check passed." : "The check FAILED.");
    return page.html();
  }

  /** Choices of tokens at the left, experts at the right, a band each. */
  static Picture flow(List<Load> loads) {
    int high = Math.max(FLOW, NAME * loads.size());
    Picture picture = new Picture(Picture.WIDTH, high + 2 * TOP, "choices of tokens to experts");
    long all = Math.max(1, loads.stream().mapToLong(Load::asked).sum());
    double scale = (double) (high - GAP * loads.size()) / all;
    double from = LEFT + 14.0;
    double to = Picture.WIDTH - 190.0;
    double left = TOP + GAP * loads.size() / 2.0;
    double right = TOP;
    picture.rect(LEFT, left, 14, scale * all, Ink.GREY, "choices");
    picture.text(LEFT - 8, left + scale * all / 2 + 4, Anchor.END, format("%,d choices", all));
    List<Double> middles = new ArrayList<>();
    for (Load load : loads) {
      double placed = scale * load.placed();
      double rejected = scale * load.rejected();
      String title =
          format("%s: %,d placed, %,d rejected", load.name(), load.placed(), load.rejected());
      picture.band(from, left, to, right, placed, Ink.BLUE, title);
      picture.rect(to, right, 14, placed, Ink.BLUE, title);
      picture.band(from, left + placed, to, right + placed, rejected, Ink.RED, title);
      picture.rect(to, right + placed, 14, rejected, Ink.RED, title);
      middles.add(right + (placed + rejected) / 2);
      left += placed + rejected;
      right += placed + rejected + GAP;
    }
    double[] names = apart(middles, TOP + (double) high);
    for (int i = 0; i < names.length; i++) {
      Load load = loads.get(i);
      picture.line(to + 15, middles.get(i), to + 29, names[i], Ink.AXIS);
      String name = format("%s: %,d", load.name(), load.placed());
      picture.text(to + 32, names[i] + 4, Anchor.START, name);
    }
    return picture;
  }

  /**
   * Places of names, each as near to its band's middle as the least distance and the bottom allow.
   */
  private static double[] apart(List<Double> middles, double bottom) {
    double[] places = new double[middles.size()];
    double least = 0;
    for (int i = 0; i < places.length; i++) {
      places[i] = Math.max(least, middles.get(i));
      least = places[i] + NAME;
    }
    double most = bottom;
    for (int i = places.length - 1; i >= 0; i--) {
      places[i] = Math.min(most, places[i]);
      most = places[i] - NAME;
    }
    return places;
  }

  /**
   * Choices of each expert, and its slots in all groups. Sums of several experts are in a text
   * below, since the slots of one expert do not limit them.
   *
   * @param capacity slots of an expert in a group, 0 for no limit
   */
  static Picture bars(List<Load> loads, long groups, long capacity) {
    long slots = groups * capacity;
    List<Load> single = loads.stream().filter(load -> load.experts() == 1).toList();
    List<Load> sums = loads.stream().filter(load -> load.experts() > 1).toList();
    int bottom = TOP + ROW * single.size();
    long most = Math.max(slots, single.stream().mapToLong(Load::asked).max().orElse(1));
    Axis axis = Axis.linear("choices", Unit.NUMBER, 0, most, LEFT, Picture.WIDTH - 150);
    Picture picture =
        new Picture(Picture.WIDTH, bottom + 40 + ROW * sums.size(), "load of each expert");
    picture.horizontal(axis, TOP, bottom);
    for (int i = 0; i < single.size(); i++) {
      Load load = single.get(i);
      double y = TOP + ROW * i + 2.0;
      double end = axis.at(load.placed());
      picture.text(LEFT - 6, y + 11, Anchor.END, load.name());
      picture.rect(LEFT, y, end - LEFT, ROW - 4.0, Ink.BLUE, format("%,d placed", load.placed()));
      picture.rect(
          end,
          y,
          axis.at(load.asked()) - end,
          ROW - 4.0,
          Ink.RED,
          format("%,d rejected", load.rejected()));
    }
    for (int i = 0; i < sums.size(); i++) {
      Load load = sums.get(i);
      String text =
          format(
              "%s, which have lower loads: %,d placed, %,d rejected",
              load.name(), load.placed(), load.rejected());
      picture.text(LEFT, bottom + 36.0 + ROW * (i + 1), Anchor.START, text);
    }
    Map<String, Ink> legend = new LinkedHashMap<>(Map.of("placed", Ink.BLUE));
    if (single.stream().anyMatch(load -> load.rejected() > 0)) {
      legend.put("rejected", Ink.RED);
    }
    if (slots > 0) {
      double at = axis.at(slots);
      picture.path(List.of(new double[] {at, TOP}, new double[] {at, bottom}), Ink.TEXT, true);
      picture.text(
          at, TOP - 8, Anchor.MIDDLE, format("%,d slots in each of %,d groups", capacity, groups));
    }
    return picture.legend(Picture.WIDTH - 130, TOP, legend);
  }

  private List<List<String>> steps() {
    MoeLayerForm form = outcome.passForm();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("equation", "FLOP", "time", "rate"));
    for (MoeLayerStep step : MoeLayerStep.values()) {
      MoeTotals.StepTotal total = outcome.totals().step(step);
      rows.add(
          List.of(
              step.equation(form),
              Unit.FLOP.text(total.flops()),
              Unit.SECONDS.text(total.seconds()),
              total.seconds() > 0
                  ? Unit.FLOP_A_SECOND.text(total.flops() / total.seconds())
                  : "-"));
    }
    rows.add(
        List.of(
            "the routing: indices only",
            "-",
            Unit.SECONDS.text(outcome.totals().routingSeconds()),
            "-"));
    return rows;
  }
}
