package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/** Maps parts of member i's operand to parts of member j's result, in bytes. */
public sealed interface BlockMapping {
  /** Bytes that i sends to j. */
  long bytes(int i, int j);

  /** Index of the first of these bytes in i's operand. */
  long fromAt(int i, int j);

  /** Index of the first of these bytes in j's result. */
  long toAt(int i, int j);

  /** The copy from operand to result. */
  default BoxCopy direct(int i, int j) {
    return BoxCopy.bytes(bytes(i, j));
  }

  /** The copy from operand to a buffer. */
  default BoxCopy pack(int i, int j) {
    return direct(i, j);
  }

  /** The copy from a buffer to a result. */
  default BoxCopy unpack(int i, int j) {
    return direct(i, j);
  }

  /**
   * Chunks of one value: operands are its chunks along concat, and results its chunks along split.
   * If concat is -1, each operand is the whole value; if split is -1, each result is.
   */
  public final class Blocks implements BlockMapping {
    private final Parts splitParts;
    private final Parts concatParts;

    /** Indexed by the kind of the chunk along split, then of the chunk along concat. */
    private final Box[][] boxes;

    /**
     * One kind of box, with the bytes between neighbouring indices: along split in operands, and
     * along concat in results.
     */
    private record Box(
        BoxCopy direct, BoxCopy pack, BoxCopy unpack, long bytes, long fromStep, long toStep) {}

    /**
     * The chunks of one dimension; an undivided dimension is one chunk for all members.
     *
     * @param starts the beginning of each chunk
     * @param kinds the index in lengths of each chunk's length
     * @param lengths the distinct lengths; few even for many chunks
     */
    private record Parts(long[] starts, int[] kinds, List<Long> lengths) {
      static Parts of(Shape whole, int dim, List<Integer> parts, int p) {
        long[] starts = new long[p];
        int[] kinds = new int[p];
        if (dim < 0) {
          return new Parts(starts, kinds, List.of(1L));
        }
        Cut cut = Cut.chunks(whole.size(dim), parts);
        List<Long> lengths = List.copyOf(cut.lengths().keySet());
        for (int part = 0; part < p; part++) {
          starts[part] = cut.start(part);
          kinds[part] = lengths.indexOf(cut.length(part));
        }
        return new Parts(starts, kinds, lengths);
      }
    }

    /**
     * A mapping for p members. The parts are the numbers of chunks of each level, major to minor.
     */
    public Blocks(
        Shape whole, int split, int concat, List<Integer> parts, int p, int elementBytes) {
      this.splitParts = Parts.of(whole, split, parts, p);
      this.concatParts = Parts.of(whole, concat, parts, p);
      this.boxes = new Box[splitParts.lengths().size()][concatParts.lengths().size()];
      for (int i = 0; i < boxes.length; i++) {
        for (int j = 0; j < boxes[i].length; j++) {
          long[] sizes = {splitParts.lengths().get(i), concatParts.lengths().get(j)};
          boxes[i][j] = box(whole, new int[] {split, concat}, sizes, elementBytes);
        }
      }
    }

    private static Box box(Shape whole, int[] dims, long[] sizes, int elementBytes) {
      int split = dims[0];
      int concat = dims[1];
      boolean apart = split != concat;
      Shape operand = concat >= 0 && apart ? BlockShapes.withSize(whole, concat, sizes[1]) : whole;
      Shape result = split >= 0 && apart ? BlockShapes.withSize(whole, split, sizes[0]) : whole;
      Shape box = split >= 0 ? BlockShapes.withSize(operand, split, sizes[0]) : operand;
      long[] from = operand.rowMajorStrides();
      long[] to = result.rowMajorStrides();
      long[] packed = box.rowMajorStrides();
      BoxCopy direct = BoxCopy.of(box.toArray(), from, to, elementBytes);
      return new Box(
          direct,
          BoxCopy.of(box.toArray(), from, packed, elementBytes),
          BoxCopy.of(box.toArray(), packed, to, elementBytes),
          direct.byteCount(),
          split < 0 ? 0 : from[split] * elementBytes,
          concat < 0 ? 0 : to[concat] * elementBytes);
    }

    private Box of(int i, int j) {
      return boxes[splitParts.kinds()[j]][concatParts.kinds()[i]];
    }

    @Override
    public long bytes(int i, int j) {
      return of(i, j).bytes();
    }

    @Override
    public long fromAt(int i, int j) {
      return splitParts.starts[j] * of(i, j).fromStep();
    }

    @Override
    public long toAt(int i, int j) {
      return concatParts.starts[i] * of(i, j).toStep();
    }

    @Override
    public BoxCopy direct(int i, int j) {
      return of(i, j).direct();
    }

    @Override
    public BoxCopy pack(int i, int j) {
      return of(i, j).pack();
    }

    @Override
    public BoxCopy unpack(int i, int j) {
      return of(i, j).unpack();
    }
  }

  /**
   * Intervals of one dimension that move to another cut.
   *
   * <p>A pair exchanges one interval at most, because the intervals of a cut ascend.
   */
  public final class Intervals implements BlockMapping {
    /** The members that send to each target, ascending. */
    private final int[][] sources;

    private final Placed[][] placed;

    /** One interval of one pair, with its byte offsets in the operand and in the result. */
    private record Placed(Copies copies, long fromAt, long toAt) {}

    /** The copies of one interval; intervals of the same length have the same copies. */
    private record Copies(BoxCopy direct, BoxCopy pack, BoxCopy unpack) {}

    private record Lengths(long from, long to, long interval) {}

    private static final Placed NONE =
        new Placed(new Copies(BoxCopy.bytes(0), BoxCopy.bytes(0), BoxCopy.bytes(0)), 0, 0);

    /**
     * The intervals of an exchange.
     *
     * @param shape the shape of any operand or result of the group; its size along the dimension is
     *     not read
     */
    public Intervals(Collective.Exchange exchange, Shape shape, int elementBytes) {
      Cut from = exchange.from();
      Cut to = exchange.to();
      int dim = exchange.dim();
      long inner = BlockShapes.product(shape, dim + 1, shape.rank()) * elementBytes;
      List<List<Collective.Interval>> intervals = exchange.intervals();
      Map<Lengths, Copies> known = new HashMap<>();
      sources = new int[intervals.size()][];
      placed = new Placed[intervals.size()][];
      for (int target = 0; target < placed.length; target++) {
        List<Collective.Interval> received = intervals.get(target);
        sources[target] = received.stream().mapToInt(Collective.Interval::source).toArray();
        placed[target] = new Placed[received.size()];
        for (int k = 0; k < received.size(); k++) {
          Collective.Interval next = received.get(k);
          int source = next.source();
          Lengths lengths = new Lengths(from.length(source), to.length(target), next.length());
          placed[target][k] =
              new Placed(
                  known.computeIfAbsent(lengths, of -> copies(shape, dim, of, elementBytes)),
                  (next.start() - from.start(source)) * inner,
                  (next.start() - to.start(target)) * inner);
        }
      }
    }

    private static Copies copies(Shape shape, int dim, Lengths lengths, int elementBytes) {
      Shape interval = BlockShapes.withSize(shape, dim, lengths.interval());
      long[] box = interval.toArray();
      long[] from = BlockShapes.withSize(shape, dim, lengths.from()).rowMajorStrides();
      long[] to = BlockShapes.withSize(shape, dim, lengths.to()).rowMajorStrides();
      long[] packed = interval.rowMajorStrides();
      return new Copies(
          BoxCopy.of(box, from, to, elementBytes),
          BoxCopy.of(box, from, packed, elementBytes),
          BoxCopy.of(box, packed, to, elementBytes));
    }

    /** The offsets and the length of a pair's bytes; empty if the pair exchanges nothing. */
    private Placed of(int i, int j) {
      int place = Arrays.binarySearch(sources[j], i);
      return place < 0 ? NONE : placed[j][place];
    }

    @Override
    public long bytes(int i, int j) {
      return of(i, j).copies().direct().byteCount();
    }

    @Override
    public long fromAt(int i, int j) {
      return of(i, j).fromAt();
    }

    @Override
    public long toAt(int i, int j) {
      return of(i, j).toAt();
    }

    @Override
    public BoxCopy direct(int i, int j) {
      return of(i, j).copies().direct();
    }

    @Override
    public BoxCopy pack(int i, int j) {
      return of(i, j).copies().pack();
    }

    @Override
    public BoxCopy unpack(int i, int j) {
      return of(i, j).copies().unpack();
    }
  }

  /**
   * Rows in uneven counts.
   *
   * @param counts the counts of this process's devices, in their order
   * @param placeOf the index of a member among these devices, or -1 if it is on another process
   */
  record Rows(long rowBytes, List<RaggedCounts> counts, IntUnaryOperator placeOf)
      implements BlockMapping {
    @Override
    public long bytes(int i, int j) {
      int place = placeOf.applyAsInt(i);
      return rowBytes
          * (place >= 0 ? counts.get(place).send(j) : counts.get(placeOf.applyAsInt(j)).receive(i));
    }

    @Override
    public long fromAt(int i, int j) {
      return rowBytes * counts.get(placeOf.applyAsInt(i)).sendOffset(j);
    }

    @Override
    public long toAt(int i, int j) {
      return rowBytes * counts.get(placeOf.applyAsInt(j)).receiveOffset(i);
    }
  }

  /**
   * Whole operands.
   *
   * @param operandBytes bytes of a member's operand, or -1 if it is on another process
   * @param resultBytes bytes of a member's result
   * @param sourceOf the member that sends to each member, or -1
   */
  record Whole(long[] operandBytes, long[] resultBytes, int[] sourceOf) implements BlockMapping {
    @Override
    public long bytes(int i, int j) {
      return sourceOf[j] != i ? 0 : operandBytes[i] >= 0 ? operandBytes[i] : resultBytes[j];
    }

    @Override
    public long fromAt(int i, int j) {
      return 0;
    }

    @Override
    public long toAt(int i, int j) {
      return 0;
    }
  }
}
