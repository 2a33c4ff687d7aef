package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.Checks;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a router decides by: tensors, or values of a program with the labels given here.
 *
 * @param <T> {@link Tensor} or {@link Value}
 * @param scores {@code [G, S, E]} of f32, f64 or bf16
 * @param kind what the scores are
 * @param nonPadding {@code [G, S]} of any dtype, not zero where the token is real; all are if
 *     absent
 * @param uniform {@code [G, S]}, or {@code [G, S, E]} for {@link RouteOptions.SecondChoice.Sample}
 *     by the Gumbel-max rule (lingvo, DeepSpeed, fairseq); floating, each in [0, 1), which nothing
 *     checks in a program; if absent the numbers are drawn by token, see {@link Randomness}
 */
public record RouteInput<T>(T scores, Kind kind, Optional<T> nonPadding, Optional<T> uniform) {
  /** What scores are. */
  public enum Kind {
    /** The router's raw outputs; the gates are their softmax over the experts, taken in f64. */
    LOGITS,
    /**
     * Gates: at least 0 and finite, of any sum, even one that is not finite; 0 where the token may
     * not have the expert. There is no z-loss then.
     */
    GATES
  }

  /** Where uniform numbers come from. */
  public enum Uniform {
    /** Drawn by the seed, one a token. */
    DRAWN,
    /** Given as {@code [G, S]}. */
    PER_TOKEN,
    /** Given as {@code [G, S, E]}, for sampled second choices. */
    PER_EXPERT
  }

  /** Dtype, shape and, of a value, labels. */
  private record Part(DType dtype, Shape shape, List<String> labels, String given) {
    private static final List<String> LABELS = List.of("G", "S", "E");

    static Part of(String what, Object given) {
      return switch (Objects.requireNonNull(given, what)) {
        case Tensor tensor ->
            new Part(
                tensor.dtype(),
                tensor.shape(),
                LABELS.subList(0, Math.min(tensor.rank(), LABELS.size())),
                tensor.description());
        case Value value ->
            new Part(
                value.type().dtype(), value.type().shape(), value.type().names(), value.toString());
        default ->
            throw new IllegalArgumentException(
                what + " must be a tensor or a value, got " + given.getClass());
      };
    }

    boolean isScores() {
      return shape.rank() == LABELS.size() && labels.equals(LABELS);
    }

    boolean fits(Shape expected) {
      return shape.equals(expected) && labels.equals(LABELS.subList(0, expected.rank()));
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
    Part all = Part.of("route: scores", scores);
    if (!all.isScores()) {
      throw all.mustHave("route: scores", "[G, S, E]");
    }
    all.checkFloating("route: scores");
    Checks.atLeast("route: experts E", 1, all.shape().size(2));
    Shape tokens = Shape.of(all.shape().size(0), all.shape().size(1));
    if (nonPadding.isPresent()) {
      Part mask = Part.of("route: padding mask", nonPadding.get());
      if (!mask.fits(tokens)) {
        throw mask.mustHave("route: padding mask", "[G, S] = " + tokens);
      }
    }
    if (uniform.isPresent()) {
      Part numbers = Part.of("route: uniform numbers", uniform.get());
      if (!numbers.fits(tokens) && !numbers.fits(all.shape())) {
        throw numbers.mustHave(
            "route: uniform numbers", "[G, S] = " + tokens + " or [G, S, E] = " + all.shape());
      }
      numbers.checkFloating("route: uniform numbers");
    }
  }

  /**
   * Raw router outputs.
   *
   * @param logits {@code [G, S, E]}
   * @return the input, without padding, random numbers drawn
   */
  public static RouteInput<Tensor> logits(Tensor logits) {
    return new RouteInput<>(logits, Kind.LOGITS, Optional.empty(), Optional.empty());
  }

  /**
   * Raw router outputs in a program.
   *
   * @param logits labels G, S, E
   * @return the input, without padding, random numbers drawn
   */
  public static RouteInput<Value> logits(Value logits) {
    return new RouteInput<>(logits, Kind.LOGITS, Optional.empty(), Optional.empty());
  }

  /**
   * Gates.
   *
   * @param gates {@code [G, S, E]}
   * @return the input, without padding, random numbers drawn
   */
  public static RouteInput<Tensor> gates(Tensor gates) {
    return new RouteInput<>(gates, Kind.GATES, Optional.empty(), Optional.empty());
  }

  /**
   * Gates in a program, where their z-loss is 0.
   *
   * @param gates labels G, S, E
   * @return the input, without padding, random numbers drawn
   */
  public static RouteInput<Value> gates(Value gates) {
    return new RouteInput<>(gates, Kind.GATES, Optional.empty(), Optional.empty());
  }

  /**
   * The same scores with padding: such a token takes no slot and is counted nowhere; its scores may
   * be anything unless a {@link RouteOptions.MaskedMean#UNMASKED} mean includes them.
   *
   * @param mask {@code [G, S]}, not zero where the token is real
   * @return the input
   */
  public RouteInput<T> withNonPadding(T mask) {
    return new RouteInput<>(
        scores, kind, Optional.of(Objects.requireNonNull(mask, "mask")), uniform);
  }

  /**
   * The same scores with given random numbers.
   *
   * @param numbers {@code [G, S]} or {@code [G, S, E]}
   * @return the input
   */
  public RouteInput<T> withUniform(T numbers) {
    return new RouteInput<>(
        scores, kind, nonPadding, Optional.of(Objects.requireNonNull(numbers, "numbers")));
  }

  /**
   * Where the uniform numbers come from.
   *
   * @return drawn if none are given
   */
  public Uniform uniformSource() {
    if (uniform.isEmpty()) {
      return Uniform.DRAWN;
    }
    boolean perToken = Part.of("uniform", uniform.get()).shape().rank() == 2;
    return perToken ? Uniform.PER_TOKEN : Uniform.PER_EXPERT;
  }

  /**
   * All that are given, in the order of the components.
   *
   * @return one to three
   */
  public List<T> operands() {
    List<T> all = new ArrayList<>(List.of(scores));
    nonPadding.ifPresent(all::add);
    uniform.ifPresent(all::add);
    return List.copyOf(all);
  }

  private Shape shape() {
    return Part.of("route: scores", scores).shape();
  }

  /**
   * Dtype of the scores, which weights have too.
   *
   * @return the dtype
   */
  public DType dtype() {
    return Part.of("route: scores", scores).dtype();
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
   * Number of experts E.
   *
   * @return the size
   */
  public long experts() {
    return shape().size(2);
  }
}
