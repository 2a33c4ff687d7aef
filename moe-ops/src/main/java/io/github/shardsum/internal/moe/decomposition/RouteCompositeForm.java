package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.internal.moe.route.GroupRoute;
import io.github.shardsum.internal.moe.route.RouteAssembly;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The attribute of a route composite. It contains the options with a fixed number of slots, the
 * kinds of the operands, and the position of the first random number.
 *
 * <pre>
 * top2 second=random:0.5 ... capacity=fixed:84 ...; logits mask seed=1 stream=4 first=0
 * </pre>
 *
 * @param options the options; the capacity is fixed, see {@link Capacity#atMost}
 * @param kind the kind of the scores
 * @param padded whether the second operand is a padding mask
 * @param uniform the source of uniform numbers
 * @param biased whether there is an operand that is added to gates for the choice
 * @param replayed whether there is an operand of recorded choices
 * @param randomness the random numbers that are drawn; token 0 of seed 0 if none are drawn
 */
public record RouteCompositeForm(
    RouteOptions options,
    RouteInput.Kind kind,
    boolean padded,
    Uniform uniform,
    boolean biased,
    boolean replayed,
    Randomness randomness) {
  /** The attribute's name. */
  public static final String ATTRIBUTE = "route";

  private static final String KEYS =
      "logits, gates, mask, uniform, bias, choices, seed, stream and first";

  /**
   * The form of a route in a program.
   *
   * @param input its operands
   * @param randomness its drawn numbers
   * @throws IllegalArgumentException if a token chooses more experts than there are, options do not
   *     fit the operands, a group's slots exceed a Java array, or there are uniform numbers for
   *     each expert although the second choice is not sampled
   */
  public static RouteCompositeForm of(
      RouteInput<Value> input, RouteOptions options, Randomness randomness) {
    long experts = input.experts();
    int choices = options.router().choices();
    RouteAssembly.check(input, options);
    if (input.uniformSource() == Uniform.PER_EXPERT
        && !(options.secondChoice() instanceof SecondChoice.Sample)) {
      throw new IllegalArgumentException(
          "route: uniform numbers must have labels G, S unless second choices are sampled, got one"
              + " a token and expert for "
              + options);
    }
    long capacity = options.capacity().atMost(choices, input.groupSize(), experts);
    ArgumentChecks.arrayLength("route: slots of a group, [E, C]", experts, capacity);
    RouteOptions fixed =
        options.toBuilder().capacity(Capacity.fixed(Math.toIntExact(capacity))).build();
    boolean replayed = input.choices().isPresent();
    boolean draws = draws(options, replayed) && input.uniform().isEmpty();
    return new RouteCompositeForm(
        fixed,
        input.kind(),
        input.nonPadding().isPresent(),
        input.uniformSource(),
        input.bias().isPresent(),
        replayed,
        draws ? randomness : Randomness.seeded(0));
  }

  private static boolean draws(RouteOptions options, boolean replayed) {
    return options.secondChoice() instanceof SecondChoice.Random
        || (options.secondChoice() instanceof SecondChoice.Sample && !replayed);
  }

  /** C, the number of slots of one expert in one group. */
  public int capacity() {
    return ((Capacity.Fixed) options.capacity()).slots();
  }

  /** The number of operands, without the start of a chunk. */
  public int operandCount() {
    return choicesAt() + (replayed ? 1 : 0);
  }

  /** The index of the operand with uniform numbers, if there is one. */
  public int uniformAt() {
    return padded ? 2 : 1;
  }

  /** The index of the operand with the bias, if there is one. */
  public int biasAt() {
    return uniformAt() + (uniform == Uniform.DRAWN ? 0 : 1);
  }

  /** The index of the operand with recorded choices, if there is one. */
  public int choicesAt() {
    return biasAt() + (biased ? 1 : 0);
  }

  /** Sizes and options of a group. */
  public GroupRoute.Setup setup(long tokens, long experts) {
    return new GroupRoute.Setup(
        options, kind, false, Math.toIntExact(tokens), Math.toIntExact(experts));
  }

  /** The composite's attribute. */
  Map<String, String> attributes() {
    StringJoiner words = new StringJoiner(" ");
    words.add(options + ";");
    words.add(
        switch (kind) {
          case LOGITS -> "logits";
          case GATES -> "gates";
        });
    if (padded) {
      words.add("mask");
    }
    if (biased) {
      words.add("bias");
    }
    if (replayed) {
      words.add("choices");
    }
    switch (uniform) {
      case PER_TOKEN -> words.add("uniform=token");
      case PER_EXPERT -> words.add("uniform=expert");
      case DRAWN -> {
        if (draws(options, replayed)) {
          words.add("seed=" + randomness.seed());
          words.add("stream=" + randomness.stream());
          words.add("first=" + randomness.firstToken());
        }
      }
    }
    return Map.of(ATTRIBUTE, words.toString());
  }

  /** The inverse of {@link #attributes}. */
  public static RouteCompositeForm of(Composite composite) {
    String text =
        Optional.ofNullable(composite.attributes().get(ATTRIBUTE))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        composite.name()
                            + " must have the attribute "
                            + ATTRIBUTE
                            + ", got "
                            + composite.attributes().keySet()));
    String[] parts = text.split(";", 2);
    RouteCompositeForm form =
        new RouteCompositeForm(
            RouteOptions.parse(parts[0]),
            RouteInput.Kind.LOGITS,
            false,
            Uniform.DRAWN,
            false,
            false,
            Randomness.seeded(0));
    if (!(form.options.capacity() instanceof Capacity.Fixed)) {
      throw new IllegalArgumentException(
          "route: capacity must be fixed in a composite, got " + form.options);
    }
    for (String word : (parts.length < 2 ? "" : parts[1]).strip().split(" +", -1)) {
      form = form.with(word);
    }
    return form;
  }

  private RouteCompositeForm with(String word) {
    int equals = word.indexOf('=');
    String value = word.substring(equals + 1);
    Randomness r = randomness;
    return switch (equals < 0 ? word : word.substring(0, equals)) {
      case "logits" -> with(RouteInput.Kind.LOGITS, padded, uniform, biased, replayed);
      case "gates" -> with(RouteInput.Kind.GATES, padded, uniform, biased, replayed);
      case "mask" -> with(kind, true, uniform, biased, replayed);
      case "uniform" -> with(kind, padded, source(value), biased, replayed);
      case "bias" -> with(kind, padded, uniform, true, replayed);
      case "choices" -> with(kind, padded, uniform, biased, true);
      case "seed" -> with(new Randomness(number(value), r.stream(), r.firstToken()));
      case "stream" -> with(r.stream(number(value)));
      case "first" -> with(r.from(number(value)));
      default ->
          throw new IllegalArgumentException(
              "route: expected one of " + KEYS + " after the options, got " + word);
    };
  }

  private RouteCompositeForm with(
      RouteInput.Kind of, boolean mask, Uniform numbers, boolean bias, boolean choices) {
    return new RouteCompositeForm(options, of, mask, numbers, bias, choices, randomness);
  }

  private RouteCompositeForm with(Randomness other) {
    return new RouteCompositeForm(options, kind, padded, uniform, biased, replayed, other);
  }

  private static Uniform source(String value) {
    return switch (value) {
      case "token" -> Uniform.PER_TOKEN;
      case "expert" -> Uniform.PER_EXPERT;
      default ->
          throw new IllegalArgumentException(
              "route: uniform must be token or expert, got " + value);
    };
  }

  private static long number(String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("route: expected a whole number, got " + value, e);
    }
  }
}
