package io.github.shardsum.partition;

import io.github.shardsum.internal.program.text.OperationPrinter;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import java.util.List;
import java.util.Objects;

/**
 * The work of every device in one step of a plan; an immutable value that names mesh axes and
 * labels, never devices.
 *
 * <p>A step reads values in the layouts of its operands and makes a value in the layout of its
 * result; the action says how. A group is a set of devices that differ only along the action's
 * axes. With {@code L} the axes of a label before the step:
 *
 * <ul>
 *   <li>{@link Slice}: {@code L} becomes {@code L.axes}; each device keeps a chunk of its block
 *   <li>{@link AllGather}: {@code L.axes} becomes {@code L}; chunks are put together in order
 *   <li>{@link AllToAll}: {@code from}'s axes {@code F.axes} become {@code F}, {@code to}'s axes
 *       {@code T} become {@code T.axes}
 *   <li>{@link CollectivePermute}: every device gets the whole block of another device; the axes of
 *       each label have the same product before and after, and cut it at the same indices
 *   <li>{@link AllReduce}: the axes are removed from the partial axes
 *   <li>{@link ReduceScatter}: the axes are removed from the partial axes, and {@code L} becomes
 *       {@code L.axes}
 *   <li>{@link Exchange}: one label is cut anew, by the same axes in another order or by fewer axes
 *   <li>{@link Apply}: a statement of a program, on each device's blocks
 *   <li>{@link Neighbour}: a statement of a program that reads neighbours along a split label, on
 *       each device's block and the elements that it receives
 *   <li>{@link Partitioned}: a composite with its own partition, as parts
 *   <li>{@link Loop}: a loop or a manual region of a program, whose body is a plan
 *   <li>{@link Communicate}: a communication of a manual region
 *   <li>{@link Windows}: an einsum of chunks, round after round; chunks travel while others are
 *       computed
 *   <li>{@link Start}: the beginning of a collective, whose result is in flight
 *   <li>{@link Await}: the end of a collective that was in flight
 * </ul>
 *
 * <p>If a value has a label twice, the label stands for the first of the two dimensions.
 */
public sealed interface Action {
  /**
   * The name of the op in printed plans.
   *
   * @return the name, such as {@code all-gather}
   */
  default String op() {
    return switch (this) {
      case Slice _ -> "slice";
      case AllGather _ -> "all-gather";
      case AllReduce _ -> "all-reduce";
      case ReduceScatter _ -> "reduce-scatter";
      case AllToAll _ -> "all-to-all";
      case CollectivePermute _ -> "collective-permute";
      case Exchange _ -> "exchange";
      case Apply(Statement statement) -> OperationPrinter.mnemonic(statement.operation());
      case Neighbour(Statement statement, _, _) ->
          statement.operation() instanceof Nested.Composite composite
              ? composite.name()
              : OperationPrinter.mnemonic(statement.operation());
      case Partitioned parted -> parted.composite().name();
      case Loop(Statement statement, _) ->
          statement.operation() instanceof Nested.Manual ? "region" : "loop";
      case Communicate(Statement statement) ->
          OperationPrinter.mnemonic(statement.operation()).replace('_', '-');
      case Start _ -> "start";
      case Await _ -> "await";
      case Windows _ -> "windows";
    };
  }

  private static boolean isNested(Statement statement) {
    return statement.operation() instanceof Nested.Scan
        || statement.operation() instanceof Nested.Manual;
  }

  /**
   * The mesh axes over which devices communicate; none for a local step.
   *
   * @return an immutable list, major to minor
   */
  default List<String> groupAxes() {
    return switch (this) {
      case AllGather(_, List<String> axes) -> axes;
      case AllReduce(List<String> axes, _) -> axes;
      case ReduceScatter(_, List<String> axes) -> axes;
      case AllToAll(_, _, List<String> axes) -> axes;
      case CollectivePermute(List<String> axes) -> axes;
      case Exchange(_, List<String> axes) -> axes;
      case Neighbour(_, List<String> axes, _) -> axes;
      case Windows(_, _, _, List<String> axes, _) -> axes;
      case Partitioned(_, CompositeParts parts) -> parts.rowAxes();
      case Communicate communicate ->
          communicate.communication().axes().stream().map(MeshAxis::name).toList();
      case Start(Action collective) -> collective.groupAxes();
      case Slice _, Apply _, Loop _, Await _ -> List.of();
    };
  }

  /**
   * Whether devices communicate.
   *
   * @return false for {@link Slice}, {@link Apply}, {@link Await}, {@link Loop} (whose body's steps
   *     may communicate), and a {@link Neighbour} in which no device receives anything
   */
  default boolean isCollective() {
    return switch (this) {
      case Slice _, Apply _, Loop _, Await _ -> false;
      case Neighbour(_, _, List<Integer> exchanged) -> !exchanged.isEmpty();
      case Communicate communicate ->
          !(communicate.communication() instanceof Communication.OwnChunk
              || communicate.communication() instanceof Communication.AxisIndex);
      case Start(Action collective) -> collective.isCollective();
      case AllGather _,
          AllReduce _,
          ReduceScatter _,
          AllToAll _,
          CollectivePermute _,
          Exchange _,
          Partitioned _,
          Windows _ ->
          true;
    };
  }

  /**
   * Keeps a chunk of a device's block.
   *
   * @param label the label to cut
   * @param axes the axes over which it is cut, major to minor
   */
  record Slice(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public Slice {
      axes = List.copyOf(axes);
    }
  }

  /**
   * Puts the chunks of a group together; every member gets all chunks.
   *
   * @param label the label that becomes whole along the axes
   * @param axes the last of the label's axes before the step, major to minor
   */
  record AllGather(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public AllGather {
      axes = List.copyOf(axes);
    }
  }

  /**
   * Combines the addends of a group; every member gets the sum. If a plan has an order of sums,
   * addends are combined in the order of the action's axes, see {@link
   * io.github.shardsum.collective.Order#INDEX}. A step sums one value, or several values of one
   * dtype that travel as one buffer; the bits do not depend on this.
   *
   * @param axes partial axes of the operand
   * @param by the reduction: the sum, or for bool the OR. A max or min comes directly after the
   *     {@link Apply} of a reduction of that kind, and is the only reader of its result
   */
  record AllReduce(List<String> axes, ReduceKind by) implements Action {
    /** Copies the list. */
    public AllReduce {
      axes = List.copyOf(axes);
      Objects.requireNonNull(by, "by");
    }

    /**
     * A sum.
     *
     * @param axes partial axes of the operand
     */
    public AllReduce(List<String> axes) {
      this(axes, ReduceKind.SUM);
    }
  }

  /**
   * Sums the addends of a group; each member gets a chunk of the sum. The order of sums is that of
   * {@link AllReduce}.
   *
   * @param label the label along which the sum is cut
   * @param axes partial axes of the operand, in the order in which they are appended to the label's
   *     axes
   */
  record ReduceScatter(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public ReduceScatter {
      axes = List.copyOf(axes);
    }
  }

  /**
   * Moves axes from one label to another.
   *
   * @param from the label that becomes whole along the axes
   * @param to the label that is cut over them
   * @param axes the last axes of {@code from}, in the order in which they are appended to the axes
   *     of {@code to}
   */
  record AllToAll(String from, String to, List<String> axes) implements Action {
    /** Copies the list. */
    public AllToAll {
      axes = List.copyOf(axes);
    }
  }

  /**
   * Sends each device's block to another device, which follows from the layout of the result.
   *
   * <p>The device with coordinates c gets the block of a device s. For every label, s held the part
   * that c holds afterwards. Along axes outside {@code axes}, s has the coordinates of c. If
   * several devices held the block, s is found by position: the position of s along the group's
   * axes that did not split the value before equals the position of c along the group's axes that
   * do not split the value afterwards. Positions are numbered row-major in mesh order.
   *
   * @param axes the axes along which blocks move, in mesh order
   */
  record CollectivePermute(List<String> axes) implements Action {
    /** Copies the list. */
    public CollectivePermute {
      axes = List.copyOf(axes);
    }
  }

  /**
   * Cuts a label anew; every device receives the missing elements of the interval that the result's
   * layout gives it. The blocks of a group's members differ only in the label. Each index that a
   * member gets is held by exactly one member; several members may get the same index. If chunks
   * end at the same indices before and after, the step is a {@link CollectivePermute} instead.
   *
   * @param label the label
   * @param axes the label's axes from the first one that changes its place, in mesh order; elements
   *     move along them
   */
  record Exchange(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public Exchange {
      axes = List.copyOf(axes);
    }
  }

  /**
   * A statement of a program on each device's blocks of the operands.
   *
   * <p>The statement is the program's own, with logical types. Its operands and results are laid
   * out by one assignment of mesh axes to the factors of its rule ({@link
   * io.github.shardsum.layout.FactorRule}): a dimension of one factor is cut by the factor's axes,
   * in every operand and result that has the factor. If an einsum's operand has a split label
   * twice, the first dimension is split and the others are narrowed to its interval. Each device
   * thus computes its own block of the results. If the axes split a summed factor, or are partial
   * axes of an operand in which the operation is linear, the device computes an addend, and the
   * axes are partial axes of the results. An operation that reads the index of a label (iota,
   * one-hot, random numbers, lengths of a ragged label, an indexed label of a composite) also needs
   * the start of each block along the label, which follows from the layouts.
   *
   * @param statement the statement; the step has its operands and results, in their order
   */
  record Apply(Statement statement) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is a communication, a loop or a region,
     *     which have actions of their own
     */
    public Apply {
      if (statement.operation() instanceof Communication || isNested(statement)) {
        throw new IllegalArgumentException(
            "plan: a statement on blocks must be no communication, loop or region, got "
                + statement);
      }
    }
  }

  /**
   * A statement of a program that reads neighbours along a label: a slice, a padding, a shift, a
   * window or a concatenation. Windows of a padded value may be one composite {@code
   * window.padded}, which reads only the value; devices fill in the elements outside of it.
   *
   * <p>Works like {@link Apply}, but the label whose neighbours are read is split too: by the same
   * axes in operands and result, each according to its own size. Every device first receives the
   * halo: the elements of each operand that its block of the result needs ({@link
   * io.github.shardsum.layout.FactorRule.Reads}) and that the device does not hold. The senders
   * differ from the device only along the axes. No operand is a partial sum over these axes.
   *
   * @param statement the statement; the step has its operands, in their order
   * @param axes the axes that split the label and have more than one device, major to minor
   * @param exchanged places of the operands from which a device must receive elements, ascending;
   *     each is one exchange. They follow from the statement and the layouts
   */
  record Neighbour(Statement statement, List<String> axes, List<Integer> exchanged)
      implements Action {
    /** Copies the lists. */
    public Neighbour {
      Objects.requireNonNull(statement, "statement");
      axes = List.copyOf(axes);
      exchanged = List.copyOf(exchanged);
    }
  }

  /**
   * A composite with its own partition: the work of the devices is written as parts. Rows travel
   * between devices, and the number of rows depends on the data. In the plan the composite is a
   * statement with layouts of operands and results; no value of a plan is ragged.
   *
   * @param statement the statement, a composite; the step has its operands and results, in their
   *     order
   * @param parts the work of the devices
   */
  record Partitioned(Statement statement, CompositeParts parts) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is not a composite
     */
    public Partitioned {
      Objects.requireNonNull(parts, "parts");
      if (!(statement.operation() instanceof Nested.Composite)) {
        throw new IllegalArgumentException(
            "plan: a step of parts must be a composite, got " + statement);
      }
    }

    /**
     * The composite of the step.
     *
     * @return the statement's operation
     */
    public Nested.Composite composite() {
      return (Nested.Composite) statement.operation();
    }

    /**
     * The same action with another bound of the rows that a device receives.
     *
     * @param factor the bound as a multiple of the rows of the largest device, at least 1
     * @return a changed copy
     */
    public Partitioned withBound(double factor) {
      return new Partitioned(statement, parts.withBound(factor));
    }
  }

  /**
   * A loop of a program, which runs its body's plan round after round, or a manual region, which
   * runs its body's plan once.
   *
   * <p>Operands are those of the statement, followed by values that were computed from invariants
   * before the loop. The body has one input for each operand: the carried values, in the layout of
   * every round; the round's part of each sequence, in the sequence's layout without the loop's
   * label; and the invariants. The body has one output for each result: the carried values in the
   * layout of the input, then the addition of each round to a sequence.
   *
   * <p>The values of a region's body belong to one member, a device along the region's axes: no
   * layout in the body names these axes. An operand's label has the axes of the region's term, then
   * the axes of the body's input. A result's label has the axes of its term, then the axes of the
   * body's output. The axes behind the term's bar are partial axes of the result.
   *
   * @param statement the statement of the program, a {@code scan} or a {@code manual}
   * @param body the plan of a round, or of a member
   */
  record Loop(Statement statement, SpmdPlan body) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is not a {@code scan} or a {@code manual}
     */
    public Loop {
      Objects.requireNonNull(body, "body");
      if (!isNested(statement)) {
        throw new IllegalArgumentException(
            "plan: a step with a body must be a loop or region, got " + statement);
      }
    }

    /**
     * The number of times that the body runs.
     *
     * @return the count of a loop; 1 for a region
     */
    public long rounds() {
      return statement.operation() instanceof Nested.Scan scan ? scan.count() : 1;
    }
  }

  /**
   * A communication between the members of a manual region, on their own values.
   *
   * @param statement the statement of the region's body
   */
  record Communicate(Statement statement) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is not a communication
     */
    public Communicate {
      communication(statement);
    }

    private static Communication communication(Statement statement) {
      if (statement.operation() instanceof Communication communication) {
        return communication;
      }
      throw new IllegalArgumentException(
          "plan: a step between members must be a communication, got " + statement);
    }

    /**
     * The communication of the step.
     *
     * @return the statement's operation
     */
    public Communication communication() {
      return communication(statement);
    }
  }

  /**
   * Begins a collective, which continues during the following steps. The step has the collective's
   * operand and one result, the value in flight, which only an {@link Await} may read. A completed
   * sum of bf16 stays in f32 until the await. At most {@link
   * io.github.shardsum.collective.CollectivePlan#MOST_IN_FLIGHT} collectives are in flight.
   *
   * @param collective an {@link AllGather}, {@link AllToAll}, {@link AllReduce}, {@link
   *     ReduceScatter} or {@link CollectivePermute}
   */
  record Start(Action collective) implements Action {
    /** Checks for null. The checker of plans checks the kind of the collective. */
    public Start {
      Objects.requireNonNull(collective, "collective");
    }
  }

  /**
   * Waits for a started collective. The step has one operand, the result of a {@link Start}. The
   * step's result is the same value, complete; a completed sum of bf16 is rounded.
   */
  record Await() implements Action {}

  /**
   * An einsum in as many rounds as a group has members. The step includes the gather of an operand
   * or the reduce-scatter of the result. Each round reads one chunk of this operand, or adds to one
   * chunk of this result. Chunks travel from member to member in rings while devices compute, so no
   * device holds the gathered operand or the whole sum.
   *
   * <p>Let {@code L} be the axes of the label. In a gather the operand has {@code label@L.axes},
   * and every other value with the label has {@code label@L}. In a scatter the operands have {@code
   * label@L} and the result has {@code label@L.axes}; the einsum's own result is partial over the
   * axes. Member c of p begins a gather with its own chunk and continues with the chunks of c +
   * step, c + 2 step, ... modulo p. In a scatter each chunk is cut in two halves, and each half has
   * a ring: in round r member c adds to the half of member c - (1 + r) step, and this half then
   * travels to member c + step.
   *
   * @param statement an einsum of two operands without repeated labels
   * @param operand place of the operand that is gathered; -1 if the result is scattered
   * @param label the label of the windows, named as in the layout of the gathered operand or of the
   *     result
   * @param axes the last of the label's axes, major to minor
   * @param rings one or two rings for a gather, two for a scatter
   */
  record Windows(
      Statement statement, int operand, String label, List<String> axes, List<Ring> rings)
      implements Action {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if the operand is not -1, 0 or 1, or there are not one or
     *     two rings
     */
    public Windows {
      Objects.requireNonNull(statement, "statement");
      Objects.requireNonNull(label, "label");
      if (operand < -1 || operand > 1) {
        throw new IllegalArgumentException(
            "plan: windows must gather operand 0 or 1, or scatter as -1, got " + operand);
      }
      if (rings.isEmpty() || rings.size() > 2) {
        throw new IllegalArgumentException(
            "plan: windows must have one or two rings, got " + rings);
      }
      axes = List.copyOf(axes);
      rings = List.copyOf(rings);
    }

    /**
     * Whether the result is scattered.
     *
     * @return false if an operand is gathered
     */
    public boolean isScatter() {
      return operand < 0;
    }
  }

  /**
   * A ring in which chunks travel.
   *
   * @param step 1 or -1
   * @param share the part of the other members' chunks that the ring carries
   */
  record Ring(int step, Share share) {
    /**
     * Checks the step.
     *
     * @throws IllegalArgumentException if the step is not 1 or -1
     */
    public Ring {
      Objects.requireNonNull(share, "share");
      if (Math.abs(step) != 1) {
        throw new IllegalArgumentException("plan: a ring's step must be 1 or -1, got " + step);
      }
    }

    /**
     * The number of rounds in which the ring delivers a chunk. All come after the first round.
     *
     * @param members number of members of the group
     * @return the number of the other members' chunks, or half of it, rounded up or down
     */
    public int rounds(int members) {
      return switch (share) {
        case ALL -> members - 1;
        case LARGER_HALF -> members / 2;
        case SMALLER_HALF -> (members - 1) / 2;
      };
    }
  }

  /** Shares of the other members' chunks. */
  enum Share {
    /** All chunks of the other members. */
    ALL,
    /** Half of these chunks, rounded up. */
    LARGER_HALF,
    /** Half of these chunks, rounded down. */
    SMALLER_HALF
  }

  /**
   * The collective that a start begins, or the action itself.
   *
   * @return the collective of a {@link Start}; any other action itself
   */
  default Action moved() {
    return this instanceof Start(Action collective) ? collective : this;
  }
}
