package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.Optional;

/**
 * The sizes by which a device turns its tokens into rows to send.
 *
 * @param experts E, the experts of all devices
 * @param capacity C
 */
record RowsForm(int experts, int capacity) {
  private static final List<String> CHOICES = List.of("G", "S", "K");

  /**
   * The form, if attributes and positions are valid.
   *
   * @param positionsAt the number of the operand with the positions
   */
  static Optional<RowsForm> of(Composite composite, int positionsAt) {
    String experts = composite.attributes().getOrDefault(ExpertComposites.EXPERTS, "");
    String capacity = composite.attributes().getOrDefault(ExpertComposites.CAPACITY, "");
    boolean fits =
        experts.matches("[1-9][0-9]{0,8}")
            && capacity.matches("[1-9][0-9]{0,8}")
            && composite.operands().size() > positionsAt
            && isOfChoices(composite.operands().get(positionsAt).type());
    return fits
        ? Optional.of(new RowsForm(Integer.parseInt(experts), Integer.parseInt(capacity)))
        : Optional.empty();
  }

  /** Whether a value has one element for each choice. */
  static boolean isOfChoices(ValueType type) {
    return type.names().equals(CHOICES);
  }

  /** Bytes of the order of rows. */
  long orderBytes(ValueType positions) {
    return Integer.BYTES * (2 * positions.shape().elementCount() + 2L * experts);
  }
}
