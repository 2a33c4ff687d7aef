package io.github.shardsum.moe;

import java.util.Arrays;

/** The choices of a group in which each token chooses its experts. */
final class TokenChoosing {
  private final GatingOptions options;
  private final GroupSoftmax softmax;
  private final UniformNumbers uniform;
  private final int group;
  private final int slots;
  private final int[] chosen;
  private final GroupChoices choices;

  private TokenChoosing(
      GatingOptions options, GroupSoftmax softmax, UniformNumbers uniform, int group) {
    this.options = options;
    this.softmax = softmax;
    this.uniform = uniform;
    this.group = group;
    this.slots = options.router().choices();
    this.chosen = new int[softmax.tokens() * slots];
    this.choices =
        new GroupChoices(
            softmax,
            slots,
            chosen,
            new boolean[chosen.length],
            new int[softmax.experts()],
            new int[softmax.experts()]);
  }

  static GroupChoices choose(
      GatingOptions options, GroupSoftmax softmax, UniformNumbers uniform, int group) {
    TokenChoosing choosing = new TokenChoosing(options, softmax, uniform, group);
    for (int token = 0; token < softmax.tokens(); token++) {
      choosing.chooseFor(token);
    }
    return choosing.choices;
  }

  private void chooseFor(int token) {
    int at = token * slots;
    if (!softmax.real()[token]) {
      Arrays.fill(chosen, at, at + slots, -1);
      return;
    }
    highest(token, at);
    Arrays.fill(choices.wanted(), at, at + slots, true);
    if (slots == 2) {
      second(token, at);
    }
    choices.firstChoices()[chosen[at]]++;
    for (int slot = at; slot < at + slots; slot++) {
      choices.load()[chosen[slot]] += choices.asksForSlot(options, slot) ? 1 : 0;
    }
  }

  /** Insertion into a sorted list of k: a tie leaves the lower expert in front. */
  private void highest(int token, int at) {
    for (int expert = 0; expert < softmax.experts(); expert++) {
      double gate = softmax.gate(token, expert);
      int place = Math.min(expert, slots);
      while (place > 0 && gate > softmax.gate(token, chosen[at + place - 1])) {
        place--;
      }
      if (place < slots) {
        int last = Math.min(expert, slots - 1);
        System.arraycopy(chosen, at + place, chosen, at + place + 1, last - place);
        chosen[at + place] = expert;
      }
    }
  }

  private void second(int token, int at) {
    if (options.secondChoice() instanceof SecondChoice.Sample) {
      chosen[at + 1] = sample(token, chosen[at]);
    }
    double gate = softmax.gate(token, chosen[at + 1]);
    if (options.normalization() == Normalization.BEFORE_DROPPING) {
      double sum = softmax.gate(token, chosen[at]) + gate + options.normalizationEpsilon();
      gate = sum > 0 ? gate / sum : 0;
    }
    choices.wanted()[at + 1] =
        switch (options.secondChoice()) {
          case SecondChoice.All _, SecondChoice.Sample _ -> true;
          case SecondChoice.None _ -> false;
          case SecondChoice.Threshold(double threshold) -> gate > threshold;
          case SecondChoice.Random(double threshold) -> uniform.of(group, token) < gate / threshold;
        };
  }

  private int sample(int token, int first) {
    return uniform.perExpert() ? byGumbelMax(token, first) : byRunningSum(token, first);
  }

  private int byRunningSum(int token, int first) {
    double rest = 0;
    for (int expert = 0; expert < softmax.experts(); expert++) {
      rest += expert == first ? 0 : softmax.gate(token, expert);
    }
    double target = uniform.of(group, token) * rest;
    double sum = 0;
    int best = first == 0 ? 1 : 0;
    for (int expert = 0; expert < softmax.experts(); expert++) {
      double gate = softmax.gate(token, expert);
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
    for (int expert = 0; expert < softmax.experts(); expert++) {
      double gumbel = -StrictMath.log(-StrictMath.log(uniform.of(group, token, expert)));
      double score = StrictMath.log(softmax.gate(token, expert)) + gumbel;
      if (expert != first && score > highest) {
        highest = score;
        best = expert;
      }
    }
    return best;
  }
}
