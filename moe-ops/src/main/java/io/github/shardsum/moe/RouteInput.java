package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The inputs of a router's decisions: tensors, or values of a program with the labels given here.
 *
 * @param <T> {@link Tensor} or {@link Value}
 * @param scores {@code [G, S, E]} of f32, f64 or bf16
 * @param kind whether the scores are logits or gates
 * @param nonPadding {@code [G, S]} of any dtype, not zero if the token is real; if absent, all
 *     tokens are real
 * @param uniform {@code [G, S]}, or {@code [G, S, E]} for {@link RouteOptions.SecondChoice.Sample}
 *     by the Gumbel-max rule (lingvo, DeepSpeed, fairseq); floating, each in [0, 1), which is not
 *     checked in a program. If absent, one number is drawn for each token, see {@link Randomness}
 * @param bias {@code [E]}, floating and finite: added to gates only for the choice of experts by
 *     tokens (DeepSeek-V3's balance without a loss); it has no gradient
 * @param choices {@code [G, S, K]} of i32 or i64: the experts of each token, -1 for none, as in
 *     {@link Route#choices}. They replace the choices by scores; gates, the policy of second
 *     choices, slots and weights still follow from the scores. A real token may not name an expert
 *     twice; in a program, where values are not checked, the second one counts as none
 */
public record RouteInput<T>(
    T scores,
    Kind kind,
    Optional<T> nonPadding,
    Optional<T> uniform,
    Optional<T> bias,
    Optional<T> choices) {
  /** The kind of scores. */
  public enum Kind {
    /**
     * The router's raw outputs. The gates are computed from them in f64, by default as their
     * softmax over the experts.
     */
    LOGITS,
    /**
     * Gates. Each is finite and at least 0, and 0 for an expert that the token may not have; their
     * sum may have any value, even infinity. With gates there is no z-loss.
     */
    GATES
  }

  /** The source of uniform numbers. */
  public enum Uniform {
    /** Drawn from the seed, one for each token. */
    DRAWN,
    /** Given as {@code [G, S]}. */
    PER_TOKEN,
    /** Given as {@code [G, S, E]}, for sampled second choices. */
    PER_EXPERT
  }

  /**
   * The dtype, the shape and the labels of an input. The labels of a tensor are the expected ones.
   */
  private record Part(DType dtype, Shape shape, List<String> labels, String given) {
    private static final List<String> SCORES = List.of("G", "S", "E");

    static Part of(String what, Object given, List<String> expected) {
      return switch (Objects.requireNonNull(given, what)) {
        case Tensor tensor ->
            new Part(
                tensor.dtype(),
                tensor.shape(),
                expected.subList(0, Math.min(tensor.rank(), expected.size())),
                tensor.description());
        case Value value ->
            new Part(
                value.type().dtype(), value.type().shape(), value.type().names(), value.toString());
        default ->
            throw new IllegalArgumentException(
                what + " must be a tensor or a value, got " + given.getClass());
      };
    }

    static Part scores(Object given) {
      return of("route: scores", given, SCORES);
    }

    boolean isScores() {
      return shape.rank() == SCORES.size() && labels.equals(SCORES);
    }

    boolean fits(Shape expected, List<String> names) {
      return shape.equals(expected) && labels.equals(names.subList(0, expected.rank()));
    }

    boolean fits(Shape expected) {
      return fits(expected, SCORES);
    }

    IllegalArgumentException mustHave(String what, String expected) {
      return new IllegalArgumentException(what + " must have shape " + expected + ", got " + given);
    }

    void checkFloating(String what) {
      if (!dtype.isFloating()) {
        throw new IllegalArgumentException(
            what + " must be f32, f64 or bf16, got " + given + "; convert it");
      }
    }
  }

  /** Checks shapes, labels and dtypes. */
  public RouteInput {
    Objects.requireNonNull(kind, "kind");
    Part all = Part.scores(scores);
    if (!all.isScores()) {
      throw all.mustHave("route: scores", "[G, S, E]");
    }
    all.checkFloating("route: scores");
    ArgumentChecks.atLeast("route: experts E", 1, all.shape().size(2));
    nonPadding.ifPresent(mask -> checkMask(mask, all.shape()));
    uniform.ifPresent(numbers -> checkUniform(numbers, all.shape()));
    bias.ifPresent(numbers -> checkBias(numbers, all.shape()));
    choices.ifPresent(experts -> checkChoices(experts, all.shape()));
  }

  private static Shape tokens(Shape scores) {
    return Shape.of(scores.size(0), scores.size(1));
  }

  private static void checkMask(Object given, Shape scores) {
    Part mask = Part.of("route: padding mask", given, Part.SCORES);
    if (!mask.fits(tokens(scores))) {
      throw mask.mustHave("route: padding mask", "[G, S] = " + tokens(scores));
    }
  }

  private static void checkUniform(Object given, Shape scores) {
    Part numbers = Part.of("route: uniform numbers", given, Part.SCORES);
    if (!numbers.fits(tokens(scores)) && !numbers.fits(scores)) {
      throw numbers.mustHave(
          "route: uniform numbers", "[G, S] = " + tokens(scores) + " or [G, S, E] = " + scores);
    }
    numbers.checkFloating("route: uniform numbers");
  }

  private static void checkBias(Object given, Shape scores) {
    List<String> labels = List.of("E");
    Part numbers = Part.of("route: bias", given, labels);
    Shape expected = Shape.of(scores.size(2));
    if (!numbers.fits(expected, labels)) {
      throw numbers.mustHave("route: bias", "[E] = " + expected);
    }
    numbers.checkFloating("route: bias");
  }

  private static void checkChoices(Object given, Shape scores) {
    List<String> labels = List.of("G", "S", "K");
    Part experts = Part.of("route: recorded choices", given, labels);
    boolean good =
        experts.shape().rank() == labels.size()
            && experts.labels().equals(labels)
            && experts.shape().size(0) == scores.size(0)
            && experts.shape().size(1) == scores.size(1)
            && (experts.dtype() == DType.I32 || experts.dtype() == DType.I64);
    if (!good) {
      throw experts.mustHave(
          "route: recorded choices", "[G, S, K] of i32 or i64 with [G, S] = " + tokens(scores));
    }
  }

  private static <T> RouteInput<T> of(T scores, Kind kind) {
    return new RouteInput<>(
        scores, kind, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Raw router outputs.
   *
   * @param logits {@code [G, S, E]}
   * @return the input, without padding and with drawn random numbers
   */
  public static RouteInput<Tensor> logits(Tensor logits) {
    return of(logits, Kind.LOGITS);
  }

  /**
   * Raw router outputs in a program.
   *
   * @param logits labels G, S, E
   * @return the input, without padding and with drawn random numbers
   */
  public static RouteInput<Value> logits(Value logits) {
    return of(logits, Kind.LOGITS);
  }

  /**
   * Gates.
   *
   * @param gates {@code [G, S, E]}
   * @return the input, without padding and with drawn random numbers
   */
  public static RouteInput<Tensor> gates(Tensor gates) {
    return of(gates, Kind.GATES);
  }

  /**
   * Gates in a program, where their z-loss is 0.
   *
   * @param gates labels G, S, E
   * @return the input, without padding and with drawn random numbers
   */
  public static RouteInput<Value> gates(Value gates) {
    return of(gates, Kind.GATES);
  }

  /**
   * The same scores with padding. A padding token takes no slot and is not counted. Its scores may
   * have any value unless a {@link RouteOptions.MaskedMean#UNMASKED} mean includes them.
   *
   * @param mask {@code [G, S]}, not zero if the token is real
   * @return the input
   */
  public RouteInput<T> withNonPadding(T mask) {
    return new RouteInput<>(
        scores, kind, Optional.of(Objects.requireNonNull(mask, "mask")), uniform, bias, choices);
  }

  /**
   * The same scores with given random numbers.
   *
   * @param numbers {@code [G, S]} or {@code [G, S, E]}
   * @return the input
   */
  public RouteInput<T> withUniform(T numbers) {
    return new RouteInput<>(
        scores,
        kind,
        nonPadding,
        Optional.of(Objects.requireNonNull(numbers, "numbers")),
        bias,
        choices);
  }

  /**
   * The same scores with a bias for the choice of experts.
   *
   * @param numbers {@code [E]}
   * @return the input
   */
  public RouteInput<T> withBias(T numbers) {
    return new RouteInput<>(
        scores,
        kind,
        nonPadding,
        uniform,
        Optional.of(Objects.requireNonNull(numbers, "numbers")),
        choices);
  }

  /**
   * The same scores with choices that were recorded.
   *
   * @param experts {@code [G, S, K]}
   * @return the input
   */
  public RouteInput<T> withChoices(T experts) {
    return new RouteInput<>(
        scores,
        kind,
        nonPadding,
        uniform,
        bias,
        Optional.of(Objects.requireNonNull(experts, "experts")));
  }

  /**
   * The source of the uniform numbers.
   *
   * @return the source; drawn if none are given
   */
  public Uniform uniformSource() {
    if (uniform.isEmpty()) {
      return Uniform.DRAWN;
    }
    boolean perToken = Part.of("uniform", uniform.get(), Part.SCORES).shape().rank() == 2;
    return perToken ? Uniform.PER_TOKEN : Uniform.PER_EXPERT;
  }

  /**
   * All given inputs, in the order of the components.
   *
   * @return one to five tensors or values
   */
  public List<T> operands() {
    List<T> all = new ArrayList<>(List.of(scores));
    nonPadding.ifPresent(all::add);
    uniform.ifPresent(all::add);
    bias.ifPresent(all::add);
    choices.ifPresent(all::add);
    return List.copyOf(all);
  }

  private Shape shape() {
    return Part.scores(scores).shape();
  }

  /**
   * The dtype of the scores, which is also that of the weights.
   *
   * @return the dtype
   */
  public DType dtype() {
    return Part.scores(scores).dtype();
  }

  /**
   * Number of groups G.
   *
   * @return the size
   */
  public long groups() {
    return shape().size(0);
  }

  /**
   * Tokens in a group S, padding included.
   *
   * @return the size
   */
  public long groupSize() {
    return shape().size(1);
  }

  /**
   * The number of recorded choices of a token.
   *
   * @return K; 0 if none are recorded
   */
  public long recordedChoices() {
    return choices
        .map(each -> Part.of("choices", each, List.of("G", "S", "K")).shape().size(2))
        .orElse(0L);
  }

  /**
   * Number of experts E.
   *
   * @return the size
   */
  public long experts() {
    return shape().size(2);
  }
}
