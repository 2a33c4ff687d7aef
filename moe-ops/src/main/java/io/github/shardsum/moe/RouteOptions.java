package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.internal.moe.route.RouteNotation;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How tokens are sent to experts; an immutable value. The defaults are those of the GShard paper
 * (arXiv 2006.16668, algorithm 1); each option names who differs.
 *
 * <p>Options have a notation of words, which {@link #toString} prints and {@link #parse} reads: the
 * router, then {@code key=value} in any order. Options that are left out are the paper's.
 *
 * <pre>
 * top2 second=random:0.5 normalize=before slots=choice capacity=factor:1 aux=mean z=unmasked
 * </pre>
 *
 * <table>
 * <caption>The words</caption>
 * <tr><td>{@code top2}, {@code experts2}</td><td>each token takes two experts; each expert takes
 *     tokens, so many that a token has two experts on average</td></tr>
 * <tr><td>{@code gates=}</td><td>{@code softmax} or {@code sigmoid} of the logits</td></tr>
 * <tr><td>{@code limit=}</td><td>{@code c/n}, then {@code ,best}: the experts are n groups, of which
 *     a token uses the c of the highest scores</td></tr>
 * <tr><td>{@code second=}</td><td>{@code all}, {@code none}, {@code threshold:t}, {@code random:t},
 *     {@code sample}; of {@code top2} only</td></tr>
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
 *
 * @param router whether tokens or experts choose, and how many
 * @param gateFunction the function from logits to gates; affects logits only
 * @param groupLimit a limit to the groups of experts that a token may use; none if absent
 * @param secondChoice whether a token goes to its second expert too; matters to top-2 only
 * @param normalization when a token's gates are divided by their sum
 * @param normalizationEpsilon added to that sum; 0 in the paper, 1e-9 in lingvo and Mesh TensorFlow
 * @param rejectedKeepsSlot whether a second choice that {@code secondChoice} rejected uses up a
 *     slot all the same: so in the paper, not in lingvo, Praxis, Mesh TensorFlow and fairseq
 * @param slotOrder the order in which choices get slots
 * @param auxLoss the load-balancing loss
 * @param zLoss how padding enters the router z-loss, the mean of the squared logsumexp of the
 *     logits
 * @param capacity how many slots an expert has in a group
 */
public record RouteOptions(
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
  /** Checks that the options go together. */
  public RouteOptions {
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
   * The paper's options: top-2, the second with probability {@code min(1, 2*g2)}, normalised before
   * dropping, a rejected choice keeps its slot, choice-major, capacity {@code 2*S/E}.
   *
   * @return the options
   */
  public static RouteOptions paper() {
    return builder().build();
  }

  /**
   * Switch Transformer's (Fedus et al., 2021): top-1 with the gate itself as weight, E^2 times the
   * mean as loss, capacity {@code S/E*factor} rounded down.
   *
   * @param capacityFactor the factor, 1.25 in that paper's training
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
   * @param notation words with blanks between them, as {@code "top2 second=all capacity=load"}
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
   * @return one line; {@link #parse} makes equal options of it
   */
  @Override
  public String toString() {
    return RouteNotation.print(this);
  }

  /**
   * Options to change from the paper's.
   *
   * @return a fresh builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Options to change from these.
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
   * Who chooses: each token its experts (Switch Transformer's top-1, GShard's top-2, top-k), or
   * each expert its tokens (Zhou et al., "Mixture-of-Experts with Expert Choice Routing", 2022).
   */
  public sealed interface Router {
    /**
     * Experts a token has on average before any is dropped: the k in a capacity of {@code k*S/E}.
     *
     * @return at least 1
     */
    int choices();

    /**
     * Each token takes the experts of its highest gates; ties go to the lowest expert index.
     *
     * @param choices experts a token chooses, at least 1 and at most E
     */
    record TokenChoice(int choices) implements Router {
      /** Checks the number of choices. */
      public TokenChoice {
        ArgumentChecks.atLeast("router: choices", 1, choices);
      }
    }

    /**
     * Each expert takes the tokens of its highest gates, up to its capacity; ties go to the lowest
     * token index. A token may have any number of experts, and the load is even by construction, so
     * the auxiliary loss is 0.
     *
     * @param choices experts a token has on average, at least 1
     */
    record ExpertChoice(int choices) implements Router {
      /** Checks the number of choices. */
      public ExpertChoice {
        ArgumentChecks.atLeast("router: choices", 1, choices);
      }
    }

    /**
     * One expert a token.
     *
     * @return the router
     */
    static Router top1() {
      return new TokenChoice(1);
    }

    /**
     * Two experts a token, the paper's.
     *
     * @return the router
     */
    static Router top2() {
      return new TokenChoice(2);
    }

    /**
     * k experts a token.
     *
     * @param choices the number k
     * @return the router
     */
    static Router topK(int choices) {
      return new TokenChoice(choices);
    }

    /**
     * Each expert takes its tokens; their number gives each token two experts on average.
     *
     * @return the router
     */
    static Router expertChoice() {
      return new ExpertChoice(2);
    }
  }

  /** The function from logits to gates. */
  public enum GateFunction {
    /** Powers over their sum: the gates of a token add up to 1. */
    SOFTMAX,
    /**
     * {@code 1/(1 + e^-x)} of each logit by itself (DeepSeek-V3). Without a bias the choices follow
     * the logits, which differ even if all gates have become 1 (from 36.8 on). A logit below -745
     * has a gate of 0, and the token may not have its expert. The auxiliary loss uses the mean of
     * each gate's share in the sum of its token's gates, over all experts.
     */
    SIGMOID
  }

  /**
   * Groups of experts, as those of a node: a token chooses only from the groups of the highest
   * scores (DeepSeek-V2 and V3); ties go to the lowest group. Recorded choices are not limited
   * again.
   *
   * @param chosen groups that a token uses, at least 1 and at most all
   * @param groups number of groups, at most 64; each has the same number of consecutive experts
   * @param score the score that a group is chosen by
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
      /** The sum of its two highest gates above 0, biases added (DeepSeek-V3). */
      TWO_BEST,
      /** Its highest gate, the bias added (DeepSeek-V2). */
      BEST
    }
  }

  /**
   * Whether a token that has found its first expert is sent to its second one too, decided before
   * any slot is given out. The decision uses the second gate as it is then: divided by the sum of
   * both gates if gates are normalised before dropping, otherwise unchanged.
   */
  public sealed interface SecondChoice {
    /** Always. */
    record All() implements SecondChoice {}

    /**
     * Never; the second gate still counts in a normalisation before dropping, as in Mesh
     * TensorFlow, and the choice uses up a slot if {@link RouteOptions#rejectedKeepsSlot} has it.
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
     * With a probability in proportion to the second gate, 1 from the threshold upward.
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
     * Always, and the second expert is not the runner-up but drawn from the gates of all experts
     * but the first, in proportion to them: by inverting their running sum with one uniform number
     * a token, or by the Gumbel-max rule with one a token and expert, see {@link
     * RouteInput#uniform}.
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

  /** When the gates that a token chose are divided by their sum. */
  public enum Normalization {
    /** Weights are normalized once, before choices are dropped, as in the paper. */
    BEFORE_DROPPING,
    /**
     * Weights are normalized over the choices that found a slot, so that those of a token sum to 1
     * (DeepSpeed).
     */
    AFTER_DROPPING,
    /** Never (Switch Transformer, Flaxformer). */
    NONE
  }

  /** The order in which the choices of a group's tokens get the slots of their experts. */
  public enum SlotOrder {
    /** All first choices in token order, then all second ones: the paper's. */
    CHOICE_MAJOR,
    /** All choices of a token before the next token (MaxText). */
    TOKEN_MAJOR,
    /**
     * All first choices, then all second ones, each in order of the tokens' highest gates; equal
     * ones in token order (batch-prioritised routing of V-MoE; Tutel, Flaxformer, fairseq).
     */
    BATCH_PRIORITIZED,
    /**
     * The choices of the highest gates first, whichever choice of their token they are; equal ones
     * in the order of tokens, then of choices (Megatron-LM's drop by probability).
     */
    GATE
  }

  /** The mean over the tokens of a group that has padding. */
  public enum MaskedMean {
    /** Padding adds nothing, and the sum is divided by the group size S all the same (lingvo). */
    OVER_GROUP,
    /** Padding adds nothing, and the sum is divided by the number of real tokens. */
    OVER_REAL,
    /** Padding is averaged in as if it were real; its scores must be finite (fairseq). */
    UNMASKED
  }

  /**
   * The load-balancing loss of a group, made of the share of choices {@code c[e]/S} and the mean
   * gate {@code m[e]} of each expert.
   *
   * @param scale the factor before the sum over experts of {@code c[e]/S * m[e]}
   * @param choices the choices that are counted, before truncation by the capacity
   * @param mean how padding enters {@code m} and the divisor S; it never enters the counts
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
      /** {@code 1/E}: the mean over experts, the paper's. */
      MEAN,
      /**
       * {@code E}: E^2 times the mean, 1 for an even load of one choice (Switch and most others).
       */
      SQUARED_EXPERTS
    }

    /** The choices that are counted. */
    public enum Choices {
      /** First choices, the paper's. */
      FIRST,
      /**
       * All choices of the expert: an even load of k choices a token gives k (MaxText, Flaxformer).
       */
      ALL,
      /** All choices of the expert, divided by k (DeepSpeed's top-k). */
      ALL_OVER_K
    }

    /**
     * The paper's: {@code (1/E) * sum over e of c[e]/S * m[e]} over first choices.
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
     * @param masked how padding enters
     * @return the loss
     */
    public AuxLoss mean(MaskedMean masked) {
      return new AuxLoss(scale, choices, masked);
    }
  }

  /**
   * Collects options; not thread-safe. Options that are not set are the paper's, as far as the
   * router allows.
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
     * Sets when a token goes to its second expert; if not set, at random with threshold 0.5 under
     * top-2 and always otherwise.
     *
     * @param value the policy
     * @return this
     */
    public Builder secondChoice(SecondChoice value) {
      secondChoice = Optional.of(Objects.requireNonNull(value, "secondChoice"));
      return this;
    }

    /**
     * Sets when gates are normalised; if not set, before dropping, but never under top-1 (whose
     * weight would be 1, with no gradient) and under expert choice.
     *
     * @param value when
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
     * @param value whether it does
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
     * Sets how padding enters the z-loss; averaged in if not set.
     *
     * @param value how
     * @return this
     */
    public Builder zLoss(MaskedMean value) {
      zLoss = value;
      return this;
    }

    /**
     * Sets how many slots an expert has in a group; {@code k*S/E} rounded up if not set.
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
}
