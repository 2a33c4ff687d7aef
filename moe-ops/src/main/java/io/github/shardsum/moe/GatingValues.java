package io.github.shardsum.moe;

import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a router in a program decides by: {@link GatingInput} and {@link Randomness.Given} as
 * values.
 *
 * @param scores labels G, S, E; f32, f64 or bf16
 * @param kind what the scores are
 * @param nonPadding labels G, S, any dtype: not zero where the token is real; all are if absent
 * @param uniform labels G, S, or G, S, E for {@link SecondChoice.Sample} by the Gumbel-max rule;
 *     floating, in [0, 1), which nothing checks; if absent the numbers are drawn by token
 */
public record GatingValues(
    Value scores, GatingInput.Kind kind, Optional<Value> nonPadding, Optional<Value> uniform) {
  private static final List<String> SCORES = List.of("G", "S", "E");
  private static final List<String> TOKENS = List.of("G", "S");

  /** Checks labels, sizes and dtypes. */
  public GatingValues {
    check("scores", scores.type().names().equals(SCORES) && isFloating(scores), SCORES, scores);
    Checks.atLeast("moe.gating: experts E", 1, scores.type().size("E"));
    nonPadding.ifPresent(mask -> check("padding mask", isLike(scores, mask, TOKENS), TOKENS, mask));
    uniform.ifPresent(
        numbers ->
            check(
                "uniform numbers",
                isFloating(numbers)
                    && (isLike(scores, numbers, TOKENS) || isLike(scores, numbers, SCORES)),
                TOKENS,
                numbers));
  }

  private static boolean isFloating(Value value) {
    return value.type().dtype().isFloating();
  }

  private static boolean isLike(Value scores, Value value, List<String> labels) {
    ValueType type = scores.type();
    List<Long> sizes = labels.stream().map(type::size).toList();
    return value.type().withoutLayout().equals(ValueType.of(value.type().dtype(), labels, sizes));
  }

  private static void check(String what, boolean good, List<String> labels, Value given) {
    if (!good) {
      throw new IllegalArgumentException(
          "moe.gating: "
              + what
              + ": labels "
              + labels
              + " of the scores' sizes are wanted (scores and uniform numbers floating), got "
              + given);
    }
  }

  /**
   * Raw router outputs, whose softmax over the experts the gates are.
   *
   * @param logits labels G, S, E
   * @return without padding, random numbers drawn
   */
  public static GatingValues logits(Value logits) {
    return new GatingValues(logits, GatingInput.Kind.LOGITS, Optional.empty(), Optional.empty());
  }

  /**
   * Gates: at least 0 and finite, of any sum; their z-loss is 0.
   *
   * @param gates labels G, S, E
   * @return without padding, random numbers drawn
   */
  public static GatingValues gates(Value gates) {
    return new GatingValues(gates, GatingInput.Kind.GATES, Optional.empty(), Optional.empty());
  }

  /**
   * The same scores with padding, as {@link GatingInput#withNonPadding}.
   *
   * @param mask labels G, S
   * @return the values
   */
  public GatingValues withNonPadding(Value mask) {
    return new GatingValues(scores, kind, Optional.of(mask), uniform);
  }

  /**
   * The same scores with given random numbers.
   *
   * @param numbers labels G, S or G, S, E
   * @return the values
   */
  public GatingValues withUniform(Value numbers) {
    return new GatingValues(scores, kind, nonPadding, Optional.of(numbers));
  }

  /** The operands of the composite. */
  List<Value> operands() {
    List<Value> all = new ArrayList<>(List.of(scores));
    nonPadding.ifPresent(all::add);
    uniform.ifPresent(all::add);
    return List.copyOf(all);
  }

  DType dtype() {
    return scores.type().dtype();
  }

  long size(String label) {
    return scores.type().size(label);
  }
}
