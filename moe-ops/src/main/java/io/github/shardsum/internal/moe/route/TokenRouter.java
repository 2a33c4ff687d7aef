package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import java.util.Arrays;
import java.util.Optional;

/** Lets the tokens of one group choose their experts. NaN counts as the highest gate. */
final class TokenRouter {
  /**
   * The most choices for one pass over all keys for each choice. With more choices, insertion is as
   * fast.
   */
  private static final int MOST_PASSES = 4;

  private final GroupRoute route;
  private final RouteOptions options;
  private final RouteOperands operands;
  private final Optional<GroupLimit> limit;
  private final int group;
  private final int experts;
  private final int slots;

  private final boolean byLogits;

  /** The keys of the current token's experts, in the form of {@link GateOrderKeys}. */
  private final long[] keys;

  /** The current token. */
  private int token;

  /** Start of the current token's row in the gates of the current block. */
  private int row;

  TokenRouter(GroupRoute route, RouteOperands operands, int group) {
    this.route = route;
    this.options = route.setup().options();
    this.operands = operands;
    // Recorded choices already obey the limit.
    this.limit = operands.choices().isPresent() ? Optional.empty() : options.groupLimit();
    this.group = group;
    this.experts = route.setup().experts();
    this.slots = route.slots();
    this.byLogits = route.setup().choosesByLogits() && operands.bias().length == 0;
    this.keys = route.keys();
  }

  /** Chooses experts for tokens whose gates are in the first rows. */
  void choose(int first, int count) {
    for (int i = 0; i < count; i++) {
      row = i * experts;
      token = first + i;
      chooseFor();
    }
  }

  private double gate(int expert) {
    return expert < 0 ? 0 : route.gates()[row + expert];
  }

  /** The key by which a token ranks experts. */
  private double key(int expert) {
    boolean logit = byLogits && GroupRoute.isOpen(gate(expert));
    return logit ? operands.scores().get(group, token, expert) : biased(expert);
  }

  private double biased(int expert) {
    double gate = gate(expert);
    if (!GroupRoute.isOpen(gate)) {
      return Double.NEGATIVE_INFINITY;
    }
    return operands.bias().length == 0 ? gate : gate + operands.bias()[expert];
  }

  private void chooseFor() {
    int at = token * slots;
    int[] chosen = route.experts();
    if (!route.isReal(token)) {
      Arrays.fill(chosen, at, at + slots, -1);
      Arrays.fill(route.chosen(), at, at + slots, 0);
      Arrays.fill(route.states(), at, at + slots, 0);
      return;
    }
    //  // A lambda would allocate an object for each token.
    if (limit.isPresent()) {
      closeOtherGroups(limit.get());
    }
    if (operands.choices().isPresent()) {
      recorded(operands.choices().get(), at);
    } else {
      highest(at);
    }
    Arrays.fill(route.states(), at, at + slots, GroupRoute.ACCEPTED);
    if (slots == 2) {
      second(at);
    }
    for (int slot = at; slot < at + slots; slot++) {
      count(slot, slot == at);
    }
  }

  private void count(int at, boolean first) {
    int expert = route.experts()[at];
    double gate = gate(expert);
    if (!GroupRoute.isOpen(gate)) {
      route.experts()[at] = -1;
      route.chosen()[at] = 0;
      route.states()[at] = 0;
      return;
    }
    route.chosen()[at] = gate;
    route.firstChoices()[expert] += first ? 1 : 0;
    route.load()[expert] += route.asksForSlot(at) ? 1 : 0;
  }

  private void recorded(TokenElements choices, int at) {
    for (int slot = 0; slot < slots; slot++) {
      double expert = choices.get(group, token, slot);
      boolean some = expert >= 0 && expert < experts && !isNamed((int) expert, at, slot);
      route.experts()[at + slot] = some ? (int) expert : -1;
    }
  }

  /** Whether one of the token's first choices is the expert. */
  private boolean isNamed(int expert, int at, int first) {
    for (int slot = at; slot < at + first; slot++) {
      if (route.experts()[slot] == expert) {
        return true;
      }
    }
    return false;
  }

  /**
   * Writes the experts with the highest keys, in descending order; among equal keys the lower
   * expert comes first.
   */
  private void highest(int at) {
    for (int expert = 0; expert < experts; expert++) {
      // Adding +0 makes the two zeros equal.
      keys[expert] = GateOrderKeys.of(key(expert) + 0.0);
    }
    if (slots <= MOST_PASSES) {
      inPasses(at);
    } else {
      byInsertion(at);
    }
  }

  /**
   * Makes one pass over all keys for each choice. Inserting experts into a list would branch on
   * keys, which are random; for two of sixteen experts this takes three times as long.
   */
  private void inPasses(int at) {
    for (int slot = at; slot < at + slots; slot++) {
      long highest = Long.MIN_VALUE;
      for (int expert = 0; expert < experts; expert++) {
        highest = Math.max(highest, keys[expert]);
      }
      int first = 0;
      while (keys[first] != highest) {
        first++;
      }
      route.experts()[slot] = first;
      // This is below the integer of every double.
      keys[first] = Long.MIN_VALUE;
    }
  }

  private void byInsertion(int at) {
    int[] chosen = route.experts();
    long least = Long.MIN_VALUE;
    for (int expert = 0; expert < experts; expert++) {
      long key = keys[expert];
      if (expert >= slots && key <= least) {
        continue;
      }
      int place = Math.min(expert, slots);
      while (place > 0 && key > keys[chosen[at + place - 1]]) {
        place--;
      }
      if (place < slots) {
        int last = Math.min(expert, slots - 1);
        System.arraycopy(chosen, at + place, chosen, at + place + 1, last - place);
        chosen[at + place] = expert;
      }
      least = expert + 1 < slots ? least : keys[chosen[at + slots - 1]];
    }
  }

  private static boolean isAbove(double x, double y) {
    return x > y || (Double.isNaN(x) && !Double.isNaN(y));
  }

  /**
   * Sets the gates of all groups of experts to 0 except those with the highest scores; among equal
   * scores, the lower group is kept. Makes one pass for each chosen group; there are few.
   */
  private void closeOtherGroups(GroupLimit limited) {
    int size = experts / limited.groups();
    long open = 0;
    for (int left = 0; left < limited.chosen(); left++) {
      int best = -1;
      double highest = 0;
      for (int each = 0; each < limited.groups(); each++) {
        double score = score(limited, each * size, size);
        if ((open >>> each & 1) == 0 && (best < 0 || isAbove(score, highest))) {
          best = each;
          highest = score;
        }
      }
      open |= 1L << best;
    }
    for (int each = 0; each < limited.groups(); each++) {
      if ((open >>> each & 1) == 0) {
        Arrays.fill(route.gates(), row + each * size, row + (each + 1) * size, 0);
      }
    }
  }

  private double score(GroupLimit limited, int from, int size) {
    boolean best = limited.score() == GroupLimit.Score.BEST;
    double first = Double.NEGATIVE_INFINITY;
    double second = Double.NEGATIVE_INFINITY;
    for (int expert = from; expert < from + size; expert++) {
      double key = best ? key(expert) : biased(expert);
      if (isAbove(key, first)) {
        second = first;
        first = key;
      } else if (isAbove(key, second)) {
        second = key;
      }
    }
    return best || second == Double.NEGATIVE_INFINITY ? first : first + second;
  }

  private void second(int at) {
    int[] chosen = route.experts();
    if (options.secondChoice() instanceof SecondChoice.Sample && operands.choices().isEmpty()) {
      chosen[at + 1] = sample(chosen[at]);
    }
    double gate = gate(chosen[at + 1]);
    if (options.normalization() == Normalization.BEFORE_DROPPING) {
      double first = gate(chosen[at]);
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
          case SecondChoice.Random(double threshold) ->
              operands.uniform().of(group, token) < gate / threshold;
        };
    route.states()[at + 1] = accepted ? GroupRoute.ACCEPTED : 0;
  }

  private int sample(int first) {
    return operands.uniform().perExpert() ? byGumbelMax(first) : byRunningSum(first);
  }

  private int byRunningSum(int first) {
    double rest = 0;
    for (int expert = 0; expert < experts; expert++) {
      rest += expert == first ? 0 : gate(expert);
    }
    double target = operands.uniform().of(group, token) * rest;
    double sum = 0;
    int best = first == 0 ? 1 : 0;
    for (int expert = 0; expert < experts; expert++) {
      double gate = gate(expert);
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

  private int byGumbelMax(int first) {
    int best = first == 0 ? 1 : 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int expert = 0; expert < experts; expert++) {
      double uniform = operands.uniform().of(group, token, expert);
      double gumbel = -StrictMath.log(-StrictMath.log(uniform));
      double score = StrictMath.log(gate(expert)) + gumbel;
      if (expert != first && score > highest) {
        highest = score;
        best = expert;
      }
    }
    return best;
  }
}
