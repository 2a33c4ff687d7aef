package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The sizes and the kind of a layer's experts.
 *
 * @param groups G
 * @param tokens S
 * @param choices K
 * @param experts E
 * @param capacity C
 * @param model M
 * @param hidden H
 * @param dtype the dtype of tokens and weights
 * @param activation the function between the products
 * @param biased whether there are biases
 */
record ExpertsForm(
    int groups,
    int tokens,
    int choices,
    int experts,
    int capacity,
    int model,
    int hidden,
    DType dtype,
    Activation activation,
    boolean biased) {
  /**
   * The composite's form; empty if its rows do not fit in arrays, or if operands or attributes are
   * not those of the layer.
   *
   * @param positionsAt the number of the operand with the positions, {@code [G, S, K]}
   * @param matrixAt the number of the operand with one matrix for each expert, {@code [E, M, H]} or
   *     {@code [E, H, M]}
   */
  static Optional<ExpertsForm> of(Composite composite, int positionsAt, int matrixAt) {
    Map<String, String> attributes = composite.attributes();
    String capacity = attributes.getOrDefault(ExpertComposites.CAPACITY, "");
    if (composite.operands().size() <= matrixAt || !capacity.matches("[1-9][0-9]{0,8}")) {
      return Optional.empty();
    }
    ValueType positions = composite.operands().get(positionsAt).type();
    ValueType matrix = composite.operands().get(matrixAt).type();
    return positions.names().equals(List.of("G", "S", "K"))
        ? of(attributes, positions.shape(), Integer.parseInt(capacity), matrix)
        : Optional.empty();
  }

  /**
   * The form of a layer; empty if its rows do not fit in arrays, or if matrix or attributes are not
   * those of the layer.
   *
   * @param choices {@code [G, S, K]}
   * @param matrix the type of a matrix of all experts
   */
  static Optional<ExpertsForm> of(
      Map<String, String> attributes, Shape choices, int capacity, ValueType matrix) {
    String activation = attributes.getOrDefault(LayerComposites.ACTIVATION, "");
    if (Arrays.stream(Activation.values()).noneMatch(each -> each.toString().equals(activation))
        || !Set.copyOf(matrix.names()).equals(Set.of("E", "M", "H"))) {
      return Optional.empty();
    }
    long rows = choices.elementCount();
    long model = matrix.size("M");
    long hidden = matrix.size("H");
    if (rows * Math.max(1, model) > Shape.LONGEST_ARRAY
        || model * hidden > Shape.LONGEST_ARRAY
        || ExpertChunkSize.MOST_ROWS * Math.max(model, hidden) > Shape.LONGEST_ARRAY) {
      return Optional.empty();
    }
    return Optional.of(
        new ExpertsForm(
            (int) choices.size(0),
            (int) choices.size(1),
            (int) choices.size(2),
            (int) matrix.size("E"),
            capacity,
            (int) model,
            (int) hidden,
            matrix.dtype(),
            Activation.valueOf(activation.toUpperCase(Locale.ROOT)),
            Boolean.parseBoolean(attributes.getOrDefault(LayerComposites.BIASED, "false"))));
  }

  /** The same layer with one group of {@code count} tokens of one choice each. */
  ExpertsForm ofTokens(int count) {
    return new ExpertsForm(
        1, count, 1, experts, Math.max(1, count), model, hidden, dtype, activation, biased);
  }

  /** The same layer with another number of experts. */
  ExpertsForm ofExperts(int count) {
    return new ExpertsForm(
        groups, tokens, choices, count, capacity, model, hidden, dtype, activation, biased);
  }

  /** The number of first products, which is that of first matrices. */
  int firstProducts() {
    return products() - 1;
  }

  /**
   * The number of products: one from M to H, a second one for a gated activation, and one from H to
   * M.
   */
  int products() {
    return activation.isGated() ? 3 : 2;
  }

  /** The number of operands that are weights. */
  int weights() {
    return ExpertWeights.count(activation.isGated(), biased);
  }

  /** The experts' weights in a list, from the element {@code first} on. */
  <T> ExpertWeights<T> weights(List<T> list, int first) {
    return ExpertWeights.of(activation.isGated(), biased, list, first);
  }

  /** The most rows that there may be. */
  long rows() {
    return Math.min((long) groups * tokens * choices, (long) groups * experts * capacity);
  }

  /** FLOPs of the forward products for the most rows. */
  double flops() {
    return 2.0 * rows() * model * hidden * products();
  }

  /** The arithmetic; bf16 is computed in f32. */
  ExpertRowMath<?> math() {
    return dtype == DType.F64 ? new DoubleExpertRowMath() : new FloatExpertRowMath();
  }
}
