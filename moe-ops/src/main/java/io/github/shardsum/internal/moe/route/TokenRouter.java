package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import java.util.Arrays;

/** Lets the tokens of one group choose their experts. NaN counts as the highest gate. */
final class TokenRouter {
  private final GroupRoute route;
  private final RouteOptions options;
  private final UniformNumbers uniform;
  private final int group;
  private final int experts;
  private final int slots;

  private TokenRouter(GroupRoute route, UniformNumbers uniform, int group) {
    this.route = route;
    this.options = route.setup().options();
    this.uniform = uniform;
    this.group = group;
    this.experts = route.setup().experts();
    this.slots = route.slots();
  }

  static void choose(GroupRoute route, UniformNumbers uniform, int group) {
    TokenRouter router = new TokenRouter(route, uniform, group);
    for (int token = 0; token < route.tokens(); token++) {
      router.chooseFor(token);
    }
  }

  private void chooseFor(int token) {
    int at = token * slots;
    int[] chosen = route.experts();
    if (route.real()[token] == 0) {
      Arrays.fill(chosen, at, at + slots, -1);
      Arrays.fill(route.states(), at, at + slots, 0);
      return;
    }
    highest(token, at);
    Arrays.fill(route.states(), at, at + slots, GroupRoute.ACCEPTED);
    if (slots == 2) {
      second(token, at);
    }
    for (int slot = at; slot < at + slots; slot++) {
      count(token, slot, slot == at);
    }
  }

  private void count(int token, int at, boolean first) {
    int expert = route.experts()[at];
    if (!GroupRoute.isOpen(route.gate(token, expert))) {
      route.experts()[at] = -1;
      route.states()[at] = 0;
      return;
    }
    route.firstChoices()[expert] += first ? 1 : 0;
    route.load()[expert] += route.asksForSlot(at) ? 1 : 0;
  }

  /** Insertion into a sorted list of k: a tie leaves the lower expert in front. */
  private void highest(int token, int at) {
    int[] chosen = route.experts();
    for (int expert = 0; expert < experts; expert++) {
      double gate = route.gate(token, expert);
      int place = Math.min(expert, slots);
      while (place > 0 && isAbove(gate, route.gate(token, chosen[at + place - 1]))) {
        place--;
      }
      if (place < slots) {
        int last = Math.min(expert, slots - 1);
        System.arraycopy(chosen, at + place, chosen, at + place + 1, last - place);
        chosen[at + place] = expert;
      }
    }
  }

  private static boolean isAbove(double x, double y) {
    return x > y || (Double.isNaN(x) && !Double.isNaN(y));
  }

  private void second(int token, int at) {
    int[] chosen = route.experts();
    if (options.secondChoice() instanceof SecondChoice.Sample) {
      chosen[at + 1] = sample(token, chosen[at]);
    }
    double gate = route.gate(token, chosen[at + 1]);
    if (options.normalization() == Normalization.BEFORE_DROPPING) {
      double first = route.gate(token, chosen[at]);
      double epsilon = options.normalizationEpsilon();
      double unit = GroupRouter.unit(first + gate + epsilon);
      double sum = first * unit + gate * unit + epsilon * unit;
      gate = sum > 0 ? gate * unit / sum : 0;
    }
    boolean accepted =
        switch (options.secondChoice()) {
          case SecondChoice.All _, SecondChoice.Sample _ -> true;
          case SecondChoice.None _ -> false;
          case SecondChoice.Threshold(double threshold) -> gate > threshold;
          case SecondChoice.Random(double threshold) -> uniform.of(group, token) < gate / threshold;
        };
    route.states()[at + 1] = accepted ? GroupRoute.ACCEPTED : 0;
  }

  private int sample(int token, int first) {
    return uniform.perExpert() ? byGumbelMax(token, first) : byRunningSum(token, first);
  }

  private int byRunningSum(int token, int first) {
    double rest = 0;
    for (int expert = 0; expert < experts; expert++) {
      rest += expert == first ? 0 : route.gate(token, expert);
    }
    double target = uniform.of(group, token) * rest;
    double sum = 0;
    int best = first == 0 ? 1 : 0;
    for (int expert = 0; expert < experts; expert++) {
      double gate = route.gate(token, expert);
      if (expert != first && gate > 0) {
        best = expert;
        sum += gate;
        if (sum > target) {
          break;
        }
      }
    }
    return best;
  }

  private int byGumbelMax(int token, int first) {
    int best = first == 0 ? 1 : 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int expert = 0; expert < experts; expert++) {
      double gumbel = -StrictMath.log(-StrictMath.log(uniform.of(group, token, expert)));
      double score = StrictMath.log(route.gate(token, expert)) + gumbel;
      if (expert != first && score > highest) {
        highest = score;
        best = expert;
      }
    }
    return best;
  }
}
