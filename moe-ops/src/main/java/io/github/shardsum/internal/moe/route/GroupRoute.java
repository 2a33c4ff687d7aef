package io.github.shardsum.internal.moe.route;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.MaskedMean;

/**
 * The route of one group while it is computed, from gates to weights. Arrays may be longer than the
 * shapes below. If experts choose, slot e of a token belongs to expert e. Not thread-safe.
 *
 * @param setup sizes and options
 * @param kinds {@code [S]}: {@link #PADDING}, {@link #REAL} or {@link #UNUSABLE}
 * @param gates {@code [B, E]}: the gates of a block of B tokens; of all S tokens if experts choose
 * @param gateSums {@code [E]}: sums over the tokens that the auxiliary loss counts
 * @param logZ {@code [S]}: logsumexp of the logits, 0 for tokens that the z-loss does not count
 * @param experts {@code [S, slots]}: chosen experts, -1 for none
 * @param chosen {@code [S, slots]}: gates of the choices
 * @param states {@code [S, slots]}: {@link #ACCEPTED}, {@link #FULL}, or 0
 * @param positions {@code [S, slots]}: {@code expert * C + slot}, or -1 if the choice is not sent
 * @param weights {@code [S, slots]}: combine weights
 * @param firstChoices {@code [E]}: tokens whose first choice is the expert
 * @param load {@code [E]}: slots that choices ask for
 * @param placed {@code [E]}: tokens sent
 * @param taken {@code [E]}: slots given out so far
 * @param order {@code [S]}: tokens in the order in which they get slots, or {@code [S, slots]}:
 *     choices in this order
 * @param spare an array of the same length, for sorting
 * @param keys {@code [E]}: the keys by which the current token ranks experts; empty if experts
 *     choose
 */
public record GroupRoute(
    Setup setup,
    int[] kinds,
    double[] gates,
    double[] gateSums,
    double[] logZ,
    int[] experts,
    double[] chosen,
    int[] states,
    int[] positions,
    double[] weights,
    int[] firstChoices,
    int[] load,
    int[] placed,
    int[] taken,
    int[] order,
    int[] spare,
    long[] keys) {
  /**
   * The state that the routing of every group of a call shares.
   *
   * @param options the options of the route, except the capacity, which may not be known yet
   * @param kind whether the scores are logits or gates
   * @param checked whether unusable scores are errors; otherwise NaN spreads
   * @param tokens S
   * @param experts E
   */
  public record Setup(
      RouteOptions options, RouteInput.Kind kind, boolean checked, int tokens, int experts) {

    /** The largest number of experts of a token: k if tokens choose, E if experts choose. */
    public int slots() {
      return switch (options.router()) {
        case RouteOptions.Router.TokenChoice(int choices) -> choices;
        case RouteOptions.Router.ExpertChoice _ -> experts;
      };
    }

    public boolean expertsChoose() {
      return options.router() instanceof RouteOptions.Router.ExpertChoice;
    }

    /**
     * Tokens of a block of gates: all if experts choose, otherwise as many as fit in the
     * first-level cache.
     */
    public int blockTokens() {
      return expertsChoose() ? tokens : Math.clamp(BLOCK / experts, 1, Math.max(1, tokens));
    }

    /** Length of the order in which slots are given out. */
    int orderLength() {
      return options.slotOrder() == RouteOptions.SlotOrder.GATE ? tokens * slots() : tokens;
    }

    /** Length of the keys. */
    int keys() {
      return expertsChoose() ? 0 : experts;
    }

    /**
     * Whether experts are chosen by logits instead of gates: sigmoids of different large logits are
     * all 1.
     */
    boolean choosesByLogits() {
      return kind == RouteInput.Kind.LOGITS
          && options.gateFunction() == RouteOptions.GateFunction.SIGMOID;
    }
  }

  /** Marks padding. */
  static final int PADDING = 0;

  /** Marks a real token. */
  static final int REAL = 1;

  /**
   * Marks a real token that cannot be routed by its scores: one is NaN or infinite, or all are
   * masked.
   */
  static final int UNUSABLE = 2;

  /** A choice to be sent to its expert. */
  static final int ACCEPTED = 1;

  /** A choice that would be sent if its expert were not full. */
  static final int FULL = 2;

  /** Gates of a block: 16 KiB. */
  private static final int BLOCK = 2048;

  private static final int DOUBLES = 5;
  private static final int INTS = 10;
  private static final int LONGS = 1;

  /** A route in the arrays of a scratch. The arrays hold old contents. */
  public static GroupRoute in(Scratch scratch, Setup setup) {
    int tokens = setup.tokens();
    int experts = setup.experts();
    int choices = tokens * setup.slots();
    double[] gates = scratch.doubles(0, setup.blockTokens() * experts);
    return new GroupRoute(
        setup,
        scratch.ints(0, tokens),
        gates,
        scratch.doubles(1, experts),
        scratch.doubles(2, tokens),
        scratch.ints(1, choices),
        // If experts choose, the gate of slot e is the gate of expert e.
        setup.expertsChoose() ? gates : scratch.doubles(3, choices),
        scratch.ints(2, choices),
        scratch.ints(3, choices),
        scratch.doubles(4, choices),
        scratch.ints(4, experts),
        scratch.ints(5, experts),
        scratch.ints(6, experts),
        scratch.ints(7, experts),
        scratch.ints(8, setup.orderLength()),
        scratch.ints(9, setup.orderLength()),
        scratch.longs(0, setup.keys()));
  }

  /** The index of the first f64 array of a scratch that routes do not use. */
  public static int freeDoubles() {
    return DOUBLES;
  }

  /** Bytes of all arrays. */
  public static long bytes(Setup setup) {
    long tokens = setup.tokens();
    long choices = tokens * setup.slots();
    long gates = (long) setup.blockTokens() * setup.experts();
    long doubles = gates + setup.experts() + tokens + (setup.expertsChoose() ? 1 : 2) * choices;
    long ints = tokens + 2L * setup.orderLength() + 3 * choices + 4L * setup.experts();
    return Double.BYTES * doubles
        + Integer.BYTES * ints
        + (long) Long.BYTES * setup.keys()
        + 16L * (DOUBLES + INTS + LONGS);
  }

  public int tokens() {
    return setup.tokens();
  }

  public int slots() {
    return setup.slots();
  }

  public boolean isReal(int token) {
    return kinds[token] != PADDING;
  }

  /** The gate of a choice; 0 if there is no choice. */
  public double chosenGate(int at) {
    return experts[at] < 0 ? 0 : chosen[at];
  }

  /**
   * Whether a token may have the expert with this gate. A gate of 0 means a masked expert. A NaN is
   * allowed, so that the result shows it.
   */
  public static boolean isOpen(double gate) {
    return !(gate <= 0);
  }

  public boolean isAccepted(int at) {
    return states[at] != 0;
  }

  /** Whether a choice uses up a slot: it is accepted, or was rejected and keeps its slot. */
  public boolean asksForSlot(int at) {
    return experts[at] >= 0 && (isAccepted(at) || setup.options().rejectedKeepsSlot());
  }

  public int realCount() {
    return tokens() - count(PADDING);
  }

  /** Real tokens that cannot be routed. */
  public int unusableCount() {
    return count(UNUSABLE);
  }

  private int count(int kind) {
    int count = 0;
    for (int token = 0; token < tokens(); token++) {
      count += kinds[token] == kind ? 1 : 0;
    }
    return count;
  }

  /** The number of tokens by which a mean divides. */
  public double divisor(MaskedMean mean) {
    return switch (mean) {
      case OVER_GROUP, UNMASKED -> tokens();
      case OVER_REAL -> realCount();
    };
  }

  public double squaredLogZ() {
    double sum = 0;
    for (int token = 0; token < tokens(); token++) {
      sum += logZ[token] * logZ[token];
    }
    return sum;
  }

  public int largestLoad() {
    int largest = 0;
    for (int expert = 0; expert < setup.experts(); expert++) {
      largest = Math.max(largest, load[expert]);
    }
    return largest;
  }

  /** The number of choices that found their expert full. */
  public long overflow() {
    long full = 0;
    for (int at = 0; at < tokens() * slots(); at++) {
      full += states[at] == FULL ? 1 : 0;
    }
    return full;
  }
}
