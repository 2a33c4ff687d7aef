package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The differences of the steps of two plans: steps that were added or removed, that moved, or whose
 * price changed, and the totals of both plans. Both are priced by the same options.
 */
final class PlanDiff {
  /** Relative difference of two prices that counts as rounding. */
  private static final double ROUNDING = 1e-9;

  private final PlanFigures before;
  private final PlanFigures after;
  private final List<Step> went = new ArrayList<>();
  private final List<Step> came = new ArrayList<>();
  private final List<Step> moved = new ArrayList<>();
  private final List<Pair> changed = new ArrayList<>();

  /** A step; the steps of a loop's body follow the loop. */
  private record Step(String group, String text, String shapes, double price) {
    String name() {
      return (group.isEmpty() ? "" : group + ": ") + text;
    }

    String whole() {
      return group + "|" + text + "|" + shapes + "|" + price;
    }
  }

  private record Pair(Step before, Step after) {}

  private PlanDiff(PlanFigures before, PlanFigures after) {
    this.before = before;
    this.after = after;
    match(steps(before.steps(), ""), steps(after.steps(), ""));
  }

  /**
   * Compares two plans.
   *
   * @param before the older one
   * @param after the newer one
   * @param options the options that both are priced by
   * @throws IllegalArgumentException if a topology has another number of devices than a plan
   */
  static PlanDiff of(SpmdPlan before, SpmdPlan after, PlanOptions options) {
    return new PlanDiff(before.figures(options), after.figures(options));
  }

  private static List<Step> steps(List<PlanFigures.Step> figures, String within) {
    List<Step> steps = new ArrayList<>();
    for (PlanFigures.Step step : figures) {
      String group = within + step.group();
      steps.add(new Step(group, step.text(), step.localShapes(), step.price()));
      steps.addAll(steps(step.body(), group + ", in the loop, "));
    }
    return steps;
  }

  /** Matches equal steps first, then steps of the same words with other shapes or prices. */
  private void match(List<Step> old, List<Step> now) {
    int[] partner = new int[now.size()];
    Arrays.fill(partner, -1);
    Set<Integer> used = new HashSet<>();
    pair(old, now, partner, used, Step::whole);
    Set<Integer> inOrder = longestIncreasing(partner);
    for (int i = 0; i < partner.length; i++) {
      if (partner[i] >= 0 && !inOrder.contains(i)) {
        moved.add(now.get(i));
      }
    }
    int[] exact = partner.clone();
    pair(old, now, partner, used, Step::name);
    for (int i = 0; i < partner.length; i++) {
      if (partner[i] < 0) {
        came.add(now.get(i));
      } else if (exact[i] < 0) {
        changed.add(new Pair(old.get(partner[i]), now.get(i)));
      }
    }
    for (int i = 0; i < old.size(); i++) {
      if (!used.contains(i)) {
        went.add(old.get(i));
      }
    }
  }

  private static void pair(
      List<Step> old, List<Step> now, int[] partner, Set<Integer> used, Function<Step, String> by) {
    Map<String, Deque<Integer>> places = new HashMap<>();
    for (int i = 0; i < old.size(); i++) {
      if (!used.contains(i)) {
        places.computeIfAbsent(by.apply(old.get(i)), _ -> new ArrayDeque<>()).add(i);
      }
    }
    for (int i = 0; i < now.size(); i++) {
      Deque<Integer> at = places.get(by.apply(now.get(i)));
      if (partner[i] < 0 && at != null && !at.isEmpty()) {
        partner[i] = at.remove();
        used.add(partner[i]);
      }
    }
  }

  /**
   * The largest set of places whose partners are in the same order; steps at other places have
   * moved.
   */
  private static Set<Integer> longestIncreasing(int[] partner) {
    int[] before = new int[partner.length];
    List<Integer> ends = new ArrayList<>();
    for (int i = 0; i < partner.length; i++) {
      if (partner[i] >= 0) {
        int low = 0;
        int high = ends.size();
        while (low < high) {
          int middle = (low + high) / 2;
          if (partner[ends.get(middle)] < partner[i]) {
            low = middle + 1;
          } else {
            high = middle;
          }
        }
        before[i] = low == 0 ? -1 : ends.get(low - 1);
        if (low == ends.size()) {
          ends.add(i);
        } else {
          ends.set(low, i);
        }
      }
    }
    Set<Integer> kept = new HashSet<>();
    for (int i = ends.isEmpty() ? -1 : ends.getLast(); i >= 0; i = before[i]) {
      kept.add(i);
    }
    return kept;
  }

  /** Whether the newer plan is dearer. */
  boolean isDearer() {
    return after.price() > before.price() * (1 + ROUNDING);
  }

  /** A line a step, and the totals. */
  String table() {
    StringBuilder text = new StringBuilder();
    went.forEach(step -> line(text, "went", step.name(), price(step.price())));
    came.forEach(step -> line(text, "came", step.name(), price(step.price())));
    moved.forEach(step -> line(text, "moved", step.name(), price(step.price())));
    for (Pair pair : changed) {
      line(
          text,
          "changed",
          pair.after.name(),
          price(pair.before.price()) + " -> " + price(pair.after.price()));
    }
    if (text.isEmpty()) {
      text.append("the same steps\n");
    }
    total(text, "received, elements", PlanFigures::elementsReceived);
    total(text, "computed, FLOP", PlanFigures::flops);
    total(text, "held, bytes", PlanFigures::peakBytes);
    String unit = before.isTimed() ? "price, seconds" : "price, elements";
    String change =
        isDearer()
            ? "dearer"
            : after.price() < before.price() * (1 - ROUNDING) ? "cheaper" : "the same";
    return text.append(
            format(
                "%-18s  %s -> %s, %s", unit, price(before.price()), price(after.price()), change))
        .toString();
  }

  private static void line(StringBuilder text, String what, String step, String price) {
    text.append(format("%-7s  %-70s  %s%n", what, step, price));
  }

  private void total(StringBuilder text, String name, ToDoubleFunction<PlanFigures> figure) {
    text.append(
        format(
            "%-18s  %,.0f -> %,.0f%n",
            name, figure.applyAsDouble(before), figure.applyAsDouble(after)));
  }

  private String price(double price) {
    return format(before.isTimed() ? "%.4g" : "%,.0f", price);
  }

  /** The differences as a JSON object. */
  ObjectNode json() {
    ObjectNode answer = JsonAnswer.object();
    steps(answer.putArray("went"), went);
    steps(answer.putArray("came"), came);
    steps(answer.putArray("moved"), moved);
    ArrayNode prices = answer.putArray("changed");
    for (Pair pair : changed) {
      prices
          .addObject()
          .put("step", pair.after.text())
          .put("for", pair.after.group())
          .put("before", pair.before.price())
          .put("after", pair.after.price());
    }
    answer
        .putObject("elementsReceived")
        .put("before", before.elementsReceived())
        .put("after", after.elementsReceived());
    answer.putObject("flops").put("before", before.flops()).put("after", after.flops());
    answer.putObject("peakBytes").put("before", before.peakBytes()).put("after", after.peakBytes());
    answer
        .putObject(before.isTimed() ? "seconds" : "price")
        .put("before", before.price())
        .put("after", after.price());
    return answer.put("dearer", isDearer());
  }

  private static void steps(ArrayNode array, List<Step> steps) {
    for (Step step : steps) {
      array
          .addObject()
          .put("step", step.text())
          .put("for", step.group())
          .put("price", step.price());
    }
  }
}
