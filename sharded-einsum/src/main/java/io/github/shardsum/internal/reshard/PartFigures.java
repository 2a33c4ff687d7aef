package io.github.shardsum.internal.reshard;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.DType;
import java.util.List;

/**
 * Elements that a part of a partitioned composite moves.
 *
 * @param name the part's name, such as {@code rows} or {@code back}
 * @param collective the collective by which the part is priced
 * @param dtype dtype of the elements
 * @param operand elements of the largest device's operand if rows are even
 * @param received elements that a device receives if rows are even: each device sends the same
 *     number to every member
 * @param most the most elements that a device receives within the bound
 */
public record PartFigures(
    String name, Collective collective, DType dtype, long operand, long received, long most) {

  /**
   * The figures of each part that communicates.
   *
   * @param action the action of the step
   * @param operands the step's operands
   * @return the figures, in the order of the parts
   */
  public static List<PartFigures> of(Action.Partitioned action, List<PlannedValue> operands) {
    PartSizes sizes = new PartSizes(operands.getFirst().layout().mesh(), operands);
    return action.parts().parts().stream()
        .flatMap(part -> of(action, part, sizes).stream())
        .toList();
  }

  /**
   * The figures of one part.
   *
   * @param action the action of the step
   * @param sizes sizes of buffers
   * @return the transfers of the part; empty for a part that does not communicate
   */
  static List<PartFigures> of(Action.Partitioned action, Part part, PartSizes sizes) {
    return switch (part) {
      case Part.Run _ -> List.of();
      case Part.Swap swap -> List.of(swap(action, swap, sizes));
      case Part.Agree agree -> {
        long received = StepCounts.reduced(1, sizes.mesh().size(agree.axes()));
        yield List.of(
            new PartFigures(
                "agreement",
                new Collective.AllReduce(Reduction.MAX, names(agree.axes())),
                DType.I64,
                1,
                received,
                received));
      }
      case Part.Rows rows -> List.of(rows(action, rows, sizes));
      case Part.Overlapped overlapped ->
          overlapped.rows().stream().map(rows -> rows(action, rows, sizes)).toList();
      case Part.Reduce reduce -> List.of(reduce(action, reduce, sizes));
    };
  }

  private static PartFigures swap(Action.Partitioned action, Part.Swap swap, PartSizes sizes) {
    Buffer out = buffer(action, swap.out());
    long received = (sizes.mesh().size(swap.axes()) - 1L) * columns(sizes, out);
    return new PartFigures(
        "counts",
        new Collective.AllToAll(1, 0, names(swap.axes())),
        out.dtype(),
        columns(sizes, buffer(action, swap.x())),
        received,
        received);
  }

  /**
   * Bytes that a device receives if rows are even.
   *
   * @return the number
   */
  public long bytes() {
    return Math.multiplyExact(received, dtype.byteSize());
  }

  /**
   * The most bytes that a device receives.
   *
   * @return the number
   */
  public long mostBytes() {
    return Math.multiplyExact(most, dtype.byteSize());
  }

  /**
   * A piece has a share of the columns, so that the figures of all pieces add up to the figures of
   * the whole.
   */
  private static PartFigures rows(Action.Partitioned action, Part.Rows part, PartSizes sizes) {
    Buffer x = buffer(action, part.x());
    Buffer out = buffer(action, part.out());
    boolean isBack = x.extents().getFirst() instanceof Extent.Bounded;
    long members = sizes.mesh().size(part.axes());
    long columns = columns(sizes, x);
    long rows = evenRows(sizes, isBack ? out : x);
    long others = Math.ceilDiv(Math.multiplyExact(rows, members - 1), members);
    long most =
        Math.min(sizes.largest(out.extents().getFirst()), Math.multiplyExact(rows, members - 1));
    Piece piece = part.piece();
    long own = ownColumns(action, isBack ? part.sends() : part.receives(), sizes);
    return new PartFigures(
        isBack ? "back" : "rows",
        new Collective.AllToAll(0, 0, names(part.axes())),
        x.dtype(),
        Math.multiplyExact(share(rows, piece, own), columns),
        Math.multiplyExact(share(others, piece, own), columns),
        Math.multiplyExact(share(isBack ? Math.min(rows, most) : most, piece, own), columns));
  }

  /**
   * Multiply-adds of a local composite on received rows, if all devices receive the same number of
   * rows. Each row is multiplied by the weights of its expert: once in a forward composite, three
   * times in a gradient, which is the one that writes results of the statement.
   *
   * @param action the action of the step
   * @param run the local composite
   * @param sizes sizes of buffers
   * @return the number; 0 if the composite reads no received rows
   */
  public static double multiplyAdds(Action.Partitioned action, Part.Run run, PartSizes sizes) {
    long rows = 0;
    long columns = 0;
    double weights = 0;
    for (Place place : run.reads()) {
      switch (place) {
        case Place.Operand(int operand) -> weights += sizes.operands().get(operand).localElements();
        case Place.InBuffer in -> {
          Buffer buffer = buffer(action, in);
          switch (buffer.extents().getFirst()) {
            case Extent.Bounded _ -> rows = evenRows(sizes, buffer);
            case Extent.Members _ -> columns = columns(sizes, buffer);
            default -> {}
          }
        }
        case Place.Member _, Place.Result _ -> {}
      }
    }
    boolean makesResults = run.writes().stream().anyMatch(Place.Result.class::isInstance);
    return columns == 0
        ? 0
        : share(rows, run.piece(), columns) * (weights / columns) * (makesResults ? 3 : 1);
  }

  /** Columns of counts that the largest device has. */
  private static long ownColumns(
      Action.Partitioned action, Place.InBuffer counts, PartSizes sizes) {
    return columns(sizes, buffer(action, counts));
  }

  /** The part of {@code all} that falls to a piece: in proportion to its columns. */
  static long share(long all, Piece piece, long columns) {
    if (piece.isWhole() || columns == 0) {
      return piece.index() == 0 ? all : 0;
    }
    Cut cut = Cut.chunks(columns, piece.count());
    return Math.multiplyExact(all, cut.end(piece.index())) / columns
        - Math.multiplyExact(all, cut.start(piece.index())) / columns;
  }

  private static PartFigures reduce(Action.Partitioned action, Part.Reduce part, PartSizes sizes) {
    Buffer x = buffer(action, part.x());
    Buffer out = buffer(action, part.out());
    long members = sizes.mesh().size(part.axes());
    long own = ownColumns(action, part.counts(), sizes);
    long even = share(evenRows(sizes, x), part.piece(), own);
    long most = share(sizes.largest(x.extents().getFirst()), part.piece(), own);
    boolean scatters = part.scatter().isPresent();
    return new PartFigures(
        "sum",
        scatters
            ? new Collective.ReduceScatter(Reduction.SUM, 1, names(part.axes()))
            : new Collective.AllReduce(Reduction.SUM, names(part.axes())),
        x.dtype(),
        Math.multiplyExact(even, columns(sizes, x)),
        reduced(even, columns(sizes, out), members, scatters),
        reduced(most, columns(sizes, out), members, scatters));
  }

  private static long reduced(long rows, long columns, long members, boolean scatters) {
    long elements = Math.multiplyExact(rows, columns);
    return scatters
        ? StepCounts.scattered(elements, members)
        : StepCounts.reduced(elements, members);
  }

  /**
   * The rows of the largest device; for a buffer of received rows, the number of rows that this
   * device sends.
   */
  private static long evenRows(PartSizes sizes, Buffer buffer) {
    return buffer.extents().getFirst() instanceof Extent.Bounded(Extent.Local rows, var _, double _)
        ? sizes.largest(rows)
        : sizes.largest(buffer.extents().getFirst());
  }

  /** Elements of a row. */
  private static long columns(PartSizes sizes, Buffer buffer) {
    long product = 1;
    for (Extent extent : buffer.extents().subList(1, buffer.extents().size())) {
      product = Math.multiplyExact(product, sizes.largest(extent));
    }
    return product;
  }

  private static Buffer buffer(Action.Partitioned action, Place.InBuffer in) {
    return action.parts().buffers().stream()
        .filter(buffer -> buffer.name().equals(in.buffer()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "parts of "
                        + action.op()
                        + ": expected a buffer of "
                        + action.parts().buffers().stream().map(Buffer::name).toList()
                        + ", got "
                        + in));
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }
}
