package io.github.shardsum.partition;

import io.github.shardsum.einsum.Equation;
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
 * <p>A step takes values in the layouts that its operands have and gives a value in the layout of
 * its result; an action says how one becomes the other. Groups are the devices that differ only
 * along the action's axes. With {@code L} the axes of a label before the step:
 *
 * <ul>
 *   <li>{@link Slice}: {@code L} becomes {@code L.axes}; each device keeps its chunk of what it
 *       holds
 *   <li>{@link AllGather}: {@code L.axes} becomes {@code L}; chunks are put together in order
 *   <li>{@link AllToAll}: {@code from}'s axes {@code F.axes} become {@code F}, {@code to}'s axes
 *       {@code T} become {@code T.axes}
 *   <li>{@link CollectivePermute}: every device gets another device's block whole; the axes of each
 *       label have the same product before and after, and cut it at the same indices
 *   <li>{@link AllReduce}: the axes leave the partial ones
 *   <li>{@link ReduceScatter}: the axes leave the partial ones and {@code L} becomes {@code L.axes}
 *   <li>{@link Exchange}: one label is cut anew, by the same axes in another order or by fewer
 *   <li>{@link Contract}: an einsum of what each device holds
 *   <li>{@link Apply}: a statement of a program, on what each device holds
 *   <li>{@link Neighbour}: a statement of a program that reads neighbours along a label that is
 *       split, on what each device holds and what it gets of others
 *   <li>{@link Partitioned}: a composite that brings its own partition, as parts
 *   <li>{@link Loop}: a loop or a manual region of a program, whose body is a plan
 *   <li>{@link Communicate}: a communication of a manual region
 *   <li>{@link Windows}: an einsum of chunks, round after round, whose transfers go on behind it
 *   <li>{@link Start}: the beginning of a collective, whose result is in flight
 *   <li>{@link Await}: the end of a collective that was in flight
 * </ul>
 *
 * <p>A label that a value has twice is the first of its dimensions.
 */
public sealed interface Action {
  /**
   * The op's name in plans that are printed.
   *
   * @return as {@code all-gather}
   */
  String op();

  /**
   * The mesh axes over which devices communicate; none for a local step.
   *
   * @return an immutable list, major to minor
   */
  default List<String> groupAxes() {
    return List.of();
  }

  /**
   * Whether devices communicate.
   *
   * @return false for {@link Slice}, {@link Contract}, {@link Apply}, {@link Await}, {@link Loop},
   *     whose body says what is in it, and a {@link Neighbour} of which no device lacks anything
   */
  default boolean isCollective() {
    return true;
  }

  /**
   * Keeps a chunk of what a device holds.
   *
   * @param label the label that is cut
   * @param axes the axes it is cut over, major to minor
   */
  record Slice(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public Slice {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "slice";
    }

    @Override
    public boolean isCollective() {
      return false;
    }
  }

  /**
   * Puts the chunks of a group together; every member gets all.
   *
   * @param label the label that becomes whole along the axes
   * @param axes the last of its axes, major to minor
   */
  record AllGather(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public AllGather {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "all-gather";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * Combines the addends of a group; every member gets the sum. Where a plan has an order of sums,
   * addends are joined in the order in which the action names the axes, see {@link
   * io.github.shardsum.collective.Order#INDEX}. A step has one value, or several of one dtype that
   * travel as one buffer: each is then what it would be by itself, to the bit.
   *
   * @param axes partial axes of the operand
   * @param by how they are combined: the sum, of bool the or; max or min directly behind the {@link
   *     Apply} of a reduction of that kind, the only reader of whose result this is
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

    @Override
    public String op() {
      return "all-reduce";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * Sums the addends of a group; each member gets a chunk of the sum. The order is that of {@link
   * AllReduce}.
   *
   * @param label the label that the sum is cut along
   * @param axes partial axes of the operand, in the order in which they follow the label's own
   */
  record ReduceScatter(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public ReduceScatter {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "reduce-scatter";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * Moves axes from one label to another.
   *
   * @param from the label that becomes whole along the axes
   * @param to the label that is cut over them
   * @param axes the last axes of from, in the order in which they follow to's own
   */
  record AllToAll(String from, String to, List<String> axes) implements Action {
    /** Copies the list. */
    public AllToAll {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "all-to-all";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * Sends each device's block to another device; the layout of the result says which.
   *
   * <p>The device with coordinates c gets the block of the device s that held, of every label, the
   * part which c holds afterwards. Along axes of the mesh outside {@code axes} s is c. Where
   * several devices held the block, the axes of the group that did not split the value before are
   * numbered as one, row-major in mesh order, by those of the group that do not split it
   * afterwards.
   *
   * @param axes the axes along which blocks move, in mesh order
   */
  record CollectivePermute(List<String> axes) implements Action {
    /** Copies the list. */
    public CollectivePermute {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "collective-permute";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * Cuts a label anew; every device receives what it lacks of the interval that the result's layout
   * gives it. The blocks of a group's members differ only in the label. Each index that a member
   * gets is held by exactly one member; several may get it. If chunks end at the same indices
   * before and after, the step is a {@link CollectivePermute} instead.
   *
   * @param label the label
   * @param axes the axes along which elements move, in mesh order: the label's axes from the first
   *     that changes its place on
   */
  record Exchange(String label, List<String> axes) implements Action {
    /** Copies the list. */
    public Exchange {
      axes = List.copyOf(axes);
    }

    @Override
    public String op() {
      return "exchange";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }
  }

  /**
   * An einsum of the operands' blocks.
   *
   * <p>A mesh axis splits one label of the equation at most, in every operand that has the label in
   * the same way; where an operand has a label twice, the first dimension is split and the others
   * are narrowed to its interval. Axes of labels that are summed over become partial axes of the
   * result, and so do those over which one of the operands is partial; the other operands are then
   * the same along these axes.
   *
   * @param equation what is computed, without layout
   */
  record Contract(Equation equation) implements Action {
    @Override
    public String op() {
      return "einsum";
    }

    @Override
    public boolean isCollective() {
      return false;
    }
  }

  /**
   * A statement of a program on each device's blocks of the operands.
   *
   * <p>The statement is the program's own, with logical types. Its operands and results are laid
   * out by one assignment of mesh axes to the factors of its rule ({@link
   * io.github.shardsum.layout.FactorRule}): a dimension of one factor is cut by the factor's axes,
   * in every operand and result that has the factor. So each device computes its own block of the
   * results. If the axes split a factor that is summed over, or are partial axes of an operand in
   * which the operation is linear, the device computes an addend, and the axes are partial ones of
   * the results. An operation that sees the index of a label (iota, one-hot, random numbers,
   * lengths of a ragged label, an indexed label of a composite) must also know where the blocks
   * begin along it, which the layouts say.
   *
   * @param statement the statement; operands of the step are its operands in their order, and the
   *     step's results its results
   */
  record Apply(Statement statement) implements Action {
    /** Checks for null. */
    public Apply {
      Objects.requireNonNull(statement, "statement");
    }

    @Override
    public String op() {
      return OperationPrinter.mnemonic(statement.operation());
    }

    @Override
    public boolean isCollective() {
      return false;
    }
  }

  /**
   * A statement of a program that reads neighbours along a label: a slice, a padding, a shift, a
   * window or a concatenation; or windows of a padded value as one composite {@code window.padded},
   * for which only the value is read, and a device has the fill of what lies outside of it.
   *
   * <p>As {@link Apply}, but that the label of which neighbours are read is split too, by the same
   * axes in operands and result, each cut by its own size. Every device first receives what it
   * lacks of the interval of each operand that its block of the result is made of ({@link
   * io.github.shardsum.layout.FactorRule.Reads}), the halo, from the devices that differ along the
   * axes only. No operand is a partial sum over these axes.
   *
   * @param statement the statement; operands of the step are its operands in their order
   * @param axes the axes of more than one device that split the label, major to minor
   * @param exchanged places of the operands of which a device lacks elements, ascending: one
   *     exchange each. It follows from statement and layouts, and says what is to be expected
   */
  record Neighbour(Statement statement, List<String> axes, List<Integer> exchanged)
      implements Action {
    /** Copies the lists. */
    public Neighbour {
      Objects.requireNonNull(statement, "statement");
      axes = List.copyOf(axes);
      exchanged = List.copyOf(exchanged);
    }

    @Override
    public String op() {
      return statement.operation() instanceof Nested.Composite composite
          ? composite.name()
          : OperationPrinter.mnemonic(statement.operation());
    }

    @Override
    public List<String> groupAxes() {
      return axes;
    }

    @Override
    public boolean isCollective() {
      return !exchanged.isEmpty();
    }
  }

  /**
   * A composite that brings its own partition: what devices do is written as parts, between which
   * rows travel whose number follows from data. To the plan it is a statement with layouts of
   * operands and results; no value of a plan is ragged.
   *
   * @param statement the statement, a composite; operands of the step are its operands in their
   *     order, and the step's results its results
   * @param parts what devices do
   */
  record Partitioned(Statement statement, CompositeParts parts) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is no composite
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
     * The same with another bound of the rows that a device receives.
     *
     * @param factor how many times the rows of the largest device, at least 1
     * @return a changed copy
     */
    public Partitioned withBound(double factor) {
      return new Partitioned(statement, parts.withBound(factor));
    }

    @Override
    public String op() {
      return composite().name();
    }

    @Override
    public List<String> groupAxes() {
      return parts.rowAxes();
    }
  }

  /**
   * A loop of a program: its body's plan, round after round; or a manual region: its body's plan,
   * once.
   *
   * <p>Operands are those of the statement, and behind them values that were made of invariants
   * before the loop. The body's inputs are one an operand: the carried values, in the layout that
   * they have in every round; of each sequence the round's part, laid out as the sequence without
   * the loop's label; invariants as they are. Its outputs are one a result: the carried values in
   * the layout of the input, then what each round adds to a sequence.
   *
   * <p>Of a region the body's values are what one member has, a device along the region's axes: no
   * layout in the body names these axes. An operand's label has first the axes that the region's
   * term gives it, and then those of the body's input; so has a result's label with the body's
   * output, and the axes behind the term's bar are partial ones of the result.
   *
   * @param statement the statement of the program, a {@code scan} or a {@code manual}
   * @param body the plan of a round, or of a member
   */
  record Loop(Statement statement, SpmdPlan body) implements Action {
    /** Checks for nulls. */
    public Loop {
      Objects.requireNonNull(statement, "statement");
      Objects.requireNonNull(body, "body");
    }

    /**
     * How often the body runs.
     *
     * @return the count of a loop, 1 of a region
     */
    public long rounds() {
      return statement.operation() instanceof Nested.Scan scan ? scan.count() : 1;
    }

    @Override
    public String op() {
      return statement.operation() instanceof Nested.Manual ? "region" : "loop";
    }

    @Override
    public boolean isCollective() {
      return false;
    }
  }

  /**
   * A communication between the members of a manual region, on what each of them has.
   *
   * @param statement the statement of the region's body
   */
  record Communicate(Statement statement) implements Action {
    /**
     * Checks the operation.
     *
     * @throws IllegalArgumentException if the statement is no communication
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

    @Override
    public String op() {
      return OperationPrinter.mnemonic(statement.operation()).replace('_', '-');
    }

    @Override
    public List<String> groupAxes() {
      return communication().axes().stream().map(MeshAxis::name).toList();
    }

    @Override
    public boolean isCollective() {
      return !(communication() instanceof Communication.OwnChunk
          || communication() instanceof Communication.AxisIndex);
    }
  }

  /**
   * Begins a collective, which goes on behind the steps that follow. The step has the one operand
   * of its collective and one result: the collective's, in flight, which an {@link Await} alone
   * reads. A completed sum of bf16 stays in f32 until then. At most {@link
   * io.github.shardsum.collective.Plan#MOST_IN_FLIGHT} are in flight.
   *
   * @param collective an {@link AllGather}, {@link AllToAll}, {@link AllReduce}, {@link
   *     ReduceScatter} or {@link CollectivePermute}
   */
  record Start(Action collective) implements Action {
    /** Checks for null; that it is one of those is the checker's to say. */
    public Start {
      Objects.requireNonNull(collective, "collective");
    }

    @Override
    public String op() {
      return "start";
    }

    @Override
    public List<String> groupAxes() {
      return collective.groupAxes();
    }

    @Override
    public boolean isCollective() {
      return collective.isCollective();
    }
  }

  /**
   * Waits for what was started. The step has one operand, the result of a {@link Start}, and gives
   * the same value, which is there; a completed sum of bf16 is rounded.
   */
  record Await() implements Action {
    @Override
    public String op() {
      return "await";
    }

    @Override
    public boolean isCollective() {
      return false;
    }
  }

  /**
   * An einsum in as many rounds as a group has members: with the gather of an operand before it, of
   * which each round reads one chunk, or with the reduce-scatter of its result behind it, of which
   * each round sums one chunk. Chunks travel from member to member in rings while devices compute,
   * so no device holds the gathered operand or the whole sum.
   *
   * <p>With {@code L} the axes of the label: of a gather the operand has {@code label@L.axes} and
   * every other value with the label has {@code label@L}; of a scatter the operands have {@code
   * label@L} and the result {@code label@L.axes}, and the einsum's own result is partial over the
   * axes. Member c of p begins a gather with its own chunk and goes on with those of c + step, c +
   * 2 step, ... modulo p. Of a scatter each chunk is cut in two halves, each with a ring: in round
   * r member c adds to the half of member c - (1 + r) step, which then travels by step.
   *
   * @param statement an einsum of two operands without repeated labels
   * @param operand place of the operand that is gathered; -1 if the result is scattered
   * @param label its label in the layout of the gathered operand, or of the result
   * @param axes the last of the label's axes, major to minor
   * @param rings of a gather one or two, of a scatter two
   */
  record Windows(
      Statement statement, int operand, String label, List<String> axes, List<Ring> rings)
      implements Action {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no such operand or no ring
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

    @Override
    public String op() {
      return "windows";
    }

    @Override
    public List<String> groupAxes() {
      return axes;
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
   * @param share which of the other members' chunks it has
   */
  record Ring(int step, Share share) {
    /**
     * Checks the step.
     *
     * @throws IllegalArgumentException if it is not 1 or -1
     */
    public Ring {
      Objects.requireNonNull(share, "share");
      if (Math.abs(step) != 1) {
        throw new IllegalArgumentException("plan: a ring's step must be 1 or -1, got " + step);
      }
    }

    /**
     * Rounds behind the first in which it brings a chunk.
     *
     * @param members of the group
     * @return of p - 1 other chunks all, half rounded up, or half rounded down
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
    /** All of them. */
    ALL,
    /** Half of them, rounded up. */
    LARGER_HALF,
    /** Half of them, rounded down. */
    SMALLER_HALF
  }

  /**
   * The action without what says when it ends.
   *
   * @return the collective of a {@link Start}, and every other action itself
   */
  default Action moved() {
    return this instanceof Start(Action collective) ? collective : this;
  }
}
