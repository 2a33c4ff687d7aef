package io.github.shardsum.moe;

import io.github.shardsum.program.Nested.Composite;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a gating composite's attributes say: the options of a router whose tokens choose and whose
 * capacity is known, the number of slots, and where its random numbers come from.
 *
 * @param options the options; the capacity is fixed
 * @param capacity C
 * @param seed the key of the random numbers
 * @param stream tells layers and steps apart
 */
record GatingForm(GatingOptions options, int capacity, long seed, long stream) {
  static GatingForm of(GatingOptions options, Randomness.Seeded randomness, long s, long e) {
    if (!(options.router() instanceof Router.TokenChoice(int choices))) {
      throw unsupported("router", "tokens that choose", options.router());
    }
    if (options.secondChoice() instanceof SecondChoice.Sample) {
      throw unsupported("second choice", "all, none, threshold or random", "sample");
    }
    if (options.slotOrder() == SlotOrder.BATCH_PRIORITIZED) {
      throw unsupported("slot order", "choice-major or token-major", options.slotOrder());
    }
    if (randomness.firstToken() != 0) {
      throw unsupported("randomness", "token 0 first: a program is of all tokens", randomness);
    }
    long slots =
        switch (options.capacity()) {
          case Capacity.Fixed(int fixed) -> fixed;
          case Capacity.Factor factor -> factor.slots(choices, s, e);
          case Capacity.LargestLoad load ->
              throw unsupported("capacity", "one known beforehand", load);
        };
    int capacity = Math.toIntExact(slots);
    GatingOptions fixed = options.toBuilder().capacity(Capacity.fixed(capacity)).build();
    return new GatingForm(fixed, capacity, randomness.seed(), randomness.stream());
  }

  private static IllegalArgumentException unsupported(String what, String wanted, Object given) {
    return new IllegalArgumentException(
        "moe.gating: "
            + what
            + ": "
            + wanted
            + " is wanted in a program, got "
            + given
            + "; use MoeLayer");
  }

  int choices() {
    return options.router().choices();
  }

  Map<String, String> attributes() {
    Map<String, String> all = new TreeMap<>();
    all.put("choices", Integer.toString(choices()));
    all.put("capacity", Integer.toString(capacity));
    all.put(
        "second",
        switch (options.secondChoice()) {
          case SecondChoice.All _ -> "all";
          case SecondChoice.None _ -> "none";
          case SecondChoice.Threshold(double threshold) -> "threshold " + threshold;
          case SecondChoice.Random(double threshold) -> "random " + threshold;
          case SecondChoice.Sample _ -> throw new IllegalStateException("refused above");
        });
    all.put("normalization", options.normalization().name());
    all.put("epsilon", Double.toString(options.normalizationEpsilon()));
    all.put("rejected_keeps_slot", Boolean.toString(options.rejectedKeepsSlot()));
    all.put("slot_order", options.slotOrder().name());
    all.put("aux_scale", options.auxLoss().scale().name());
    all.put("aux_choices", options.auxLoss().choices().name());
    all.put("seed", Long.toString(seed));
    all.put("stream", Long.toString(stream));
    return all;
  }

  /** The inverse of {@link #attributes}. */
  static GatingForm of(Composite composite) {
    String second = attribute(composite, "second");
    int space = second.indexOf(' ');
    double threshold = space < 0 ? 1 : Double.parseDouble(second.substring(space + 1));
    SecondChoice choice =
        switch (space < 0 ? second : second.substring(0, space)) {
          case "all" -> SecondChoice.all();
          case "none" -> SecondChoice.none();
          case "threshold" -> SecondChoice.threshold(threshold);
          case "random" -> SecondChoice.random(threshold);
          default -> throw new IllegalArgumentException("moe.gating: second: got " + second);
        };
    int capacity = Integer.parseInt(attribute(composite, "capacity"));
    AuxLoss loss =
        new AuxLoss(
            AuxLoss.Scale.valueOf(attribute(composite, "aux_scale")),
            AuxLoss.Choices.valueOf(attribute(composite, "aux_choices")),
            MaskedMean.OVER_GROUP);
    GatingOptions options =
        GatingOptions.builder()
            .router(Router.topK(Integer.parseInt(attribute(composite, "choices"))))
            .secondChoice(choice)
            .normalization(Normalization.valueOf(attribute(composite, "normalization")))
            .normalizationEpsilon(Double.parseDouble(attribute(composite, "epsilon")))
            .rejectedKeepsSlot(Boolean.parseBoolean(attribute(composite, "rejected_keeps_slot")))
            .slotOrder(SlotOrder.valueOf(attribute(composite, "slot_order")))
            .auxLoss(loss)
            .capacity(Capacity.fixed(capacity))
            .build();
    return new GatingForm(
        options,
        capacity,
        Long.parseLong(attribute(composite, "seed")),
        Long.parseLong(attribute(composite, "stream")));
  }

  private static String attribute(Composite composite, String key) {
    String value = composite.attributes().get(key);
    if (value == null) {
      throw new IllegalArgumentException("moe.gating: attribute " + key + " is wanted");
    }
    return value;
  }
}
