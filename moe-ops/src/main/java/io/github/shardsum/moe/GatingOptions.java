package io.github.shardsum.moe;

import java.util.Objects;
import java.util.Optional;

/**
 * How tokens are sent to experts; an immutable value. The defaults are those of the GShard paper
 * (arXiv 2006.16668, algorithm 1); each option names who differs.
 *
 * @param router who chooses whom
 * @param secondChoice whether a token goes to its second expert too; matters to top-2 only
 * @param normalization when a token's gates are divided by their sum
 * @param normalizationEpsilon added to that sum; 0 in the paper, 1e-9 in lingvo and Mesh TensorFlow
 * @param rejectedKeepsSlot whether a second choice that {@code secondChoice} rejected uses up a
 *     slot all the same: so in the paper, not in lingvo, Praxis, Mesh TensorFlow and fairseq
 * @param slotOrder in which order choices are given slots
 * @param auxLoss the load-balancing loss
 * @param zLoss how padding enters the router z-loss, the mean of the squared logsumexp of the
 *     logits
 * @param capacity how many slots an expert has in a group
 */
public record GatingOptions(
    Router router,
    SecondChoice secondChoice,
    Normalization normalization,
    double normalizationEpsilon,
    boolean rejectedKeepsSlot,
    SlotOrder slotOrder,
    AuxLoss auxLoss,
    MaskedMean zLoss,
    Capacity capacity) {
  /** Checks that the options go together. */
  public GatingOptions {
    Objects.requireNonNull(router, "router");
    Objects.requireNonNull(secondChoice, "secondChoice");
    Objects.requireNonNull(normalization, "normalization");
    Objects.requireNonNull(slotOrder, "slotOrder");
    Objects.requireNonNull(auxLoss, "auxLoss");
    Objects.requireNonNull(zLoss, "zLoss");
    Objects.requireNonNull(capacity, "capacity");
    if (!(normalizationEpsilon >= 0) || Double.isInfinite(normalizationEpsilon)) {
      throw new IllegalArgumentException(
          "normalization epsilon: a finite number of at least 0 is wanted, got "
              + normalizationEpsilon);
    }
    switch (router) {
      case Router.TokenChoice(int choices) -> checkSecondChoice(choices, secondChoice);
      case Router.ExpertChoice _ -> checkExpertChoice(normalization, capacity);
    }
  }

  private static void checkSecondChoice(int choices, SecondChoice secondChoice) {
    if (choices != 2 && !(secondChoice instanceof SecondChoice.All)) {
      throw new IllegalArgumentException(
          "second choice: "
              + secondChoice
              + " wants the top-2 router, got top-"
              + choices
              + "; leave it out or set SecondChoice.all()");
    }
  }

  private static void checkExpertChoice(Normalization normalization, Capacity capacity) {
    if (normalization == Normalization.BEFORE_DROPPING) {
      throw new IllegalArgumentException(
          "normalization: expert choice drops nothing that a token has chosen, so NONE or"
              + " AFTER_DROPPING is wanted, got BEFORE_DROPPING");
    }
    if (capacity instanceof Capacity.LargestLoad) {
      throw new IllegalArgumentException(
          "capacity: expert choice fills whatever capacity it is given, so Capacity.factor or"
              + " Capacity.fixed is wanted, got the largest load");
    }
  }

  /**
   * The paper's options: top-2, the second with probability {@code min(1, 2*g2)}, normalised before
   * dropping, a rejected choice keeps its slot, choice-major, capacity {@code 2*S/E}.
   *
   * @return the options
   */
  public static GatingOptions paper() {
    return builder().build();
  }

  /**
   * Switch Transformer's (Fedus et al., 2021): top-1 with the gate itself as weight, E^2 times the
   * mean as loss, capacity {@code S/E*factor} rounded down.
   *
   * @param capacityFactor the factor, 1.25 in that paper's training
   * @return the options
   */
  public static GatingOptions switchTransformer(double capacityFactor) {
    return builder()
        .router(Router.top1())
        .auxLoss(AuxLoss.squaredExperts())
        .capacity(Capacity.factor(capacityFactor).rounding(Capacity.Rounding.FLOOR))
        .build();
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
   * Collects options; not thread-safe. What is not set is the paper's, as far as the router allows.
   */
  public static final class Builder {
    private static final double PAPER_THRESHOLD = 0.5;

    private Router router = Router.top2();
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
     * Sets who chooses whom; top-2 if not set.
     *
     * @param value the router
     * @return this
     */
    public Builder router(Router value) {
      router = value;
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
     * Sets what is added to the sum that gates are divided by; 0 if not set.
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
     * Sets the order in which slots are given out; choice-major if not set.
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
    public GatingOptions build() {
      boolean top2 = router instanceof Router.TokenChoice(int choices) && choices == 2;
      boolean several = router instanceof Router.TokenChoice(int choices) && choices > 1;
      return new GatingOptions(
          router,
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
