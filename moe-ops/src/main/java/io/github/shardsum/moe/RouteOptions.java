package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.internal.moe.route.RouteNotation;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How tokens are sent to experts; an immutable value. The defaults are those of the GShard paper
 * (arXiv 2006.16668, algorithm 1); the options name other implementations that differ.
 *
 * <p>Options have a notation of words, which {@link #toString} prints and {@link #parse} reads: the
 * router, then {@code key=value} in any order. Options that are left out have the paper's values.
 *
 * <pre>
 * top2 second=random:0.5 normalize=before slots=choice capacity=factor:1 aux=mean z=unmasked
 * </pre>
 *
 * <table>
 * <caption>The words</caption>
 * <tr><td>{@code top2}, {@code experts2}</td><td>each token takes two experts; or each expert takes as many tokens as give a token two experts on average</td></tr>
 * <tr><td>{@code gates=}</td><td>{@code softmax} or {@code sigmoid} of the logits</td></tr>
 * <tr><td>{@code limit=}</td><td>{@code c/n}, then {@code ,best}: the experts form n groups, and a token uses the c groups with the highest scores</td></tr>
 * <tr><td>{@code second=}</td><td>{@code all}, {@code none}, {@code threshold:t}, {@code random:t},
 *     {@code sample}; only for {@code top2}</td></tr>
 * <tr><td>{@code rejected=}</td><td>{@code keep} (the slot) or {@code free}</td></tr>
 * <tr><td>{@code normalize=}</td><td>{@code before} or {@code after} dropping, {@code never}</td>
 *     </tr>
 * <tr><td>{@code epsilon=}</td><td>a number</td></tr>
 * <tr><td>{@code slots=}</td><td>{@code choice}, {@code token}, {@code priority},
 *     {@code gate}</td></tr>
 * <tr><td>{@code capacity=}</td><td>{@code fixed:slots}, {@code load}, {@code factor:f}, then
 *     {@code ,floor} or {@code ,ceil-each}, {@code ,min:slots}, {@code ,multiple:slots}</td></tr>
 * <tr><td>{@code aux=}</td><td>{@code mean} or {@code squared}, then {@code ,all} or {@code
 *     ,all-over-k}, {@code ,real} or {@code ,unmasked}</td></tr>
 * <tr><td>{@code z=}</td><td>{@code group}, {@code real}, {@code unmasked}</td></tr>
 * </table>
 */
public final class RouteOptions {
  private final Router router;
  private final GateFunction gateFunction;
  private final Optional<GroupLimit> groupLimit;
  private final SecondChoice secondChoice;
  private final Normalization normalization;
  private final double normalizationEpsilon;
  private final boolean rejectedKeepsSlot;
  private final SlotOrder slotOrder;
  private final AuxLoss auxLoss;
  private final MaskedMean zLoss;
  private final Capacity capacity;

  private RouteOptions(
      Router router,
      GateFunction gateFunction,
      Optional<GroupLimit> groupLimit,
      SecondChoice secondChoice,
      Normalization normalization,
      double normalizationEpsilon,
      boolean rejectedKeepsSlot,
      SlotOrder slotOrder,
      AuxLoss auxLoss,
      MaskedMean zLoss,
      Capacity capacity) {
    Objects.requireNonNull(router, "router");
    Objects.requireNonNull(gateFunction, "gateFunction");
    Objects.requireNonNull(groupLimit, "groupLimit");
    Objects.requireNonNull(secondChoice, "secondChoice");
    Objects.requireNonNull(normalization, "normalization");
    Objects.requireNonNull(slotOrder, "slotOrder");
    Objects.requireNonNull(auxLoss, "auxLoss");
    Objects.requireNonNull(zLoss, "zLoss");
    Objects.requireNonNull(capacity, "capacity");
    if (!(normalizationEpsilon >= 0) || Double.isInfinite(normalizationEpsilon)) {
      throw new IllegalArgumentException(
          "route: epsilon must be finite and at least 0, got " + normalizationEpsilon);
    }
    switch (router) {
      case Router.TokenChoice(int choices) -> checkSecondChoice(choices, secondChoice);
      case Router.ExpertChoice _ -> {
        checkExpertChoice(normalization, capacity);
        if (groupLimit.isPresent()) {
          throw new IllegalArgumentException(
              "route: limit must be absent where experts choose, got "
                  + RouteNotation.print(groupLimit.get()));
        }
      }
    }
    this.router = router;
    this.gateFunction = gateFunction;
    this.groupLimit = groupLimit;
    this.secondChoice = secondChoice;
    this.normalization = normalization;
    this.normalizationEpsilon = normalizationEpsilon;
    this.rejectedKeepsSlot = rejectedKeepsSlot;
    this.slotOrder = slotOrder;
    this.auxLoss = auxLoss;
    this.zLoss = zLoss;
    this.capacity = capacity;
  }

  private static void checkSecondChoice(int choices, SecondChoice secondChoice) {
    if (choices != 2 && !(secondChoice instanceof SecondChoice.All)) {
      throw new IllegalArgumentException(
          "route: the router must be top2 for second="
              + RouteNotation.print(secondChoice)
              + ", got top"
              + choices
              + "; leave the second choice out or set it to all");
    }
  }

  private static void checkExpertChoice(Normalization normalization, Capacity capacity) {
    if (normalization == Normalization.BEFORE_DROPPING) {
      throw new IllegalArgumentException(
          "route: normalize must be never or after where experts choose, since no choice of a token"
              + " is dropped, got before");
    }
    if (capacity instanceof Capacity.LargestLoad) {
      throw new IllegalArgumentException(
          "route: capacity must be a factor or fixed where experts choose, since they fill any, got"
              + " load, the largest load");
    }
  }

  /**
   * The paper's options: top-2, the second choice with probability {@code min(1, 2*g2)}, gates
   * normalised before dropping, rejected choices that keep their slots, choice-major order,
   * capacity {@code 2*S/E}.
   *
   * @return the options
   */
  public static RouteOptions paper() {
    return builder().build();
  }

  /**
   * The options of Switch Transformer (Fedus et al., 2021): top-1 with the gate itself as weight,
   * E^2 times the mean as loss, capacity {@code S/E*factor} rounded down.
   *
   * @param capacityFactor the factor, 1.25 in the training of the Switch Transformer paper
   * @return the options
   */
  public static RouteOptions switchTransformer(double capacityFactor) {
    return builder()
        .router(Router.top1())
        .auxLoss(AuxLoss.squaredExperts())
        .capacity(Capacity.factor(capacityFactor).rounding(Capacity.Rounding.FLOOR))
        .build();
  }

  /**
   * The options of a notation: the inverse of {@link #toString}.
   *
   * @param notation words with blanks between them, such as {@code "top2 second=all capacity=load"}
   * @return the options
   * @throws IllegalArgumentException if a word is unknown, given twice or out of range, or the
   *     options contradict each other; the message shows the word
   */
  public static RouteOptions parse(String notation) {
    return RouteNotation.parse(notation);
  }

  /**
   * The notation.
   *
   * @return one line, from which {@link #parse} makes equal options
   */
  @Override
  public String toString() {
    return RouteNotation.print(this);
  }

  /**
   * A builder that starts from the paper's options.
   *
   * @return a fresh builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A builder that starts from these options.
   *
   * @return a fresh builder
   */
  public Builder toBuilder() {
    return new Builder()
        .router(router)
        .gateFunction(gateFunction)
        .groupLimit(groupLimit)
        .secondChoice(secondChoice)
        .normalization(normalization)
        .normalizationEpsilon(normalizationEpsilon)
        .rejectedKeepsSlot(rejectedKeepsSlot)
        .slotOrder(slotOrder)
        .auxLoss(auxLoss)
        .zLoss(zLoss)
        .capacity(capacity);
  }

  /**
   * The side that chooses: each token chooses its experts (Switch Transformer's top-1, GShard's
   * top-2, top-k), or each expert chooses its tokens (Zhou et al., "Mixture-of-Experts with Expert
   * Choice Routing", 2022).
   */
  public sealed interface Router {
    /**
     * The average number of experts of a token before any choice is dropped: the k in a capacity of
     * {@code k*S/E}.
     *
     * @return at least 1
     */
    int choices();

    /**
     * Each token takes the experts with its highest gates; ties go to the lowest expert index.
     *
     * @param choices the number of experts that a token chooses, at least 1 and at most E
     */
    record TokenChoice(int choices) implements Router {
      /** Checks the number of choices. */
      public TokenChoice {
        ArgumentChecks.atLeast("router: choices", 1, choices);
      }
    }

    /**
     * Each expert takes the tokens with its highest gates, up to its capacity; ties go to the
     * lowest token index. A token may have any number of experts. The load is even by construction,
     * so the auxiliary loss is 0.
     *
     * @param choices the average number of experts of a token, at least 1
     */
    record ExpertChoice(int choices) implements Router {
      /** Checks the number of choices. */
      public ExpertChoice {
        ArgumentChecks.atLeast("router: choices", 1, choices);
      }
    }

    /**
     * One expert for each token.
     *
     * @return the router
     */
    static Router top1() {
      return new TokenChoice(1);
    }

    /**
     * Two experts for each token, as in the paper.
     *
     * @return the router
     */
    static Router top2() {
      return new TokenChoice(2);
    }

    /**
     * k experts for each token.
     *
     * @param choices the number k
     * @return the router
     */
    static Router topK(int choices) {
      return new TokenChoice(choices);
    }

    /**
     * Each expert takes as many tokens as give a token two experts on average.
     *
     * @return the router
     */
    static Router expertChoice() {
      return new ExpertChoice(2);
    }
  }

  /** The function from logits to gates. */
  public enum GateFunction {
    /** Exponentials divided by their sum, so the gates of a token add up to 1. */
    SOFTMAX,
    /**
     * {@code 1/(1 + e^-x)} of each logit separately (DeepSeek-V3). Without a bias, choices follow
     * the logits; these differ even if all gates are 1 (for logits from 36.8 on). A logit below
     * -745 has a gate of 0, and the token may not have this expert. The auxiliary loss uses the
     * mean of each gate's share in the sum of its token's gates, over all experts.
     */
    SIGMOID
  }

  /**
   * A limit to groups of experts, for example those of one node. A token chooses only from the
   * groups with the highest scores (DeepSeek-V2 and V3); ties go to the lowest group. Recorded
   * choices are not limited again.
   *
   * @param chosen the number of groups that a token uses, at least 1 and at most all
   * @param groups number of groups, at most 64; each has the same number of consecutive experts
   * @param score the score by which groups are chosen
   */
  public record GroupLimit(int chosen, int groups, Score score) {
    private static final int MOST = Long.SIZE;

    /** Checks the numbers. */
    public GroupLimit {
      Objects.requireNonNull(score, "score");
      ArgumentChecks.atLeast("limit: chosen groups", 1, chosen);
      if (groups < chosen || groups > MOST) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "limit: groups must be at least as many as are chosen, %d, and at most %d, got %d",
                chosen,
                MOST,
                groups));
      }
    }

    /** The score of a group of experts for a token. */
    public enum Score {
      /** The sum of the group's two highest gates above 0, with biases added (DeepSeek-V3). */
      TWO_BEST,
      /** The group's highest gate, with the bias added (DeepSeek-V2). */
      BEST
    }
  }

  /**
   * Whether a token is also sent to its second expert. This is decided before any slot is given
   * out. The decision uses the second gate, divided by the sum of both gates if gates are
   * normalised before dropping, otherwise unchanged.
   */
  public sealed interface SecondChoice {
    /** Always. */
    record All() implements SecondChoice {}

    /**
     * Never. The second gate still counts in a normalisation before dropping, as in Mesh
     * TensorFlow, and the choice uses up a slot if {@link RouteOptions#rejectedKeepsSlot} is true.
     */
    record None() implements SecondChoice {}

    /**
     * If the second gate is above a threshold.
     *
     * @param threshold the threshold t of {@code g2 > t}, in [0, 1]
     */
    record Threshold(double threshold) implements SecondChoice {
      /** Checks the threshold. */
      public Threshold {
        if (!(threshold >= 0 && threshold <= 1)) {
          throw new IllegalArgumentException(
              "second choice: the threshold must be in [0, 1], got " + threshold);
        }
      }
    }

    /**
     * With a probability in proportion to the second gate, which is 1 from the threshold upward.
     *
     * @param threshold the threshold t of {@code u < g2/t}, above 0; the paper's is 0.5, Mesh
     *     TensorFlow's 0.2
     */
    record Random(double threshold) implements SecondChoice {
      /** Checks the threshold. */
      public Random {
        ArgumentChecks.positive("second choice: threshold", threshold);
      }
    }

    /**
     * Always. The second expert is drawn from all experts except the first, in proportion to their
     * gates. One uniform number for each token inverts the running sum of gates; with one number
     * for each token and expert, the Gumbel-max rule is used, see {@link RouteInput#uniform}.
     */
    record Sample() implements SecondChoice {}

    /**
     * Always.
     *
     * @return the policy
     */
    static SecondChoice all() {
      return new All();
    }

    /**
     * Never.
     *
     * @return the policy
     */
    static SecondChoice none() {
      return new None();
    }

    /**
     * If {@code g2 > t}.
     *
     * @param threshold t
     * @return the policy
     */
    static SecondChoice threshold(double threshold) {
      return new Threshold(threshold);
    }

    /**
     * If {@code u < g2/t}, u uniform in [0, 1).
     *
     * @param threshold t
     * @return the policy
     */
    static SecondChoice random(double threshold) {
      return new Random(threshold);
    }

    /**
     * Drawn in proportion to the gates.
     *
     * @return the policy
     */
    static SecondChoice sample() {
      return new Sample();
    }
  }

  /** The stage at which the gates of a token's choices are divided by their sum. */
  public enum Normalization {
    /** Weights are normalized once, before choices are dropped, as in the paper. */
    BEFORE_DROPPING,
    /**
     * Weights are normalized over the choices that found a slot, so that the weights of a token sum
     * to 1 (DeepSpeed).
     */
    AFTER_DROPPING,
    /** Never (Switch Transformer, Flaxformer). */
    NONE
  }

  /** The order in which the choices of a group's tokens get the slots of their experts. */
  public enum SlotOrder {
    /** All first choices in token order, then all second ones, as in the paper. */
    CHOICE_MAJOR,
    /** All choices of a token before the next token (MaxText). */
    TOKEN_MAJOR,
    /**
     * All first choices, then all second ones, each in the order of the tokens' highest gates;
     * equal gates go in token order (batch-prioritised routing of V-MoE; Tutel, Flaxformer,
     * fairseq).
     */
    BATCH_PRIORITIZED,
    /**
     * The choices with the highest gates first, whether first or second choices; equal gates go in
     * the order of tokens, then of choices (Megatron-LM's drop by probability).
     */
    GATE
  }

  /** The treatment of padding in a mean over the tokens of a group. */
  public enum MaskedMean {
    /** Padding adds nothing, but the sum is still divided by the group size S (lingvo). */
    OVER_GROUP,
    /** Padding adds nothing, and the sum is divided by the number of real tokens. */
    OVER_REAL,
    /** Padding counts like real tokens; its scores must be finite (fairseq). */
    UNMASKED
  }

  /**
   * The load-balancing loss of a group, made of the share of choices {@code c[e]/S} and the mean
   * gate {@code m[e]} of each expert.
   *
   * @param scale the factor before the sum over experts of {@code c[e]/S * m[e]}
   * @param choices the choices that are counted, before truncation by the capacity
   * @param mean the treatment of padding in {@code m} and in the divisor S; padding is never in the
   *     counts
   */
  public record AuxLoss(Scale scale, Choices choices, MaskedMean mean) {
    /** Checks that nothing is null. */
    public AuxLoss {
      Objects.requireNonNull(scale, "scale");
      Objects.requireNonNull(choices, "choices");
      Objects.requireNonNull(mean, "mean");
    }

    /** The factor before the sum over experts. */
    public enum Scale {
      /** {@code 1/E}: the mean over experts, as in the paper. */
      MEAN,
      /**
       * {@code E}: E^2 times the mean, 1 for an even load of one choice (Switch and most others).
       */
      SQUARED_EXPERTS
    }

    /** The choices that are counted. */
    public enum Choices {
      /** First choices, as in the paper. */
      FIRST,
      /**
       * All choices of the expert. An even load of k choices for each token gives k (MaxText,
       * Flaxformer).
       */
      ALL,
      /** All choices of the expert, divided by k (DeepSpeed's top-k). */
      ALL_OVER_K
    }

    /**
     * The paper's loss: {@code (1/E) * sum over e of c[e]/S * m[e]} over first choices.
     *
     * @return the loss
     */
    public static AuxLoss paper() {
      return new AuxLoss(Scale.MEAN, Choices.FIRST, MaskedMean.OVER_GROUP);
    }

    /**
     * E^2 times the mean over experts, over first choices.
     *
     * @return the loss
     */
    public static AuxLoss squaredExperts() {
      return new AuxLoss(Scale.SQUARED_EXPERTS, Choices.FIRST, MaskedMean.OVER_GROUP);
    }

    /**
     * This loss over other choices.
     *
     * @param counted the choices that are counted
     * @return the loss
     */
    public AuxLoss over(Choices counted) {
      return new AuxLoss(scale, counted, mean);
    }

    /**
     * This loss with another treatment of padding.
     *
     * @param masked the treatment of padding
     * @return the loss
     */
    public AuxLoss mean(MaskedMean masked) {
      return new AuxLoss(scale, choices, masked);
    }
  }

  /**
   * Collects options; not thread-safe. Options that are not set have the paper's values, as far as
   * the router allows.
   */
  public static final class Builder {
    private static final double PAPER_THRESHOLD = 0.5;

    private Router router = Router.top2();
    private GateFunction gateFunction = GateFunction.SOFTMAX;
    private Optional<GroupLimit> groupLimit = Optional.empty();
    private Optional<SecondChoice> secondChoice = Optional.empty();
    private Optional<Normalization> normalization = Optional.empty();
    private double normalizationEpsilon;
    private boolean rejectedKeepsSlot = true;
    private SlotOrder slotOrder = SlotOrder.CHOICE_MAJOR;
    private AuxLoss auxLoss = AuxLoss.paper();
    private MaskedMean zLoss = MaskedMean.UNMASKED;
    private Capacity capacity = Capacity.factor(1);

    private Builder() {}

    /**
     * Sets whether tokens or experts choose, and how many; top-2 if not set.
     *
     * @param value the router
     * @return this
     */
    public Builder router(Router value) {
      router = value;
      return this;
    }

    /**
     * Sets the function from logits to gates; softmax if not set.
     *
     * @param value the function
     * @return this
     */
    public Builder gateFunction(GateFunction value) {
      gateFunction = value;
      return this;
    }

    /**
     * Sets a limit to the groups of experts that a token may use; none if not set.
     *
     * @param value the limit
     * @return this
     */
    public Builder groupLimit(Optional<GroupLimit> value) {
      groupLimit = value;
      return this;
    }

    /**
     * Sets when a token goes to its second expert. The default is at random with threshold 0.5 for
     * top-2, and always otherwise.
     *
     * @param value the policy
     * @return this
     */
    public Builder secondChoice(SecondChoice value) {
      secondChoice = Optional.of(Objects.requireNonNull(value, "secondChoice"));
      return this;
    }

    /**
     * Sets when gates are normalised. The default is before dropping. For top-1, whose weight would
     * be 1 without a gradient, and if experts choose, the default is never.
     *
     * @param value the stage
     * @return this
     */
    public Builder normalization(Normalization value) {
      normalization = Optional.of(Objects.requireNonNull(value, "normalization"));
      return this;
    }

    /**
     * Sets the number that is added to the sum by which gates are divided; 0 if not set.
     *
     * @param value at least 0
     * @return this
     */
    public Builder normalizationEpsilon(double value) {
      normalizationEpsilon = value;
      return this;
    }

    /**
     * Sets whether a rejected second choice uses up a slot; true if not set.
     *
     * @param value whether a rejected choice uses up a slot
     * @return this
     */
    public Builder rejectedKeepsSlot(boolean value) {
      rejectedKeepsSlot = value;
      return this;
    }

    /**
     * Sets the order in which choices get slots; choice-major if not set.
     *
     * @param value the order
     * @return this
     */
    public Builder slotOrder(SlotOrder value) {
      slotOrder = value;
      return this;
    }

    /**
     * Sets the load-balancing loss; the paper's if not set.
     *
     * @param value the loss
     * @return this
     */
    public Builder auxLoss(AuxLoss value) {
      auxLoss = value;
      return this;
    }

    /**
     * Sets the treatment of padding in the z-loss. By default padding counts like real tokens.
     *
     * @param value the treatment
     * @return this
     */
    public Builder zLoss(MaskedMean value) {
      zLoss = value;
      return this;
    }

    /**
     * Sets the number of slots of an expert in a group; {@code k*S/E} rounded up if not set.
     *
     * @param value the capacity
     * @return this
     */
    public Builder capacity(Capacity value) {
      capacity = value;
      return this;
    }

    /**
     * The options.
     *
     * @return an immutable value
     * @throws IllegalArgumentException if the options contradict each other
     */
    public RouteOptions build() {
      boolean top2 = router instanceof Router.TokenChoice(int choices) && choices == 2;
      boolean several = router instanceof Router.TokenChoice(int choices) && choices > 1;
      return new RouteOptions(
          router,
          gateFunction,
          groupLimit,
          secondChoice.orElseGet(
              () -> top2 ? SecondChoice.random(PAPER_THRESHOLD) : SecondChoice.all()),
          normalization.orElse(several ? Normalization.BEFORE_DROPPING : Normalization.NONE),
          normalizationEpsilon,
          rejectedKeepsSlot,
          slotOrder,
          auxLoss,
          zLoss,
          capacity);
    }
  }

  /** {@return whether tokens or experts choose, and how many} */
  public Router router() {
    return router;
  }

  /** {@return the function from logits to gates; affects logits only} */
  public GateFunction gateFunction() {
    return gateFunction;
  }

  /** {@return a limit to the groups of experts that a token may use; none if absent} */
  public Optional<GroupLimit> groupLimit() {
    return groupLimit;
  }

  /** {@return whether a token also goes to its second expert; used only by top-2} */
  public SecondChoice secondChoice() {
    return secondChoice;
  }

  /** {@return when a token's gates are divided by their sum} */
  public Normalization normalization() {
    return normalization;
  }

  /**
   * {@return the number that is added to this sum; 0 in the paper, 1e-9 in lingvo and Mesh
   * TensorFlow}
   */
  public double normalizationEpsilon() {
    return normalizationEpsilon;
  }

  /**
   * {@return whether a second choice that {@code secondChoice} rejects still uses up a slot, as in
   * the paper; not so in lingvo, Praxis, Mesh TensorFlow and fairseq}
   */
  public boolean rejectedKeepsSlot() {
    return rejectedKeepsSlot;
  }

  /** {@return the order in which choices get slots} */
  public SlotOrder slotOrder() {
    return slotOrder;
  }

  /** {@return the load-balancing loss} */
  public AuxLoss auxLoss() {
    return auxLoss;
  }

  /**
   * {@return the treatment of padding in the router z-loss, which is the mean of the squared
   * logsumexp of the logits}
   */
  public MaskedMean zLoss() {
    return zLoss;
  }

  /** {@return the number of slots of an expert in a group} */
  public Capacity capacity() {
    return capacity;
  }

  private List<Object> values() {
    return List.of(
        router,
        gateFunction,
        groupLimit,
        secondChoice,
        normalization,
        normalizationEpsilon,
        rejectedKeepsSlot,
        slotOrder,
        auxLoss,
        zLoss,
        capacity);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RouteOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }
}
