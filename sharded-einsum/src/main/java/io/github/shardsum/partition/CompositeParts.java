package io.github.shardsum.partition;

import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.tensor.DType;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The work of every device in a composite with its own partition: local composites, the
 * communication between them, and buffers. It names mesh axes and labels, never devices.
 *
 * @param buffers values between the parts, with distinct names
 * @param parts the parts, in the order in which they run
 */
public record CompositeParts(List<Buffer> buffers, List<Part> parts) {
  /** Copies the lists. */
  public CompositeParts {
    buffers = List.copyOf(buffers);
    parts = List.copyOf(parts);
  }

  /**
   * Memory of each device.
   *
   * @param name its name
   * @param dtype dtype of the elements
   * @param labels labels of its dimensions
   * @param extents extents of its dimensions
   */
  public record Buffer(String name, DType dtype, List<String> labels, List<Extent> extents) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if the numbers of labels and extents differ
     */
    public Buffer {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(dtype, "dtype");
      labels = List.copyOf(labels);
      extents = List.copyOf(extents);
      if (labels.size() != extents.size()) {
        throw new IllegalArgumentException(
            "buffer " + name + ": must have an extent a label, got " + extents + " for " + labels);
      }
    }
  }

  /** A value that a part reads or writes. Its text is its name in files. */
  public sealed interface Place {
    /**
     * A device's block of an operand of the statement, as {@code operand.0}.
     *
     * @param index the number of the operand
     */
    record Operand(int index) implements Place {
      @Override
      public String toString() {
        return "operand." + index;
      }
    }

    /**
     * A device's block of a result of the statement, as {@code result.0}.
     *
     * @param index the number of the result
     */
    record Result(int index) implements Place {
      @Override
      public String toString() {
        return "result." + index;
      }
    }

    /**
     * The device's index along axes as a scalar of i64, as {@code member.x.y}.
     *
     * @param axes the axes, major to minor
     */
    record Member(List<String> axes) implements Place {
      /** Copies the axes. */
      public Member {
        axes = List.copyOf(axes);
      }

      @Override
      public String toString() {
        return "member." + String.join(".", axes);
      }
    }

    /**
     * The buffer of a name.
     *
     * @param buffer the name
     */
    record InBuffer(String buffer) implements Place {
      @Override
      public String toString() {
        return buffer;
      }
    }

    /**
     * Reads a name.
     *
     * @param text a number behind {@code operand.} or {@code result.}, axes behind {@code member.},
     *     or the name of a buffer, which has no dots
     * @return the place
     * @throws IllegalArgumentException if the text is none of these
     */
    static Place parse(String text) {
      int dot = text.indexOf('.');
      String rest = text.substring(dot + 1);
      String kind = dot < 0 ? "" : text.substring(0, dot);
      if (kind.equals("member")) {
        return new Member(List.of(rest.split("\\.")));
      }
      if (dot >= 0
          && !(rest.matches("[0-9]{1,6}") && (kind.equals("operand") || kind.equals("result")))) {
        throw new IllegalArgumentException(
            "a part's value must be as \"operand.0\", \"result.0\", \"member.x.y\" or the name of a"
                + " buffer, got \""
                + text
                + "\"");
      }
      return switch (kind) {
        case "operand" -> new Operand(Integer.parseInt(rest));
        case "result" -> new Result(Integer.parseInt(rest));
        default -> new InBuffer(text);
      };
    }
  }

  /** A size of a buffer, which may depend on the device. */
  public sealed interface Extent {
    /**
     * The product of the sizes that a device's block of an operand has along labels.
     *
     * @param operand the number of the operand
     * @param labels the labels
     */
    record Local(int operand, List<String> labels) implements Extent {
      /** Copies the labels. */
      public Local {
        labels = List.copyOf(labels);
      }
    }

    /**
     * A bound of the rows that a device receives: a multiple of the rows of the largest device, but
     * no more than all members of its group have together.
     *
     * @param rows the rows that a device sends
     * @param axes the axes of the group
     * @param factor the multiple
     */
    record Bounded(Local rows, List<String> axes, double factor) implements Extent {
      /**
       * Copies the axes.
       *
       * @throws IllegalArgumentException if the factor is less than 1 or not finite
       */
      public Bounded {
        axes = List.copyOf(axes);
        if (!(factor >= 1 && Double.isFinite(factor))) {
          throw new IllegalArgumentException(
              "bound of rows: the factor must be at least 1, got " + factor);
        }
      }
    }

    /**
     * The number of members of a group.
     *
     * @param axes the axes of the group
     */
    record Members(List<String> axes) implements Extent {
      /** Copies the axes. */
      public Members {
        axes = List.copyOf(axes);
      }
    }

    /**
     * A size that is the same on all devices.
     *
     * @param count the size, at least 0
     */
    record Fixed(long count) implements Extent {}

    /**
     * A device's chunk of a size.
     *
     * @param size the whole
     * @param axes the axes over which it is cut
     */
    record Chunk(long size, List<String> axes) implements Extent {
      /** Copies the axes. */
      public Chunk {
        axes = List.copyOf(axes);
      }
    }
  }

  /**
   * A piece of every device's rows. The columns of its counts, one for each of its experts, are cut
   * in chunks; the last chunks may be shorter or empty. Received rows are ordered by piece, and
   * within a piece by member.
   *
   * @param index the number of the piece, from 0 on
   * @param count the number of pieces, at least 1
   */
  public record Piece(int index, int count) {
    /** All rows, as one piece. */
    public static final Piece WHOLE = new Piece(0, 1);

    /**
     * Checks the index.
     *
     * @throws IllegalArgumentException if the index is not in {@code [0, count)}
     */
    public Piece {
      if (index < 0 || index >= count) {
        throw new IllegalArgumentException(
            "piece: the index must be in [0, " + count + "), got " + index);
      }
    }

    /**
     * Whether this is the only piece.
     *
     * @return true if there is one piece
     */
    public boolean isWhole() {
      return count == 1;
    }

    /** Written as {@code 2 of 4}, counted from 1. */
    @Override
    public String toString() {
      return index + 1 + " of " + count;
    }
  }

  /** Work that all devices do before the next part begins. */
  public sealed interface Part {
    /**
     * A local composite, whose kernel every device runs on its buffers. For a piece the kernel has
     * the same operands and results. In addition it has the attribute {@link #PIECES}, and the
     * index of the piece as its last operand, a scalar of i64. It reads and writes only rows and
     * columns of the piece.
     *
     * @param composite its name
     * @param attributes parameters of the kernel in addition to types
     * @param reads the values that it reads
     * @param writes the values that it writes, in which it must write every element that other
     *     parts read
     * @param piece the piece of the received rows
     */
    record Run(
        String composite,
        SortedMap<String, String> attributes,
        List<Place> reads,
        List<Place> writes,
        Piece piece)
        implements Part {
      /** The attribute that tells the kernel of a piece the number of pieces. */
      public static final String PIECES = "pieces";

      /** Copies lists and map. */
      public Run {
        Objects.requireNonNull(composite, "composite");
        Objects.requireNonNull(piece, "piece");
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
      }
    }

    /**
     * Sends each member its columns of a row of counts: an all-to-all that cuts dimension 1 into
     * chunks, as a layout does, and puts the rows of all members together along dimension 0.
     *
     * @param axes the axes of the group
     * @param x counts of all columns, in one row
     * @param out counts of the device's columns, one row for each member
     */
    record Swap(List<String> axes, Place.InBuffer x, Place.InBuffer out) implements Part {
      /** Copies the axes. */
      public Swap {
        axes = List.copyOf(axes);
      }
    }

    /**
     * Agrees on the largest number of rows that any device receives. If this number is above the
     * bound, all devices throw {@link RaggedBoundException}.
     *
     * @param axes the axes over which devices agree
     * @param counts counts of received rows, whose sum is the number that a device receives
     */
    record Agree(List<String> axes, Place.InBuffer counts) implements Part {
      /** Copies the axes. */
      public Agree {
        axes = List.copyOf(axes);
      }
    }

    /**
     * A ragged all-to-all of rows. The counts of a member's columns add up to the number of rows
     * that it gets. Received rows are in the order of the members.
     *
     * @param axes the axes of the group
     * @param sends counts of the rows that are sent
     * @param receives counts of the rows that are received
     * @param x rows that are sent
     * @param out rows that are received
     * @param piece the piece of the columns
     */
    record Rows(
        List<String> axes,
        Place.InBuffer sends,
        Place.InBuffer receives,
        Place.InBuffer x,
        Place.InBuffer out,
        Piece piece)
        implements Part {
      /** Copies the axes. */
      public Rows {
        axes = List.copyOf(axes);
        Objects.requireNonNull(piece, "piece");
      }
    }

    /**
     * Rows that travel while a local composite runs on other rows. The composite reads nothing that
     * arrives meanwhile. No transfer sends a buffer that the composite writes or that another
     * transfer fills.
     *
     * @param rows the rows that travel, one to {@link
     *     io.github.shardsum.collective.CollectivePlan#MOST_IN_FLIGHT} transfers, each started
     *     before the composite and awaited after it
     * @param run the local composite
     */
    record Overlapped(List<Rows> rows, Run run) implements Part {
      /**
       * Copies the list.
       *
       * @throws IllegalArgumentException if there are no transfers or too many
       */
      public Overlapped {
        rows = List.copyOf(rows);
        Objects.requireNonNull(run, "run");
        if (rows.isEmpty() || rows.size() > CollectivePlan.MOST_IN_FLIGHT) {
          throw new IllegalArgumentException(
              "overlapped parts: must be 1 to "
                  + CollectivePlan.MOST_IN_FLIGHT
                  + " transfers, got "
                  + rows.size());
        }
      }
    }

    /**
     * Sums the members' addends of received rows.
     *
     * @param axes the axes of the group
     * @param counts counts of received rows, the same for all members
     * @param scatter the dimension along which each member gets a chunk of the sum; empty if all
     *     get the whole sum
     * @param x addends
     * @param out the sum
     * @param piece the piece of the rows
     */
    record Reduce(
        List<String> axes,
        Place.InBuffer counts,
        OptionalInt scatter,
        Place.InBuffer x,
        Place.InBuffer out,
        Piece piece)
        implements Part {
      /** Copies the axes. */
      public Reduce {
        axes = List.copyOf(axes);
        Objects.requireNonNull(scatter, "scatter");
        Objects.requireNonNull(piece, "piece");
      }
    }
  }

  /**
   * The axes along which rows travel.
   *
   * @return the axes of the first part that moves rows; empty if no part does
   */
  public List<String> rowAxes() {
    for (Part part : parts) {
      if (part instanceof Part.Rows rows) {
        return rows.axes();
      }
      if (part instanceof Part.Overlapped overlapped) {
        return overlapped.rows().getFirst().axes();
      }
    }
    return List.of();
  }

  /**
   * The number of pieces in which rows travel.
   *
   * @return the most pieces of any part; 1 if every part is whole
   */
  public int pieces() {
    int most = 1;
    for (Part part : parts) {
      most =
          Math.max(
              most,
              switch (part) {
                case Part.Run run -> run.piece().count();
                case Part.Rows rows -> rows.piece().count();
                case Part.Reduce reduce -> reduce.piece().count();
                case Part.Overlapped overlapped -> overlapped.run().piece().count();
                case Part.Swap _, Part.Agree _ -> 1;
              });
    }
    return most;
  }

  /**
   * The multiple of the largest device's rows that a device may receive.
   *
   * @return the largest factor of all bounds; 0 without a bound
   */
  public double bound() {
    double most = 0;
    for (Buffer buffer : buffers) {
      for (Extent extent : buffer.extents()) {
        most = extent instanceof Extent.Bounded bounded ? Math.max(most, bounded.factor()) : most;
      }
    }
    return most;
  }

  /**
   * The same parts with another bound.
   *
   * @param factor the multiple of the largest device's rows that a device may receive
   * @return a changed copy
   * @throws IllegalArgumentException if the factor is less than 1 or not finite
   */
  public CompositeParts withBound(double factor) {
    return new CompositeParts(
        buffers.stream()
            .map(
                buffer ->
                    new Buffer(
                        buffer.name(),
                        buffer.dtype(),
                        buffer.labels(),
                        buffer.extents().stream().map(each -> bounded(each, factor)).toList()))
            .toList(),
        parts);
  }

  private static Extent bounded(Extent extent, double factor) {
    return extent instanceof Extent.Bounded(Extent.Local rows, List<String> axes, double _)
        ? new Extent.Bounded(rows, axes, factor)
        : extent;
  }
}
