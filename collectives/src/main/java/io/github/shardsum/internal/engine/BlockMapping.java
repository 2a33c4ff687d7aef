package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Which part of member i's operand becomes which part of member j's result, in bytes. */
sealed interface BlockMapping {
  /** Bytes that i sends to j. */
  long bytes(int i, int j);

  /** Where they begin in i's operand. */
  long fromAt(int i, int j);

  /** Where they begin in j's result. */
  long toAt(int i, int j);

  /** From operand to result. */
  BoxCopy direct(int i, int j);

  /** From operand to a buffer. */
  BoxCopy pack(int i, int j);

  /** From a buffer to a result. */
  BoxCopy unpack(int i, int j);

  /**
   * Chunks of one value: operands are its chunks along concat, results those along split; -1 for a
   * side that is whole.
   */
  final class Blocks implements BlockMapping {
    private final Parts splitParts;
    private final Parts concatParts;

    /** The boxes of full and of short chunks, by {@link #kind}. */
    private final Box[] boxes = new Box[4];

    /**
     * One kind of box, its distances in bytes along split in operands and along concat in results.
     */
    private record Box(
        BoxCopy direct, BoxCopy pack, BoxCopy unpack, long bytes, long fromStep, long toStep) {}

    /** The chunks of one dimension; a whole one is a single chunk for everybody. */
    private record Parts(
        long[] starts, boolean[] isShort, boolean[] isEmpty, long full, long rest) {
      static Parts of(Shape whole, int dim, int p) {
        long n = dim < 0 ? 0 : whole.size(dim);
        long full = Math.ceilDiv(n, p);
        Parts parts =
            new Parts(new long[p], new boolean[p], new boolean[p], full, full > 0 ? n % full : 0);
        for (int part = 0; part < p; part++) {
          long size = Chunks.size(n, p, part);
          parts.starts[part] = Chunks.start(n, p, part);
          parts.isShort[part] = size != full;
          parts.isEmpty[part] = dim >= 0 && size == 0;
        }
        return parts;
      }

      long size(boolean wantShort) {
        return wantShort ? rest : full;
      }
    }

    Blocks(Shape whole, int split, int concat, int p, int elementBytes) {
      this.splitParts = Parts.of(whole, split, p);
      this.concatParts = Parts.of(whole, concat, p);
      for (int kind = 0; kind < 4; kind++) {
        boxes[kind] =
            box(
                whole,
                new int[] {split, concat},
                new long[] {splitParts.size((kind & 1) != 0), concatParts.size((kind & 2) != 0)},
                elementBytes);
      }
    }

    private static Box box(Shape whole, int[] dims, long[] sizes, int elementBytes) {
      int split = dims[0];
      int concat = dims[1];
      boolean apart = split != concat;
      Shape operand = concat >= 0 && apart ? Rules.withSize(whole, concat, sizes[1]) : whole;
      Shape result = split >= 0 && apart ? Rules.withSize(whole, split, sizes[0]) : whole;
      Shape box = split >= 0 ? Rules.withSize(operand, split, sizes[0]) : operand;
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

    private int kind(int i, int j) {
      return (splitParts.isShort[j] ? 1 : 0) + (concatParts.isShort[i] ? 2 : 0);
    }

    @Override
    public long bytes(int i, int j) {
      return splitParts.isEmpty[j] || concatParts.isEmpty[i] ? 0 : boxes[kind(i, j)].bytes();
    }

    @Override
    public long fromAt(int i, int j) {
      return splitParts.starts[j] * boxes[kind(i, j)].fromStep();
    }

    @Override
    public long toAt(int i, int j) {
      return concatParts.starts[i] * boxes[kind(i, j)].toStep();
    }

    @Override
    public BoxCopy direct(int i, int j) {
      return boxes[kind(i, j)].direct();
    }

    @Override
    public BoxCopy pack(int i, int j) {
      return boxes[kind(i, j)].pack();
    }

    @Override
    public BoxCopy unpack(int i, int j) {
      return boxes[kind(i, j)].unpack();
    }
  }

  /**
   * Rows in uneven counts.
   *
   * @param rowBytes bytes of a row
   * @param counts by place among this process's devices
   * @param placeOf the place of a member, or -1 if it lies on another process
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

    @Override
    public BoxCopy direct(int i, int j) {
      return BoxCopy.bytes(bytes(i, j));
    }

    @Override
    public BoxCopy pack(int i, int j) {
      return direct(i, j);
    }

    @Override
    public BoxCopy unpack(int i, int j) {
      return direct(i, j);
    }
  }

  /**
   * Whole operands.
   *
   * @param operandBytes bytes of a member's operand, or -1 if it lies on another process
   * @param resultBytes bytes of a member's result
   * @param sourceOf the member that sends to a member, or -1 if none does
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

    @Override
    public BoxCopy direct(int i, int j) {
      return BoxCopy.bytes(bytes(i, j));
    }

    @Override
    public BoxCopy pack(int i, int j) {
      return direct(i, j);
    }

    @Override
    public BoxCopy unpack(int i, int j) {
      return direct(i, j);
    }
  }
}
