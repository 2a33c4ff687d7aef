package io.github.shardsum.internal.reshard;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * Elements that a part of a partitioned composite moves.
 *
 * @param name as {@code rows} or {@code back}
 * @param collective what runs, for a price
 * @param dtype of the elements
 * @param operand elements of the largest device's operand where rows are even
 * @param received elements that a device receives where rows are even and each device sends equally
 *     many to every member
 * @param most elements that a device receives at the most, within the bound
 */
public record PartFigures(
    String name, Collective collective, DType dtype, long operand, long received, long most) {

  /**
   * Of each part that communicates.
   *
   * @param action the step's
   * @param operands the step's operands
   * @return in the order of the parts
   */
  public static List<PartFigures> of(Action.Partitioned action, List<PlannedValue> operands) {
    PartSizes sizes = new PartSizes(operands.getFirst().layout().mesh(), operands);
    List<PartFigures> all = new ArrayList<>();
    for (Part part : action.parts().parts()) {
      switch (part) {
        case Part.Run _ -> {}
        case Part.Swap swap -> {
          long members = sizes.mesh().size(swap.axes());
          Buffer out = buffer(action, swap.out());
          long one = columns(sizes, out);
          all.add(
              new PartFigures(
                  "counts",
                  new Collective.AllToAll(1, 0, names(swap.axes())),
                  out.dtype(),
                  columns(sizes, buffer(action, swap.x())),
                  (members - 1) * one,
                  (members - 1) * one));
        }
        case Part.Agree agree -> {
          long received = Counting.reduced(1, sizes.mesh().size(agree.axes()));
          all.add(
              new PartFigures(
                  "agreement",
                  new Collective.AllReduce(Reduction.MAX, names(agree.axes())),
                  DType.I64,
                  1,
                  received,
                  received));
        }
        case Part.Rows rows -> all.add(rows(action, rows, sizes));
        case Part.Reduce reduce -> all.add(reduce(action, reduce, sizes));
      }
    }
    return all;
  }

  /**
   * Bytes that a device receives where rows are even.
   *
   * @return the number
   */
  public long bytes() {
    return Math.multiplyExact(received, dtype.byteSize());
  }

  /**
   * Bytes that a device receives at the most.
   *
   * @return the number
   */
  public long mostBytes() {
    return Math.multiplyExact(most, dtype.byteSize());
  }

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
    return new PartFigures(
        isBack ? "back" : "rows",
        new Collective.AllToAll(0, 0, names(part.axes())),
        x.dtype(),
        Math.multiplyExact(rows, columns),
        Math.multiplyExact(others, columns),
        Math.multiplyExact(isBack ? Math.min(rows, most) : most, columns));
  }

  private static PartFigures reduce(Action.Partitioned action, Part.Reduce part, PartSizes sizes) {
    Buffer x = buffer(action, part.x());
    Buffer out = buffer(action, part.out());
    long members = sizes.mesh().size(part.axes());
    long even = evenRows(sizes, x);
    long most = sizes.largest(x.extents().getFirst());
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
    return scatters ? Counting.scattered(elements, members) : Counting.reduced(elements, members);
  }

  /**
   * The rows of the largest device; for a buffer of received rows, as many as that device sends.
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

  private static Buffer buffer(Action.Partitioned action, String name) {
    return action.parts().buffers().stream()
        .filter(buffer -> buffer.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "parts of "
                        + action.op()
                        + ": expected a buffer of "
                        + action.parts().buffers().stream().map(Buffer::name).toList()
                        + ", got "
                        + name));
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }
}
