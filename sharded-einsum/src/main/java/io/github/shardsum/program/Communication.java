package io.github.shardsum.program;

import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.List;
import java.util.Objects;

/**
 * Operations by which the devices of a {@link Nested.Manual} region, its members, communicate. They
 * are statements of the region's body and of bodies of scans in that body. Without a mesh the
 * members are evaluated one after the other.
 *
 * <p>Members form groups: members of one group differ only along the axes that an operation names.
 * A group has p members, numbered row-major in the order of the axes, the first axis major. Let
 * {@code x[i]} be the operand of member i of a group; each operation defines {@code out[i]}. All
 * members of a group have operands of the same type, and sizes divide evenly. Every dtype that is
 * not excluded is legal. NaN is an element like any other; sums, maxima and minima treat it as
 * {@link Contraction.Reduce} does.
 *
 * <p>The axes are axes of regions around the operation, with the same sizes. Compilation,
 * propagation and differentiation refuse a communication outside of a region.
 */
public sealed interface Communication extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case AllReduce(Value x, _, _) -> List.of(x);
      case AllGather(Value x, _, _) -> List.of(x);
      case ReduceScatter(Value x, _, _) -> List.of(x);
      case AllToAll(Value x, _, _, _) -> List.of(x);
      case Permute(Value x, _, _) -> List.of(x);
      case OwnChunk(Value x, _, _) -> List.of(x);
      case AxisIndex _ -> List.of();
    };
  }

  /**
   * The axes along which members communicate.
   *
   * @return at least one, major to minor
   */
  List<MeshAxis> axes();

  /**
   * {@code out[i]} is the combination of x[0] to x[p - 1], by the tree of a sum over devices.
   *
   * @param x the value to combine
   * @param by the reduction: a sum for numbers; a maximum or minimum for any dtype
   * @param axes axes of the group
   */
  record AllReduce(Value x, ReduceKind by, List<MeshAxis> axes) implements Communication {
    /** Copies the list. */
    public AllReduce {
      Objects.requireNonNull(by, "by");
      axes = List.copyOf(axes);
    }
  }

  /**
   * {@code out[i]} is the concatenation of x[0] to x[p - 1] along a label.
   *
   * @param x a chunk of the result
   * @param label the label along which chunks are concatenated, in the order of the members
   * @param axes axes of the group
   */
  record AllGather(Value x, String label, List<MeshAxis> axes) implements Communication {
    /** Copies the list. */
    public AllGather {
      axes = List.copyOf(axes);
    }
  }

  /**
   * {@code out[i]} is chunk i, of p chunks along a label, of the sum of x[0] to x[p - 1]; for
   * numbers only.
   *
   * @param x the value that is summed
   * @param label the label along which the sum is cut; p must divide its size
   * @param axes axes of the group
   */
  record ReduceScatter(Value x, String label, List<MeshAxis> axes) implements Communication {
    /** Copies the list. */
    public ReduceScatter {
      axes = List.copyOf(axes);
    }
  }

  /**
   * For {@code out[i]}, chunk i along {@code to} is taken from each of x[0] to x[p - 1], and these
   * p chunks are concatenated along {@code from}. A value that is split along {@code from} becomes
   * a value that is split along {@code to}.
   *
   * @param x the value that is sent
   * @param from the label that becomes p times as long
   * @param to another label, which is cut; p must divide its size
   * @param axes axes of the group
   */
  record AllToAll(Value x, String from, String to, List<MeshAxis> axes) implements Communication {
    /** Copies the list. */
    public AllToAll {
      axes = List.copyOf(axes);
    }
  }

  /** The senders and receivers of a {@link Permute}. */
  sealed interface Routes {
    /**
     * Member i sends to member i + by.
     *
     * @param by the distance; a negative one is towards the first member
     * @param wraps whether members form a ring; otherwise nothing is sent beyond the ends
     */
    record Shift(long by, boolean wraps) implements Routes {}

    /**
     * Pairs of a source and a target.
     *
     * @param pairs the pairs; each member is at most once a source and at most once a target
     */
    record Pairs(List<Pair> pairs) implements Routes {
      /** Copies the list. */
      public Pairs {
        pairs = List.copyOf(pairs);
      }
    }

    /**
     * A source and its target.
     *
     * @param from number of the member that sends
     * @param to number of the member that gets
     */
    record Pair(int from, int to) {
      /** Written as {@code 0->1}. */
      @Override
      public String toString() {
        return from + "->" + to;
      }
    }

    /**
     * The member that sends to the given member.
     *
     * @param member the number of the member
     * @param members the number of members
     * @return the number of the sender; -1 if no member sends
     */
    default int source(int member, int members) {
      return switch (this) {
        case Shift(long by, boolean wraps) -> {
          long from = member - by;
          yield (int)
              (wraps
                  ? Math.floorMod(from, (long) members)
                  : from >= 0 && from < members ? from : -1);
        }
        case Pairs(List<Pair> pairs) ->
            pairs.stream()
                .filter(pair -> pair.to() == member)
                .mapToInt(Pair::from)
                .findFirst()
                .orElse(-1);
      };
    }

    /**
     * The routes back.
     *
     * @return targets as sources
     */
    default Routes inverse() {
      return switch (this) {
        case Shift(long by, boolean wraps) -> new Shift(-by, wraps);
        case Pairs(List<Pair> pairs) ->
            new Pairs(pairs.stream().map(pair -> new Pair(pair.to(), pair.from())).toList());
      };
    }
  }

  /**
   * {@code out[t]} is x[s] if a route leads from s to t, and zeros (false) if no route leads to t.
   *
   * @param x the value that is sent
   * @param axes axes of the group
   * @param routes the sender and the receiver of each message
   */
  record Permute(Value x, List<MeshAxis> axes, Routes routes) implements Communication {
    /** Copies the list. */
    public Permute {
      Objects.requireNonNull(routes, "routes");
      axes = List.copyOf(axes);
    }
  }

  /**
   * {@code out[i]} is chunk i of x[i], which is cut into p chunks along a label; nothing is sent.
   *
   * @param x the value that is cut
   * @param label the label that is cut; p must divide its size
   * @param axes axes of the group
   */
  record OwnChunk(Value x, String label, List<MeshAxis> axes) implements Communication {
    /** Copies the list. */
    public OwnChunk {
      axes = List.copyOf(axes);
    }
  }

  /**
   * {@code out[i]} is i, an i64[]; nothing is sent.
   *
   * @param axis the axis
   */
  record AxisIndex(MeshAxis axis) implements Communication {
    /** Checks for null. */
    public AxisIndex {
      Objects.requireNonNull(axis, "axis");
    }

    @Override
    public List<MeshAxis> axes() {
      return List.of(axis);
    }
  }

  /**
   * The members of a group.
   *
   * @return product of the axes' sizes
   */
  default int members() {
    return axes().stream().mapToInt(MeshAxis::size).reduce(1, Math::multiplyExact);
  }
}
