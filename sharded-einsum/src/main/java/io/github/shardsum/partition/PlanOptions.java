package io.github.shardsum.partition;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.topology.Topology;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** Options of planning; an immutable value. */
public final class PlanOptions {
  /** The default of {@link #raggedBound}. */
  public static final double RAGGED_BOUND = 2;

  /**
   * Without a topology, an operand is gathered in windows if it has more than this number of bytes.
   */
  public static final long WINDOW_BYTES = 256L << 20;

  /**
   * The cases in which an einsum after a gather, or before a reduce-scatter, is computed in
   * windows. In the same cases the rows of a composite with its own partition travel in pieces, one
   * piece while another is computed ({@link CompositePartition#hasPieces}).
   */
  public enum Windows {
    /** Wherever this is possible. */
    ALWAYS,
    /** Never. */
    NEVER,
    /**
     * Where windows are cheaper on the topology, and where a memory limit requires them. Without a
     * topology: where a device's gathered operand, unscattered result or buffer of rows has more
     * than {@link PlanOptions#WINDOW_BYTES}. The price never selects chunks of less than 64
     * indices, rounds of less than a million operations, or groups of more than 64 members.
     */
    BY_PRICE
  }

  /** The cases in which a composite is computed by its own partition. */
  public enum Partitions {
    /** Where this is cheaper than the composite's sharding rule. */
    BY_PRICE,
    /** Wherever the partition has a way. */
    ALWAYS,
    /** Never. */
    NEVER
  }

  private final Optional<Topology> topology;
  private final OptionalLong memoryLimit;
  private final boolean replication;
  private final boolean overlap;
  private final Windows windows;
  private final SumOrder sums;
  private final double raggedBound;
  private final Partitions partitions;

  private PlanOptions(
      Optional<Topology> topology,
      OptionalLong memoryLimit,
      boolean replication,
      boolean overlap,
      Windows windows,
      SumOrder sums,
      double raggedBound,
      Partitions partitions) {
    Objects.requireNonNull(topology, "topology");
    Objects.requireNonNull(memoryLimit, "memoryLimit");
    Objects.requireNonNull(windows, "windows");
    Objects.requireNonNull(sums, "sums");
    Objects.requireNonNull(partitions, "partitions");
    if (memoryLimit.isPresent() && memoryLimit.getAsLong() < 0) {
      throw new IllegalArgumentException(
          "memory limit: must be at least 0 bytes, got " + memoryLimit.getAsLong());
    }
    if (!(raggedBound >= 1 && Double.isFinite(raggedBound))) {
      throw new IllegalArgumentException(
          "bound of rows: must be at least 1 times the local rows, got " + raggedBound);
    }
    this.topology = topology;
    this.memoryLimit = memoryLimit;
    this.replication = replication;
    this.overlap = overlap;
    this.windows = windows;
    this.sums = sums;
    this.raggedBound = raggedBound;
    this.partitions = partitions;
  }

  /**
   * The options without topology, limit, replication, overlap and windows, and with sums in the
   * fastest order.
   *
   * @return the defaults
   */
  public static PlanOptions defaults() {
    return new PlanOptions(
        Optional.empty(),
        OptionalLong.empty(),
        false,
        false,
        Windows.NEVER,
        SumOrder.FASTEST,
        RAGGED_BOUND,
        Partitions.BY_PRICE);
  }

  /**
   * Prices collectives on a network.
   *
   * @param value a network with the mesh's number of devices
   * @return a changed copy
   */
  public PlanOptions withTopology(Topology value) {
    return new PlanOptions(
        Optional.of(Objects.requireNonNull(value, "topology")),
        memoryLimit,
        replication,
        overlap,
        windows,
        sums,
        raggedBound,
        partitions);
  }

  /**
   * Prices collectives by the elements that devices receive.
   *
   * @return a changed copy
   */
  public PlanOptions withoutTopology() {
    return new PlanOptions(
        Optional.empty(),
        memoryLimit,
        replication,
        overlap,
        windows,
        sums,
        raggedBound,
        partitions);
  }

  /**
   * Limits the bytes that a device may hold at any time.
   *
   * @param bytes the most bytes, at least 0
   * @return a changed copy
   * @throws IllegalArgumentException if there are fewer than 0 bytes
   */
  public PlanOptions withMemoryLimit(long bytes) {
    return withMemoryLimit(OptionalLong.of(bytes));
  }

  /**
   * Limits the bytes that a device may hold at any time, if there is a limit.
   *
   * @param bytes the most bytes, at least 0; none for no limit
   * @return a changed copy
   * @throws IllegalArgumentException if there are fewer than 0 bytes
   */
  public PlanOptions withMemoryLimit(OptionalLong bytes) {
    return new PlanOptions(
        topology, bytes, replication, overlap, windows, sums, raggedBound, partitions);
  }

  /**
   * Lets a device hold a whole value during a reshard.
   *
   * @return a changed copy
   */
  public PlanOptions withReplication() {
    return new PlanOptions(
        topology, memoryLimit, true, overlap, windows, sums, raggedBound, partitions);
  }

  /**
   * Sets whether collectives of a program may run while devices compute.
   *
   * @param wanted whether collectives may run then
   * @return a changed copy
   */
  public PlanOptions withOverlap(boolean wanted) {
    return new PlanOptions(
        topology, memoryLimit, replication, wanted, windows, sums, raggedBound, partitions);
  }

  /**
   * Keeps an order of floating-point sums, so that the plan's results have the same bits as those
   * of the local backend with this order.
   *
   * @param value the order
   * @return a changed copy
   */
  public PlanOptions withSums(SumOrder value) {
    return new PlanOptions(
        topology, memoryLimit, replication, overlap, windows, value, raggedBound, partitions);
  }

  /**
   * Plans memory for more or fewer received rows, if their numbers depend on data.
   *
   * @param factor the bound of received rows as a multiple of the rows of the largest device, at
   *     least 1; if a device would receive more, an executable runs again with the next larger
   *     bound
   * @return a changed copy
   * @throws IllegalArgumentException if the factor is less than 1 or not finite
   */
  public PlanOptions withRaggedBound(double factor) {
    return new PlanOptions(
        topology, memoryLimit, replication, overlap, windows, sums, factor, partitions);
  }

  /**
   * Lets composites be computed by their own partitions.
   *
   * @param when the cases
   * @return a changed copy
   */
  public PlanOptions withPartitions(Partitions when) {
    return new PlanOptions(
        topology, memoryLimit, replication, overlap, windows, sums, raggedBound, when);
  }

  /**
   * Lets einsums of a program be computed in windows.
   *
   * @param when the cases
   * @return a changed copy
   */
  public PlanOptions withWindows(Windows when) {
    return new PlanOptions(
        topology, memoryLimit, replication, overlap, when, sums, raggedBound, partitions);
  }

  /**
   * {@return the network that prices collectives, in seconds. Without a network the plan with the
   * fewest received elements is chosen, where 200 multiply-adds count as one element; among equal
   * plans the one with the fewest collectives. Printed prices add 1,000 elements for each
   * collective}
   */
  public Optional<Topology> topology() {
    return topology;
  }

  /**
   * {@return the most bytes that a device may hold at any time, inputs included; none for no limit}
   */
  public OptionalLong memoryLimit() {
    return memoryLimit;
  }

  /**
   * {@return whether a device may hold a whole value during a reshard between two layouts that are
   * not whole}
   */
  public boolean replication() {
    return replication;
  }

  /**
   * {@return whether collectives of a program's plan are started early and awaited late where that
   * shortens the schedule and needs no more memory}
   */
  public boolean overlap() {
    return overlap;
  }

  /**
   * {@return the cases in which einsums of a program are computed in windows, and in which rows of
   * a composite with its own partition travel in pieces}
   */
  public Windows windows() {
    return windows;
  }

  /**
   * {@return the order of floating-point sums; if it is a tree, only plans that keep it are chosen}
   */
  public SumOrder sums() {
    return sums;
  }

  /**
   * {@return the bound of received rows for which memory is planned if numbers of rows depend on
   * data: a multiple of the rows of the largest device}
   */
  public double raggedBound() {
    return raggedBound;
  }

  /** {@return the cases in which composites are computed by their own partitions} */
  public Partitions partitions() {
    return partitions;
  }

  private List<Object> values() {
    return List.of(
        topology, memoryLimit, replication, overlap, windows, sums, raggedBound, partitions);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlanOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "PlanOptions" + values();
  }
}
