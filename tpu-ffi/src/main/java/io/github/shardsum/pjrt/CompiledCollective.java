package io.github.shardsum.pjrt;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * A collective of a compiled program; an immutable value.
 *
 * @param op XLA's name of the operation, such as {@code all-gather}; an asynchronous collective has
 *     the name without start or done
 * @param name the name of the instruction
 * @param operands the operands of one device, one or more arrays
 * @param groups the devices that exchange data, by their numbers in the program, with one list for
 *     each group; for a {@code collective-permute} pairs of source and target
 * @param times the number of executions in a run of the program; empty in a loop whose number of
 *     rounds the compiler does not know
 */
public record CompiledCollective(
    String op,
    String name,
    List<ArrayType> operands,
    List<List<Integer>> groups,
    OptionalLong times) {
  /** The name of the collective that moves each device's block to another device. */
  static final String PERMUTE = "collective-permute";

  /** Copies the lists. */
  public CompiledCollective {
    Objects.requireNonNull(op, "op");
    Objects.requireNonNull(name, "name");
    operands = List.copyOf(operands);
    groups = groups.stream().map(List::copyOf).toList();
    Objects.requireNonNull(times, "times");
  }

  /**
   * Members of the largest group.
   *
   * @return at least 1; for a permute 2, or 1 if no block leaves its device
   */
  public int groupSize() {
    if (op.equals(PERMUTE)) {
      boolean moves = groups.stream().anyMatch(pair -> !pair.getFirst().equals(pair.getLast()));
      return moves ? 2 : 1;
    }
    return groups.stream().mapToInt(List::size).max().orElse(1);
  }

  /**
   * Bytes that a device receives each time, counted as for rings. With n members of a group and s
   * bytes of the operands: {@code (n-1) s} in an all-gather, {@code 2 (n-1)/n s} in an all-reduce,
   * {@code (n-1)/n s} in a reduce-scatter and an all-to-all, s in a permute and a broadcast.
   *
   * @return the number, rounded up
   */
  public long bytesReceived() {
    long group = groupSize();
    long held = operands.stream().mapToLong(CompiledCollective::bytes).reduce(0, Math::addExact);
    if (group == 1) {
      return 0;
    }
    return switch (op) {
      case "all-gather" -> Math.multiplyExact(group - 1, held);
      case "all-reduce" -> Math.ceilDiv(Math.multiplyExact(2 * (group - 1), held), group);
      case "reduce-scatter", "all-to-all" ->
          Math.ceilDiv(Math.multiplyExact(group - 1, held), group);
      default -> held;
    };
  }

  private static long bytes(ArrayType type) {
    return Math.ceilDiv(
        Math.multiplyExact(type.shape().elementCount(), type.type().bits()), Byte.SIZE);
  }
}
