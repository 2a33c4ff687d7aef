package io.github.shardsum.internal.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Elements of f32 in blocks, of which whole blocks are decoded. Elements that are not next to one
 * another cost a block each.
 *
 * @param elements elements of a block
 * @param bytes bytes of a block
 * @param decoder the format
 * @param spare arrays between memory and a kernel; empty while a thread uses them
 */
public record BlockMemory(
    int elements, int bytes, Decoder decoder, MemorySegment blocks, AtomicReference<Spare> spare)
    implements Memory {
  /** Elements that are decoded at once, a multiple of every block. */
  private static final int CHUNK = 2048;

  private static final Spare NONE = new Spare(new byte[0], new float[0]);

  /** Decodes whole blocks from x[xAt] on into the elements from to[toAt] on. */
  @FunctionalInterface
  public interface Decoder {
    void decode(byte[] x, int xAt, float[] to, int toAt, int blocks);
  }

  /** Blocks and their elements. */
  record Spare(byte[] x, float[] values) {}

  /** The elements; spare arrays follow at first use. */
  public BlockMemory(int elements, int bytes, Decoder decoder, MemorySegment blocks) {
    this(elements, bytes, decoder, blocks, new AtomicReference<>(NONE));
  }

  private Spare takeSpare() {
    Spare taken = spare.getAndSet(NONE);
    return taken.values.length > 0
        ? taken
        : new Spare(new byte[CHUNK / elements * bytes], new float[CHUNK]);
  }

  @Override
  public float[] exactArray(int n) {
    return new float[n];
  }

  private float get(long at) {
    float[] one = new float[1];
    load(at, 1, 1, one, 0, 1);
    return one[0];
  }

  @Override
  public double getDouble(long at) {
    return get(at);
  }

  @Override
  public long getLong(long at) {
    return (long) get(at);
  }

  /** Receives count elements, from values[from] on, as elements first, first + 1, ... of a load. */
  @FunctionalInterface
  private interface Taker {
    void take(float[] values, int from, int first, int count);
  }

  private void load(long at, long stride, int n, Taker taker) {
    Spare own = takeSpare();
    for (int done = 0, some; done < n; done += some) {
      long position = at + done * stride;
      int skip = (int) (position % elements);
      some = stride == 1 ? Math.min(n - done, CHUNK - skip) : 1;
      decode(position / elements, Math.ceilDiv(skip + some, elements), own.x, own.values, 0);
      taker.take(own.values, skip, done, some);
    }
    spare.set(own);
  }

  private void decode(long block, int count, byte[] x, float[] to, int toAt) {
    MemorySegment.copy(blocks, ValueLayout.JAVA_BYTE, block * bytes, x, 0, count * bytes);
    decoder.decode(x, 0, to, toAt, count);
  }

  @Override
  public void load(long at, long stride, int n, float[] to, int toAt, int toStride) {
    int whole = 0;
    if (stride == 1 && toStride == 1 && at % elements == 0) {
      Spare own = takeSpare();
      whole = n - n % elements;
      for (int done = 0, some; done < whole; done += some) {
        some = Math.min(CHUNK, whole - done);
        decode((at + done) / elements, some / elements, own.x, to, toAt + done);
      }
      spare.set(own);
    }
    int rest = toAt + whole * toStride;
    load(
        at + whole * stride,
        stride,
        n - whole,
        (values, from, first, count) -> {
          for (int i = 0; i < count; i++) {
            to[rest + (first + i) * toStride] = values[from + i];
          }
        });
  }

  @Override
  public void load(long at, long stride, int n, double[] to, int toAt, int toStride) {
    load(
        at,
        stride,
        n,
        (values, from, first, count) -> {
          for (int i = 0; i < count; i++) {
            to[toAt + (first + i) * toStride] = values[from + i];
          }
        });
  }

  @Override
  public void load(long at, long stride, int n, long[] to, int toAt, int toStride) {
    load(
        at,
        stride,
        n,
        (values, from, first, count) -> {
          for (int i = 0; i < count; i++) {
            to[toAt + (first + i) * toStride] = (long) values[from + i];
          }
        });
  }

  private static IllegalArgumentException readOnly() {
    return new IllegalArgumentException("tensor: memory must be writable, got blocks");
  }

  @Override
  public void set(long at, double value) {
    throw readOnly();
  }

  @Override
  public void set(long at, long value) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, float[] from, int fromAt, int fromStride) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, double[] from, int fromAt, int fromStride) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, long[] from, int fromAt, int fromStride) {
    throw readOnly();
  }
}
