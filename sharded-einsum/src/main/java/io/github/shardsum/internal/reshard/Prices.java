package io.github.shardsum.internal.reshard;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Communication;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Computing;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Prices of steps: in elements, or in seconds on a network. */
public final class Prices {
  /** The start of a collective in a printed price, in elements. */
  private static final double COLLECTIVE = 1000;

  /** Number of multiply-adds that take as long as the transfer of one element. */
  private static final double BALANCE = 200;

  /** Amounts of work are multiples of 1/PARTS, so that sums are exact in any order. */
  private static final double PARTS = 1024;

  /** Time of a product that adds to its result, divided by the time of a product that writes it. */
  static final double ACCUMULATING = 1.1;

  /**
   * The same quotient on shared memory, where nothing travels; the time of reading the sums again
   * is separate.
   */
  static final double ACCUMULATING_IN_PLACE = 1.02;

  /**
   * Time of reading elements from a cache that another round has filled, divided by the time of
   * their transfer.
   */
  private static final double AGAIN = 0.125;

  private final Optional<CollectiveCostModel> pricer;
  private final double secondsPerByte;
  private final double overlap;
  private final Optional<Computing> computing;

  private Prices(Optional<Topology> topology, Mesh mesh) {
    this.pricer = topology.map(network -> CollectiveCostModel.of(network, mesh));
    this.secondsPerByte = topology.map(network -> 1 / network.link().bytesPerSecond()).orElse(0.0);
    this.overlap = topology.map(Topology::overlap).orElse(1.0);
    this.computing = topology.flatMap(Topology::computing);
  }

  /**
   * The prices of a mesh.
   *
   * @param mesh the devices
   * @param options the options, which name the network if there is one
   * @throws IllegalArgumentException if the network has another number of devices
   */
  public static Prices of(Mesh mesh, PlanOptions options) {
    return new Prices(options.topology(), mesh);
  }

  /** The part of a transfer that takes no computing time. */
  public double overlap() {
    return overlap;
  }

  /** Whether prices are seconds on a network. */
  public boolean isTimed() {
    return pricer.isPresent();
  }

  /**
   * The price of a collective.
   *
   * @param received elements that the busiest device receives
   * @param operand elements of the largest operand
   * @param bytes bytes of an element
   * @param after layout of the result
   */
  public Cost collective(
      Supplier<Action> action,
      long received,
      long operand,
      int bytes,
      Supplier<Layout> before,
      Supplier<Layout> after) {
    return pricer.isEmpty()
        ? new Cost(received, 1)
        : new Cost(
            pricer.get().price(collective(action.get(), before, after), operand * bytes).seconds(),
            1);
  }

  /**
   * The price of receiving missing elements along a label whose neighbours are read.
   *
   * @param halo the elements that are read
   * @param bytes bytes of an element
   * @return the price; each operand with missing elements is one exchange
   */
  public Cost halo(Halo halo, int bytes) {
    List<Integer> exchanged = halo.exchanged();
    if (pricer.isEmpty()) {
      return new Cost(halo.received(), exchanged.size());
    }
    double seconds = 0;
    for (int operand : exchanged) {
      long row = halo.operands().get(operand).others() * bytes;
      seconds += pricer.get().price(halo.exchange(operand), row).seconds();
    }
    return new Cost(seconds, exchanged.size());
  }

  /**
   * The price of the rows that a composite with its own partition moves, if rows are spread evenly.
   *
   * @param parts the elements that each part moves
   * @return the price, with one collective for each part
   */
  public Cost parts(List<PartFigures> parts) {
    double amount = 0;
    for (PartFigures part : parts) {
      amount +=
          pricer.isEmpty()
              ? part.received()
              : pricer
                  .get()
                  .price(part.collective(), part.operand() * part.dtype().byteSize())
                  .seconds();
    }
    return new Cost(amount, parts.size());
  }

  /**
   * The exposed time of the transfers of a composite with its own partition, if all devices receive
   * the same number of rows.
   *
   * @param action the action of the step
   * @param operands the operands of the step
   * @return the price
   */
  public double exposed(Action.Partitioned action, List<PlannedValue> operands) {
    PartSizes sizes = new PartSizes(operands.getFirst().layout().mesh(), operands);
    int bytes = operands.getFirst().dtype().byteSize();
    PriceClocks clocks = new PriceClocks(overlap);
    double computed = 0;
    for (CompositeParts.Part part : action.parts().parts()) {
      List<PartFigures> figures = PartFigures.of(action, part, sizes);
      if (part instanceof CompositeParts.Part.Overlapped overlapped) {
        List<Double> ends =
            figures.stream().map(each -> clocks.start(total(parts(List.of(each))))).toList();
        double count = PartFigures.multiplyAdds(action, overlapped.run(), sizes);
        double work = total(multiplyAdds(count, bytes));
        clocks.local(work);
        computed += work;
        ends.forEach(clocks::await);
      } else {
        figures.forEach(each -> clocks.blocking(total(parts(List.of(each)))));
      }
    }
    return clocks.now() - computed;
  }

  /** Whether devices read and write each other's blocks in place. */
  boolean sharesMemory() {
    return computing.map(Computing::sharesMemory).orElse(false);
  }

  /** The price of reading a number of bytes again. */
  double again(double bytes) {
    return AGAIN * bytes * secondsPerByte;
  }

  /** Whether transfers in both directions along axes share a link, since some of them use a bus. */
  boolean isBus(List<String> axes) {
    return pricer.isPresent()
        && Buses.areCrossed(pricer.get().topology(), pricer.get().mesh(), axes);
  }

  /** The price of a separate collective in which each member sends to its neighbour. */
  double ring(List<String> axes, int members, long elements, int bytes) {
    if (pricer.isEmpty()) {
      return total(new Cost(elements, 1));
    }
    Collective shift = Collective.Permute.shift(1, members, axes.toArray(String[]::new));
    return pricer.get().price(shift, elements * bytes).seconds();
  }

  /** The price of computing behind a transfer. */
  double both(double work, double transfer) {
    return Math.max(work, transfer) + (1 - overlap) * Math.min(work, transfer);
  }

  /**
   * The price of computing behind two simultaneous transfers, one in each direction of a ring.
   *
   * @param isBus whether the transfers share a link
   */
  double bothWays(double work, double transfer, boolean isBus) {
    return isBus ? both(work, 2 * transfer) : both(work, transfer) + (1 - overlap) * transfer;
  }

  /**
   * The collective of an action.
   *
   * @param before layout of the operand
   * @param after layout of the result
   * @return the collective; a barrier for an action that moves nothing
   */
  public static Collective collective(
      Action action, Supplier<Layout> before, Supplier<Layout> after) {
    String[] axes = action.groupAxes().toArray(String[]::new);
    return switch (action) {
      case Action.AllGather _ -> new Collective.AllGather(0, axes);
      case Action.AllReduce _ -> new Collective.AllReduce(Reduction.SUM, axes);
      case Action.ReduceScatter _ -> new Collective.ReduceScatter(Reduction.SUM, 0, axes);
      case Action.AllToAll _, Action.Exchange _, Action.Partitioned _ ->
          new Collective.AllToAll(0, 0, axes);
      case Action.CollectivePermute permute ->
          new Collective.Permute(
              permute.axes(), pairs(ReshardPermutation.of(before.get(), after.get()).sources()));
      case Action.Neighbour _ ->
          Collective.Permute.shift(
              1, Math.toIntExact(before.get().mesh().size(action.groupAxes())), axes);
      case Action.Start(Action started) -> collective(started, before, after);
      case Action.Communicate communicate -> collective(communicate.communication(), axes);
      case Action.Slice _, Action.Apply _, Action.Loop _, Action.Windows _, Action.Await _ ->
          new Collective.Barrier();
    };
  }

  private static Collective collective(Communication communication, String... axes) {
    return switch (communication) {
      case Communication.AllReduce _ -> new Collective.AllReduce(Reduction.SUM, axes);
      case Communication.AllGather _ -> new Collective.AllGather(0, axes);
      case Communication.ReduceScatter _ -> new Collective.ReduceScatter(Reduction.SUM, 0, axes);
      case Communication.AllToAll _ -> new Collective.AllToAll(0, 0, axes);
      case Communication.Permute permute -> new Collective.Permute(List.of(axes), pairs(permute));
      case Communication.OwnChunk _, Communication.AxisIndex _ -> new Collective.Barrier();
    };
  }

  /**
   * The senders and receivers in a permute of a region.
   *
   * @return pairs of members
   */
  public static List<Collective.Route> pairs(Communication.Permute permute) {
    List<Collective.Route> pairs = new ArrayList<>();
    for (int member = 0; member < permute.members(); member++) {
      int source = permute.routes().source(member, permute.members());
      if (source >= 0) {
        pairs.add(new Collective.Route(source, member));
      }
    }
    return pairs;
  }

  /** The pairs of a permute in which each member gets another member's block. */
  public static List<Collective.Route> pairs(int[] sources) {
    List<Collective.Route> pairs = new ArrayList<>();
    for (int member = 0; member < sources.length; member++) {
      pairs.add(new Collective.Route(sources[member], member));
    }
    return pairs;
  }

  /**
   * A cost as one number.
   *
   * @return elements, with 1,000 elements for each collective; or seconds
   */
  public double total(Cost cost) {
    return cost.amount() + (isTimed() ? 0 : COLLECTIVE * cost.collectives());
  }

  /**
   * The price of receiving elements of four bytes, without the fixed cost of a collective.
   *
   * @param count how many
   */
  public double elements(double count) {
    return count * (pricer.isEmpty() ? 1 : Float.BYTES * secondsPerByte);
  }

  /**
   * The price of multiply-adds. The machine's rate is for f32; for elements of more bytes the time
   * grows in proportion.
   *
   * @param count how many
   * @param bytes bytes of an element
   */
  public Cost multiplyAdds(double count, int bytes) {
    if (computing.isPresent()) {
      double width = (double) Math.max(bytes, Float.BYTES) / Float.BYTES;
      return new Cost(2 * count * width / computing.get().flops(), 0);
    }
    double elements = Math.rint(count / BALANCE * PARTS) / PARTS;
    return new Cost(elements * (pricer.isEmpty() ? 1 : bytes * secondsPerByte), 0);
  }
}
