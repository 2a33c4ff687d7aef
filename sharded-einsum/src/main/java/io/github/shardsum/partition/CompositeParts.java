package io.github.shardsum.partition;

import io.github.shardsum.tensor.DType;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The work of every device in a composite that brings its own partition: local composites and the
 * communication between them, and the memory that lies between. Names mesh axes and labels, never
 * devices.
 *
 * <p>Parts read and write by name: {@code operand.I} and {@code result.I} are a device's blocks of
 * the statement's values, {@code member.AXES} is the device's index along axes (major to minor,
 * joined by dots) as a scalar of i64, and any other name is that of a buffer.
 *
 * @param buffers what lies between parts, each of another name
 * @param parts in the order in which they run
 */
public record CompositeParts(List<Buffer> buffers, List<Part> parts) {
  /** Names of a statement's operands begin with this. */
  public static final String OPERAND = "operand.";

  /** The prefix of names of a statement's results. */
  public static final String RESULT = "result.";

  /** The prefix of names of a device's index along axes. */
  public static final String MEMBER = "member.";

  /** Copies the lists. */
  public CompositeParts {
    buffers = List.copyOf(buffers);
    parts = List.copyOf(parts);
  }

  /**
   * Memory of each device.
   *
   * @param name its name
   * @param dtype of the elements
   * @param labels of its dimensions
   * @param extents of its dimensions
   */
  public record Buffer(String name, DType dtype, List<String> labels, List<Extent> extents) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there are not as many labels as extents
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

  /** A size of a buffer as a function of the device. */
  public sealed interface Extent {
    /**
     * The product of a device's sizes of an operand along labels.
     *
     * @param operand which operand
     * @param labels the labels
     */
    record Local(int operand, List<String> labels) implements Extent {
      /** Copies the labels. */
      public Local {
        labels = List.copyOf(labels);
      }
    }

    /**
     * A bound of rows that a device receives: a multiple of the rows of the largest device, at the
     * most those of all members of its group together.
     *
     * @param rows that a device sends
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
     * How many members a group has.
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
     * The same on all devices.
     *
     * @param count at least 0
     */
    record Fixed(long count) implements Extent {}

    /**
     * A device's chunk of a size.
     *
     * @param size the whole
     * @param axes over which it is cut
     */
    record Chunk(long size, List<String> axes) implements Extent {
      /** Copies the axes. */
      public Chunk {
        axes = List.copyOf(axes);
      }
    }
  }

  /** Work that all devices do before the next part begins. */
  public sealed interface Part {
    /**
     * A local composite, whose kernel every device runs on what it has.
     *
     * @param composite its name
     * @param attributes what the kernel must know beyond types
     * @param reads names of what it reads
     * @param writes names of what it writes, every element that other parts read
     */
    record Run(
        String composite,
        SortedMap<String, String> attributes,
        List<String> reads,
        List<String> writes)
        implements Part {
      /** Copies lists and map. */
      public Run {
        Objects.requireNonNull(composite, "composite");
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
      }
    }

    /**
     * Sends each member its columns of a row of counts: an all-to-all that cuts dimension 1 in the
     * chunks of a split and puts the rows of all members together along dimension 0.
     *
     * @param axes of the group
     * @param x counts of all columns, one row
     * @param out counts of the device's columns, a row a member
     */
    record Swap(List<String> axes, String x, String out) implements Part {
      /** Copies the axes. */
      public Swap {
        axes = List.copyOf(axes);
      }
    }

    /**
     * Agrees on the most rows that a device receives. If they are more than the bound, all devices
     * throw {@link RaggedBoundException}.
     *
     * @param axes over which devices agree
     * @param counts of received rows, whose sum is what a device needs
     */
    record Agree(List<String> axes, String counts) implements Part {
      /** Copies the axes. */
      public Agree {
        axes = List.copyOf(axes);
      }
    }

    /**
     * A ragged all-to-all of rows: to each member as many as the counts of its columns are, and
     * from each as many as it sends, one member after the other.
     *
     * @param axes of the group
     * @param sends counts of the rows that are sent
     * @param receives counts of the rows that are received
     * @param x rows that are sent
     * @param out rows that are received
     */
    record Rows(List<String> axes, String sends, String receives, String x, String out)
        implements Part {
      /** Copies the axes. */
      public Rows {
        axes = List.copyOf(axes);
      }
    }

    /**
     * Sums the addends that members have of received rows.
     *
     * @param axes of the group
     * @param counts of received rows, the same for all members
     * @param scatter the dimension of which each member gets its chunk; empty if all get the sum
     * @param x addends
     * @param out the sum
     */
    record Reduce(List<String> axes, String counts, OptionalInt scatter, String x, String out)
        implements Part {
      /** Copies the axes. */
      public Reduce {
        axes = List.copyOf(axes);
        Objects.requireNonNull(scatter, "scatter");
      }
    }
  }

  /**
   * The axes along which rows travel.
   *
   * @return those of the first part that moves rows; empty without one
   */
  public List<String> rowAxes() {
    for (Part part : parts) {
      if (part instanceof Part.Rows rows) {
        return rows.axes();
      }
    }
    return List.of();
  }

  /**
   * The multiple of the largest device's rows that a device may receive.
   *
   * @return the largest factor of all bounds; 0 without one
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
