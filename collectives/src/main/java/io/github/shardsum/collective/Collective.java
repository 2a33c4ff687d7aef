package io.github.shardsum.collective;

import io.github.shardsum.internal.collective.CollectiveChecks;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One collective operation as a value: its kind, its parameters and its axes. An immutable value
 * that can be printed, compared and priced before anything runs.
 *
 * <p><b>Between devices.</b> Every device of the mesh enters the same collectives in the same
 * order, with equal dtypes and with {@code Collective} values that may differ only in totals and
 * counts. The groups along its axes ({@link Mesh#groups}) run side by side. Within a group the
 * shapes fit together as each operation says; different groups may have different shapes. Axes may
 * be any subset in any order; members are numbered in this order, the first axis major. No axes
 * means groups of one device. A violation throws a {@link CollectiveMismatchException} on every
 * device.
 *
 * <p><b>Pseudocode.</b> Each operation is defined by a function over a list: {@code x[i]} is the
 * operand of member i of a group of p, {@code out[i]} its result. {@code chunk(n, i)} is the range
 * of part i of n elements (chunks of chunks over several axes, see {@link Chunks}); {@code take(x,
 * dim, range)} is the part of x within a range of a dimension, {@code concat} its inverse.
 *
 * <p><b>Memory.</b> An operand is only read. A result given by the caller may be the operand itself
 * or overlap it in any way; it must not overlap the memory of another device. There are two
 * exceptions. Members of one group may give one tensor for the result of an all-reduce, an
 * all-gather or a broadcast. Devices of different groups that hold the same tile of a value may
 * pass the very same tensors as operand and result: the result is computed and written once.
 */
public sealed interface Collective {
  /**
   * The axes of the groups, major to minor.
   *
   * @return an immutable list of distinct names
   */
  List<String> axes();

  /**
   * Reduces the members' operands, element by element; every member gets the result.
   *
   * <pre>{@code
   * for i in 0..p:  require shape(x[i]) == shape(x[0])
   * for i in 0..p:  out[i] = reduce(x[0], x[1], ..., x[p - 1])
   * }</pre>
   *
   * <p>Two devices, SUM: {@code x = {[1, 2], [10, 20]}} gives {@code out = {[11, 22], [11, 22]}}.
   *
   * @param axes the axes
   * @param reduction how values are combined
   * @param order the order of the reduction
   */
  record AllReduce(List<String> axes, Reduction reduction, Order order) implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice
     */
    public AllReduce {
      axes = CollectiveChecks.distinct(axes);
      Objects.requireNonNull(reduction, "reduction");
      Objects.requireNonNull(order, "order");
    }

    /**
     * Along the fixed tree.
     *
     * @param reduction how values are combined
     * @param axes the axes
     */
    public AllReduce(Reduction reduction, String... axes) {
      this(CollectiveChecks.list(axes), reduction, Order.TREE);
    }

    /** As in {@code all-reduce SUM over x.y}. */
    @Override
    public String toString() {
      return "all-reduce " + reduction + CollectiveChecks.in(order) + CollectiveChecks.over(axes);
    }
  }

  /**
   * Reduces the members' operands, element by element; member i gets chunk i of the result along a
   * dimension.
   *
   * <pre>{@code
   * for i in 0..p:  require shape(x[i]) == shape(x[0])
   * total = reduce(x[0], x[1], ..., x[p - 1])
   * for i in 0..p:  out[i] = take(total, dim, chunk(size(total, dim), i))
   * }</pre>
   *
   * <p>Two devices, SUM, dim 0: {@code x = {[1, 2, 3], [10, 20, 30]}} gives {@code out = {[11, 22],
   * [33]}}.
   *
   * @param axes the axes
   * @param reduction how values are combined
   * @param dim the dimension that is cut
   * @param order {@link Order#TREE} or {@link Order#INDEX}
   */
  record ReduceScatter(List<String> axes, Reduction reduction, int dim, Order order)
      implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice, the dimension is negative or the
     *     order is {@link Order#ANY}
     */
    public ReduceScatter {
      axes = CollectiveChecks.distinct(axes);
      Objects.requireNonNull(reduction, "reduction");
      Objects.requireNonNull(order, "order");
      CollectiveChecks.checkDim(dim);
      if (order == Order.ANY) {
        throw new IllegalArgumentException(
            "reduce-scatter: the order must be TREE or INDEX, got " + order);
      }
    }

    /**
     * Along the fixed tree.
     *
     * @param axes the axes
     * @param reduction how values are combined
     * @param dim the dimension that is cut
     */
    public ReduceScatter(List<String> axes, Reduction reduction, int dim) {
      this(axes, reduction, dim, Order.TREE);
    }

    /**
     * As the canonical constructor.
     *
     * @param reduction how values are combined
     * @param dim the dimension that is cut
     * @param axes the axes
     */
    public ReduceScatter(Reduction reduction, int dim, String... axes) {
      this(CollectiveChecks.list(axes), reduction, dim);
    }

    /** As in {@code reduce-scatter SUM dim 0 over x}. */
    @Override
    public String toString() {
      return "reduce-scatter "
          + reduction
          + CollectiveChecks.in(order)
          + " dim "
          + dim
          + CollectiveChecks.over(axes);
    }
  }

  /**
   * Concatenates the members' operands along a dimension; every member gets the whole.
   *
   * <pre>{@code
   * total = size(out[0], dim) if out is given, else total if given, else p * size(x[0], dim)
   * for i in 0..p:  require size(x[i], dim) == length(chunk(total, i)), other sizes as x[0]'s
   * for i in 0..p:  out[i] = concat(dim, x[0], x[1], ..., x[p - 1])
   * }</pre>
   *
   * <p>Two devices, dim 0, total 3: {@code x = {[1, 2], [3]}} gives {@code out = {[1, 2, 3], [1, 2,
   * 3]}}.
   *
   * @param axes the axes
   * @param dim the dimension
   * @param total size of the result along dim where the caller gives no result; empty if all
   *     operands have one size. Where results are given, their size is the total, which may differ
   *     between groups
   */
  record AllGather(List<String> axes, int dim, OptionalLong total) implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice, the dimension is negative or the
     *     total is
     */
    public AllGather {
      axes = CollectiveChecks.distinct(axes);
      CollectiveChecks.checkDim(dim);
      CollectiveChecks.checkTotal(total);
    }

    /**
     * All operands have one size.
     *
     * @param dim the dimension
     * @param axes the axes
     */
    public AllGather(int dim, String... axes) {
      this(CollectiveChecks.list(axes), dim, OptionalLong.empty());
    }

    /** As in {@code all-gather dim 0 over x}. */
    @Override
    public String toString() {
      return "all-gather dim " + dim + CollectiveChecks.text(total) + CollectiveChecks.over(axes);
    }
  }

  /**
   * Cuts each operand along one dimension, sends chunk j to member j, and concatenates the received
   * chunks along another (or the same) dimension in the order of the members.
   *
   * <pre>{@code
   * total = size(out[0], concat) if out is given, else total if given, else p * size(x[0], concat)
   * for i in 0..p:  require size(x[i], split) == size(x[0], split), other sizes as x[0]'s, and
   *                 if split != concat:  size(x[i], concat) == length(chunk(total, i))
   *                 if split == concat:  size(x[i], split) % p == 0, total not given
   * for j in 0..p:  out[j] = concat(concat, take(x[i], split, chunk(size(x[i], split), j))
   *                                         for i in 0..p)
   * }</pre>
   *
   * <p>Two devices, split 0, concat 0: {@code x = {[1, 2], [3, 4]}} gives {@code out = {[1, 3], [2,
   * 4]}}. Split 0, concat 1, total 3: {@code x = {[[1, 2], [3, 4]], [[5], [6]]}} gives {@code out =
   * {[[1, 2, 5]], [[3, 4, 6]]}}: a value split on its second dimension becomes one split on its
   * first.
   *
   * @param axes the axes
   * @param split the dimension that is cut
   * @param concat the dimension that is put together
   * @param total size of the result along concat where the caller gives no result; empty if all
   *     operands have one size there. Where results are given, their size is the total, which may
   *     differ between groups
   */
  record AllToAll(List<String> axes, int split, int concat, OptionalLong total)
      implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice, a dimension or the total is
     *     negative, or a total is given although split and concat are one dimension
     */
    public AllToAll {
      axes = CollectiveChecks.distinct(axes);
      CollectiveChecks.checkDim(split);
      CollectiveChecks.checkDim(concat);
      CollectiveChecks.checkTotal(total);
      if (split == concat && total.isPresent()) {
        throw new IllegalArgumentException(
            "all-to-all: the size stays the same if split and concat are one dimension,"
                + " got the total "
                + total.getAsLong()
                + "; leave it out");
      }
    }

    /**
     * All operands have one size.
     *
     * @param split the dimension that is cut
     * @param concat the dimension that is put together
     * @param axes the axes
     */
    public AllToAll(int split, int concat, String... axes) {
      this(CollectiveChecks.list(axes), split, concat, OptionalLong.empty());
    }

    /** As in {@code all-to-all split 0 concat 1 over x}. */
    @Override
    public String toString() {
      return "all-to-all split "
          + split
          + " concat "
          + concat
          + CollectiveChecks.text(total)
          + CollectiveChecks.over(axes);
    }
  }

  /**
   * Sends rows (the first dimension) from member to member; counts differ between pairs and may be
   * zero.
   *
   * <pre>{@code
   * for i, j in 0..p:  require send[i][j] == receive[j][i], sizes but the first as x[0]'s
   * for j in 0..p:     out[j] = what it held, or zeros
   * for i, j in 0..p:  rows = x[i][sendOffset[i][j] : + send[i][j]]
   *                    out[j][receiveOffset[j][i] : + receive[j][i]] = rows
   * }</pre>
   *
   * <p>Each device has its own counts and offsets, so the devices' values of this record differ in
   * them. {@link Device} takes the counts of one device; {@link Collectives} takes those of all
   * devices of the process, in their order. A value without counts stands for any counts, as in a
   * plan or a cost model. Sent ranges may overlap and leave out rows; received ranges must not
   * overlap, and rows of {@code out} outside them keep their contents.
   *
   * <p>Two devices: {@code x = {[1, 2, 3], [4, 5]}} with {@code send = {[1, 2], [0, 2]}} and so
   * {@code receive = {[1, 0], [2, 2]}} gives {@code out = {[1], [2, 3, 4, 5]}}.
   *
   * @param axes the axes
   * @param counts the counts of each device that enters with this value; empty if they are given
   *     later
   */
  record RaggedAllToAll(List<String> axes, List<RaggedCounts> counts) implements Collective {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if an axis is named twice
     */
    public RaggedAllToAll {
      axes = CollectiveChecks.distinct(axes);
      counts = CollectiveChecks.counts(counts);
    }

    /**
     * For the counts of one device.
     *
     * @param counts the counts
     * @param axes the axes
     */
    public RaggedAllToAll(RaggedCounts counts, String... axes) {
      this(CollectiveChecks.list(axes), List.of(Objects.requireNonNull(counts, "counts")));
    }

    /**
     * Without counts, which are given later.
     *
     * @param axes the axes
     */
    public RaggedAllToAll(String... axes) {
      this(CollectiveChecks.list(axes), List.of());
    }

    /**
     * The same operation along the same axes, with other counts.
     *
     * @param others the counts of each device that enters with the value
     * @return the operation
     */
    public RaggedAllToAll with(List<RaggedCounts> others) {
      return new RaggedAllToAll(axes, others);
    }

    /** As in {@code ragged all-to-all over x}. */
    @Override
    public String toString() {
      return "ragged all-to-all" + CollectiveChecks.over(axes);
    }
  }

  /**
   * Sends operands from member to member; a member without a sender gets zeros.
   *
   * <pre>{@code
   * for s, t in pairs:  require shape(out[t]) == shape(x[s])
   * for t in 0..p:      out[t] = x[s] if there is a pair (s, t) else zeros
   * }</pre>
   *
   * <p>Two devices, the pair 0 to 1: {@code x = {[1, 2], [3, 4]}} gives {@code out = {[0, 0], [1,
   * 2]}}.
   *
   * <p>Where the caller gives no result, it has the shape of the member's own operand.
   *
   * @param axes the axes
   * @param pairs pairs of source and target; a member is at most once a source and at most once a
   *     target
   */
  record Permute(List<String> axes, List<Route> pairs) implements Collective {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if an axis is named twice, or a source or target is
     */
    public Permute {
      axes = CollectiveChecks.distinct(axes);
      pairs = List.copyOf(Objects.requireNonNull(pairs, "pairs"));
      checkOnce(pairs, pairs.stream().map(Route::source).toList(), "source");
      checkOnce(pairs, pairs.stream().map(Route::target).toList(), "target");
    }

    private static void checkOnce(List<Route> pairs, List<Integer> members, String role) {
      Set<Integer> seen = new HashSet<>();
      for (int member : members) {
        if (!seen.add(member)) {
          throw new IllegalArgumentException(
              "collective-permute: each "
                  + role
                  + " must be named once, got "
                  + member
                  + " twice in "
                  + pairs
                  + (role.equals("source") ? "; a broadcast sends to several" : ""));
        }
      }
    }

    /**
     * Every member i of a ring sends to member i + distance, modulo the number of members.
     *
     * @param distance the distance, any integer
     * @param members number of members of the group, at least 1, see {@link Mesh#size(List)}
     * @param axes the axes
     * @return the operation
     * @throws IllegalArgumentException if there are no members
     */
    public static Permute shift(int distance, int members, String... axes) {
      if (members < 1) {
        throw new IllegalArgumentException(
            "collective-permute: members of a shift must be at least 1, got " + members);
      }
      List<Route> pairs = new ArrayList<>();
      for (int member = 0; member < members; member++) {
        pairs.add(new Route(member, Math.floorMod((long) member + distance, members)));
      }
      return new Permute(CollectiveChecks.list(axes), pairs);
    }

    /**
     * The source of each member.
     *
     * @param members number of members of the group, at least 1
     * @return the source of each member, or -1 for a member that receives nothing; a fresh array
     * @throws IllegalArgumentException if there are no members
     * @throws IndexOutOfBoundsException if a source or a target is not a member
     */
    public int[] sources(int members) {
      if (members < 1) {
        throw new IllegalArgumentException(
            "collective-permute: members must be at least 1, got " + members);
      }
      int[] sources = new int[members];
      Arrays.fill(sources, -1);
      for (Route pair : pairs) {
        if (pair.source() >= members || pair.target() >= members) {
          throw new IndexOutOfBoundsException(
              "collective-permute: members must be in [0, " + members + "), got " + pair);
        }
        sources[pair.target()] = pair.source();
      }
      return sources;
    }

    /** As in {@code collective-permute 0->1 1->0 over x}. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("collective-permute");
      pairs.stream().limit(8).forEach(pair -> text.append(' ').append(pair));
      return text.append(pairs.size() > 8 ? " ... (" + pairs.size() + " pairs)" : "")
          .append(CollectiveChecks.over(axes))
          .toString();
    }
  }

  /**
   * One pair of a {@link Permute}.
   *
   * @param source the member that sends
   * @param target the member that receives
   */
  record Route(int source, int target) {
    /**
     * Checks the members.
     *
     * @throws IllegalArgumentException if a member is negative
     */
    public Route {
      if (source < 0 || target < 0) {
        throw new IllegalArgumentException(
            "collective-permute: members must be at least 0, got " + source + "->" + target);
      }
    }

    /** As in {@code 0->1}. */
    @Override
    public String toString() {
      return source + "->" + target;
    }
  }

  /**
   * Changes which interval of a dimension each member holds; a member receives exactly the elements
   * that it lacks.
   *
   * <pre>{@code
   * n = size(from)                                    // of the whole dimension
   * for i in 0..p:  require size(x[i], dim) == length(from, i), other sizes as x[0]'s
   * for j in 0..p:  require every g in interval(to, j) is in interval(from, i) for some i
   * for j in 0..p:  out[j] = concat(dim, element(g) for g in interval(to, j))
   * element(g):     take(x[i], dim, g - start(from, i) : + 1) for any i with g in interval(from, i)
   * }</pre>
   *
   * <p>Two devices, dim 0, from [0, 2) [2, 3), to [0, 3) [1, 3): {@code x = {[1, 2], [3]}} gives
   * {@code out = {[1, 2, 3], [2, 3]}}.
   *
   * <p>Intervals of either cut may overlap or be empty, so this operation serves halo exchanges,
   * new divisions into chunks and shifts. It also moves the elements that padding, slices and
   * concatenation of a split dimension read, see {@link Cut}. An element that several members hold
   * must be the same on all of them. A member keeps the elements that it holds; the others come
   * from as few members as possible.
   *
   * @param axes the axes
   * @param dim the dimension
   * @param from the intervals of the members' operands, one part for each member
   * @param to the intervals of their results, with the same size and number of parts
   */
  record Exchange(List<String> axes, int dim, Cut from, Cut to) implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice, the dimension is negative, the
     *     cuts differ in size or parts, or no member holds an element that another is to receive
     */
    public Exchange {
      axes = CollectiveChecks.distinct(axes);
      CollectiveChecks.checkDim(dim);
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
      if (from.size() != to.size() || !from.parts().equals(to.parts())) {
        throw new IllegalArgumentException(
            "exchange: both cuts must be of one size and of the same parts, got "
                + from
                + " and "
                + to);
      }
      CollectiveChecks.intervals(from, to);
    }

    /**
     * As the canonical constructor.
     *
     * @param dim the dimension
     * @param from the intervals of the members' operands
     * @param to the intervals of their results
     * @param axes the axes
     */
    public Exchange(int dim, Cut from, Cut to, String... axes) {
      this(CollectiveChecks.list(axes), dim, from, to);
    }

    /**
     * The transfers between members.
     *
     * @return for each member the intervals that it receives, ascending, its own part included; at
     *     most one interval from each member, and no empty one
     */
    public List<List<Interval>> intervals() {
      return CollectiveChecks.intervals(from, to);
    }

    /** As in {@code exchange dim 0 from chunks of 7 over 2 to chunks of 7 over 2 over x}. */
    @Override
    public String toString() {
      return "exchange dim " + dim + " from " + from + " to " + to + CollectiveChecks.over(axes);
    }
  }

  /**
   * Indices that one member of an {@link Exchange} receives from another.
   *
   * @param source the member that sends them
   * @param start the first index
   * @param end the index after the last
   */
  record Interval(int source, long start, long end) {
    /**
     * Number of indices.
     *
     * @return the number, at least 1
     */
    public long length() {
      return end - start;
    }

    /** As in {@code [2, 5) of 1}. */
    @Override
    public String toString() {
      return "[" + start + ", " + end + ") of " + source;
    }
  }

  /**
   * Gives every member the root's operand.
   *
   * <pre>{@code
   * for i in 0..p:  require shape(x[i]) == shape(x[root])
   * for i in 0..p:  out[i] = x[root]
   * }</pre>
   *
   * <p>Two devices, root 1: {@code x = {[1, 2], [3, 4]}} gives {@code out = {[3, 4], [3, 4]}}.
   *
   * @param axes the axes
   * @param root the member whose operand is sent
   */
  record Broadcast(List<String> axes, int root) implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice or the root is negative
     */
    public Broadcast {
      axes = CollectiveChecks.distinct(axes);
      if (root < 0) {
        throw new IllegalArgumentException("broadcast: the root must be at least 0, got " + root);
      }
    }

    /**
     * As the canonical constructor.
     *
     * @param root the member whose operand is sent
     * @param axes the axes
     */
    public Broadcast(int root, String... axes) {
      this(CollectiveChecks.list(axes), root);
    }

    /** As in {@code broadcast from 0 over x}. */
    @Override
    public String toString() {
      return "broadcast from " + root + CollectiveChecks.over(axes);
    }
  }

  /**
   * Returns on each member of a group only after all have entered.
   *
   * <pre>{@code
   * for i in 0..p:  out[i] = x[i]   // after every member of the group has entered
   * }</pre>
   *
   * <p>Two devices: device 1 reads after the barrier what device 0 wrote to shared memory before
   * it.
   *
   * @param axes the axes
   */
  record Barrier(List<String> axes) implements Collective {
    /**
     * Copies the axes.
     *
     * @throws IllegalArgumentException if an axis is named twice
     */
    public Barrier {
      axes = CollectiveChecks.distinct(axes);
    }

    /**
     * As the canonical constructor.
     *
     * @param axes the axes
     */
    public Barrier(String... axes) {
      this(CollectiveChecks.list(axes));
    }

    /** As in {@code barrier over x}. */
    @Override
    public String toString() {
      return "barrier" + CollectiveChecks.over(axes);
    }
  }
}
