package io.github.shardsum.moe;

import io.github.shardsum.moe.MoeProgramSpec.Uniform;
import io.github.shardsum.program.Nested.Composite;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the attributes of a gating composite say: the options, the number of slots, what its
 * operands are, and where its random numbers come from.
 *
 * @param options the options; the capacity is fixed, see {@link Capacity#atMost}
 * @param kind what the scores are
 * @param padded whether the second operand is a padding mask
 * @param uniform where uniform numbers come from
 * @param seed the key of drawn numbers
 * @param stream tells layers and steps apart
 */
record GatingForm(
    GatingOptions options,
    GatingInput.Kind kind,
    boolean padded,
    Uniform uniform,
    long seed,
    long stream) {
  static GatingForm of(GatingValues values, GatingOptions options, Randomness.Seeded randomness) {
    if (randomness.firstToken() != 0) {
      throw new IllegalArgumentException(
          "moe.gating: token 0 first is wanted of a program, which is of all tokens, got "
              + randomness);
    }
    long experts = values.size("E");
    int choices = options.router().choices();
    if (options.router() instanceof Router.TokenChoice && choices > experts) {
      throw new IllegalArgumentException(
          "moe.gating: at least as many experts as a token chooses are wanted, got "
              + experts
              + " for top-"
              + choices);
    }
    long capacity = options.capacity().atMost(choices, values.size("S"), experts);
    Checks.arrayLength("moe.gating: slots of a group, [E, C]", experts, capacity);
    GatingOptions fixed =
        options.toBuilder().capacity(Capacity.fixed(Math.toIntExact(capacity))).build();
    return new GatingForm(
        fixed,
        values.kind(),
        values.nonPadding().isPresent(),
        values.uniform().map(u -> uniform(u.type().rank(), options)).orElse(Uniform.DRAWN),
        randomness.seed(),
        randomness.stream());
  }

  private static Uniform uniform(int rank, GatingOptions options) {
    if (rank == 2) {
      return Uniform.PER_TOKEN;
    }
    if (!(options.secondChoice() instanceof SecondChoice.Sample)) {
      throw new IllegalArgumentException(
          "moe.gating: uniform numbers: labels G, S are wanted unless second choices are sampled,"
              + " got one a token and expert for "
              + options.secondChoice());
    }
    return Uniform.PER_EXPERT;
  }

  int capacity() {
    return ((Capacity.Fixed) options.capacity()).slots();
  }

  RouterSetup setup(long tokens, long experts) {
    return new RouterSetup(options, kind, false, Math.toIntExact(tokens), Math.toIntExact(experts));
  }

  /** Drawn numbers are numbered from the first token, so that a chunk needs to know where it is. */
  List<String> splittable() {
    boolean draws =
        options.secondChoice() instanceof SecondChoice.Random
            || options.secondChoice() instanceof SecondChoice.Sample;
    return draws && uniform == Uniform.DRAWN ? List.of() : List.of("G");
  }

  Map<String, String> attributes() {
    Map<String, String> all = new TreeMap<>();
    all.put("router", router());
    all.put("scores", kind.name());
    all.put("padded", Boolean.toString(padded));
    all.put("uniform", uniform.name());
    all.put("capacity", Integer.toString(capacity()));
    all.put("second", second());
    all.put("normalization", options.normalization().name());
    all.put("epsilon", Double.toString(options.normalizationEpsilon()));
    all.put("rejected_keeps_slot", Boolean.toString(options.rejectedKeepsSlot()));
    all.put("slot_order", options.slotOrder().name());
    all.put("aux_scale", options.auxLoss().scale().name());
    all.put("aux_choices", options.auxLoss().choices().name());
    all.put("aux_mean", options.auxLoss().mean().name());
    all.put("z_mean", options.zLoss().name());
    all.put("seed", Long.toString(seed));
    all.put("stream", Long.toString(stream));
    return all;
  }

  private String router() {
    return switch (options.router()) {
      case Router.TokenChoice(int choices) -> "tokens " + choices;
      case Router.ExpertChoice(int choices) -> "experts " + choices;
    };
  }

  private String second() {
    return switch (options.secondChoice()) {
      case SecondChoice.All _ -> "all";
      case SecondChoice.None _ -> "none";
      case SecondChoice.Threshold(double threshold) -> "threshold " + threshold;
      case SecondChoice.Random(double threshold) -> "random " + threshold;
      case SecondChoice.Sample _ -> "sample";
    };
  }

  /** The inverse of {@link #attributes}. */
  static GatingForm of(Composite composite) {
    AuxLoss loss =
        new AuxLoss(
            AuxLoss.Scale.valueOf(attribute(composite, "aux_scale")),
            AuxLoss.Choices.valueOf(attribute(composite, "aux_choices")),
            MaskedMean.valueOf(attribute(composite, "aux_mean")));
    GatingOptions options =
        GatingOptions.builder()
            .router(router(attribute(composite, "router")))
            .secondChoice(second(attribute(composite, "second")))
            .normalization(Normalization.valueOf(attribute(composite, "normalization")))
            .normalizationEpsilon(Double.parseDouble(attribute(composite, "epsilon")))
            .rejectedKeepsSlot(Boolean.parseBoolean(attribute(composite, "rejected_keeps_slot")))
            .slotOrder(SlotOrder.valueOf(attribute(composite, "slot_order")))
            .auxLoss(loss)
            .zLoss(MaskedMean.valueOf(attribute(composite, "z_mean")))
            .capacity(Capacity.fixed(Integer.parseInt(attribute(composite, "capacity"))))
            .build();
    return new GatingForm(
        options,
        GatingInput.Kind.valueOf(attribute(composite, "scores")),
        Boolean.parseBoolean(attribute(composite, "padded")),
        Uniform.valueOf(attribute(composite, "uniform")),
        Long.parseLong(attribute(composite, "seed")),
        Long.parseLong(attribute(composite, "stream")));
  }

  private static Router router(String text) {
    String[] words = text.split(" ", 2);
    int choices = Integer.parseInt(words[words.length - 1]);
    return switch (words[0]) {
      case "tokens" -> Router.topK(choices);
      case "experts" -> new Router.ExpertChoice(choices);
      default -> throw new IllegalArgumentException("moe.gating: router: got " + text);
    };
  }

  private static SecondChoice second(String text) {
    String[] words = text.split(" ", 2);
    double threshold = words.length > 1 ? Double.parseDouble(words[1]) : 1;
    return switch (words[0]) {
      case "all" -> SecondChoice.all();
      case "none" -> SecondChoice.none();
      case "threshold" -> SecondChoice.threshold(threshold);
      case "random" -> SecondChoice.random(threshold);
      case "sample" -> SecondChoice.sample();
      default -> throw new IllegalArgumentException("moe.gating: second: got " + text);
    };
  }

  private static String attribute(Composite composite, String key) {
    String value = composite.attributes().get(key);
    if (value == null) {
      throw new IllegalArgumentException("moe.gating: attribute " + key + " is wanted");
    }
    return value;
  }
}
