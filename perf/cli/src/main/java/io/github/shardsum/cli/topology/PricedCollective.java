package io.github.shardsum.cli.topology;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.topology.CollectiveCost;
import io.github.shardsum.topology.CollectiveCostModel;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A collective that {@code shardsum topology} prices. */
enum PricedCollective {
  ALL_REDUCE,
  REDUCE_SCATTER,
  ALL_GATHER,
  ALL_TO_ALL,
  RAGGED_ALL_TO_ALL,
  COLLECTIVE_PERMUTE,
  EXCHANGE,
  BROADCAST,
  BARRIER;

  /** Rows of an expert with the usual load. */
  private static final long ROWS = 1_000;

  /** Indices of a device's chunk; an exchange sends the first and the last. */
  private static final long INDICES = 16;

  /**
   * The price.
   *
   * @param hot for a ragged all-to-all, the rows sent to the first member as a multiple of those
   *     sent to any other; each member sends the given bytes
   */
  CollectiveCost price(CollectiveCostModel costs, List<String> over, long bytes, double hot) {
    if (this == RAGGED_ALL_TO_ALL) {
      return ragged(costs, new RaggedAllToAll(over, List.of()), bytes, hot);
    }
    long unit = this == EXCHANGE ? Math.ceilDiv(bytes, INDICES) : bytes;
    return costs.price(collective(costs, over.toArray(String[]::new)), unit);
  }

  private Collective collective(CollectiveCostModel costs, String... axes) {
    return switch (this) {
      case ALL_REDUCE -> new AllReduce(Reduction.SUM, axes);
      case REDUCE_SCATTER -> new ReduceScatter(Reduction.SUM, 0, axes);
      case ALL_GATHER -> new AllGather(0, axes);
      case ALL_TO_ALL -> new AllToAll(0, 0, axes);
      case RAGGED_ALL_TO_ALL -> new RaggedAllToAll(axes);
      case COLLECTIVE_PERMUTE -> Permute.shift(1, costs.mesh().size(List.of(axes)), axes);
      case EXCHANGE -> halos(costs, axes);
      case BROADCAST -> new Broadcast(0, axes);
      case BARRIER -> new Barrier(axes);
    };
  }

  /** A halo of one index on either side. */
  private static Exchange halos(CollectiveCostModel costs, String... axes) {
    List<Integer> parts = Stream.of(axes).map(costs.mesh()::size).toList();
    long size = INDICES * costs.mesh().size(List.of(axes));
    Cut chunks = Cut.chunks(size, parts);
    return new Exchange(0, chunks, chunks.shift(1).window(3, 1, 1, size), axes);
  }

  private static CollectiveCost ragged(
      CollectiveCostModel costs, RaggedAllToAll ragged, long bytes, double hot) {
    DeviceGroups groups = costs.mesh().groups(ragged.axes());
    long hotRows = Math.round(ROWS * hot);
    double rows = hotRows + (double) ROWS * (groups.size() - 1);
    return costs.price(
        ragged,
        (_, target) -> {
          long share = groups.memberOf(target) == 0 ? hotRows : ROWS;
          return Math.round(share / rows * bytes);
        },
        1);
  }

  /** As in {@code all-reduce}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
