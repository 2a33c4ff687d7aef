package io.github.shardsum.moe;

/**
 * What the tokens of one group chose, before slots are given out.
 *
 * @param softmax the gates
 * @param slots choices of a token, k
 * @param experts {@code [S, k]}: the experts of each token, best first; -1 for none
 * @param wanted {@code [S, k]}: whether the token is to be sent there
 * @param firstChoices {@code [E]}: tokens whose first choice the expert is
 * @param load {@code [E]}: slots asked for
 */
record GroupChoices(
    GroupSoftmax softmax,
    int slots,
    int[] experts,
    boolean[] wanted,
    int[] firstChoices,
    int[] load) {

  double gate(int token, int slot) {
    int expert = experts[token * slots + slot];
    return expert < 0 ? 0 : softmax.gate(token, expert);
  }

  /** Whether a choice uses up a slot: it is wanted, or was rejected and keeps its slot. */
  boolean asksForSlot(GatingOptions options, int at) {
    boolean never = options.secondChoice() instanceof SecondChoice.None;
    return wanted[at] || (options.rejectedKeepsSlot() && !never);
  }

  int largestLoad() {
    int largest = 0;
    for (int asked : load) {
      largest = Math.max(largest, asked);
    }
    return largest;
  }
}
