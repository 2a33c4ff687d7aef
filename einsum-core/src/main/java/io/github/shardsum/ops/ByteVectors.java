package io.github.shardsum.ops;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.NpyHeader;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.StoredType;
import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.rows.ByteProducts;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Vectors of signed bytes in memory of the caller, and their products with other vectors, summed in
 * i32. Such products are the scores of a search over quantised embeddings. Immutable, and as
 * thread-safe as its memory.
 *
 * <p>A product starts no thread and makes no array. For vectors in Java arrays and few queries,
 * compiled code allocates nothing. For other segments and for many queries, rows pass through
 * arrays that the process keeps, and a call allocates a few small objects. Sums are exact up to
 * 131,071 dimensions; with more dimensions they may wrap.
 *
 * <pre>{@code
 * ByteVectors documents = ByteVectors.of(bytes, 1000, 768);
 * int[] scores = new int[1000];
 * documents.dot(ByteVectors.of(query, 1, 768), MemorySegment.ofArray(scores));
 * }</pre>
 */
public final class ByteVectors {
  private static final ByteRows KERNEL = KernelSelection.best().bytes();

  /** Bytes of vectors that stay in a second-level cache while all queries pass. */
  private static final long BLOCK_BYTES = 1 << 18;

  private static final byte[] NONE = {};

  private final MemorySegment data;

  /** The Java array of the elements; an empty array if they are not in one. */
  private final byte[] array;

  private final int offset;
  private final long count;
  private final int dimensions;

  private ByteVectors(MemorySegment data, long count, int dimensions) {
    this.data = data;
    this.count = count;
    this.dimensions = dimensions;
    // A read-only segment does not give access to its array.
    if (data.heapBase().orElse(NONE) instanceof byte[] bytes) {
      this.array = bytes;
      this.offset = bytes.length == 0 ? 0 : (int) data.address();
    } else {
      this.array = NONE;
      this.offset = 0;
    }
  }

  /**
   * Vectors over an array, one after another; changes of the array are seen.
   *
   * @param data {@code [count, dimensions]} in C order
   * @param count the number of vectors
   * @param dimensions elements of a vector
   * @return the vectors
   * @throws IllegalArgumentException if a size is negative or the array's length is not count *
   *     dimensions
   */
  public static ByteVectors of(byte[] data, long count, int dimensions) {
    return of(MemorySegment.ofArray(Objects.requireNonNull(data, "data")), count, dimensions);
  }

  /**
   * Vectors over a segment of any kind, one after another; changes of its memory are seen.
   *
   * @param data {@code [count, dimensions]} in C order
   * @param count the number of vectors
   * @param dimensions elements of a vector
   * @return the vectors
   * @throws IllegalArgumentException if a size is negative or the segment's size is not count *
   *     dimensions
   */
  public static ByteVectors of(MemorySegment data, long count, int dimensions) {
    if (count < 0 || dimensions < 0 || data.byteSize() != product(count, dimensions)) {
      throw new IllegalArgumentException(
          "byte vectors: expected count * dimensions bytes, got "
              + count
              + " * "
              + dimensions
              + " and "
              + data.byteSize()
              + " bytes");
    }
    return new ByteVectors(data, count, dimensions);
  }

  /**
   * The vectors of an {@code .npy} file of signed bytes, mapped and not copied.
   *
   * @param path a file of dtype {@code i1}, {@code [count, dimensions]} in C order
   * @param arena owns the memory; the vectors must not be used after the arena is closed
   * @return the vectors, which show later changes of the file
   * @throws io.github.shardsum.io.TensorFileException if the file breaks a rule of the format, or
   *     has another dtype, rank or order; nothing is then mapped
   * @throws IOException if the file cannot be read, or is a folder, a pipe or a device
   */
  public static ByteVectors map(Path path, Arena arena) throws IOException {
    try (FileChannel channel = FileRange.open(path)) {
      FileRange region = FileRange.whole(path, channel);
      NpyHeader header = NpyHeader.read(region.place(), region.from(0), region.size());
      StoredArray array = header.array();
      long[] sizes = array.shape().toArray();
      if (array.type() != StoredType.I8
          || sizes.length != 2
          || sizes[1] > Integer.MAX_VALUE
          || array.fortran()) {
        throw region
            .place()
            .broken(
                "expected signed bytes (i1) in C order, of two axes: vectors and their elements",
                0,
                array.type()
                    + array.shape().toString()
                    + (array.fortran() ? " in Fortran order" : ""));
      }
      MemorySegment data = region.map(header.dataOffset(), array.byteSize(), arena);
      return of(data, sizes[0], (int) sizes[1]);
    }
  }

  /** The product, or -1 if it does not fit. */
  private static long product(long count, long other) {
    return Math.multiplyHigh(count, other) == 0 ? count * other : -1;
  }

  /**
   * The number of vectors.
   *
   * @return the number of vectors
   */
  public long count() {
    return count;
  }

  /**
   * The number of elements of a vector.
   *
   * @return the number of elements
   */
  public int dimensions() {
    return dimensions;
  }

  /**
   * The product of each vector with each query: {@code nd,qd->nq}, or {@code nd,d->n} for one
   * query.
   *
   * @param queries vectors {@code [q, d]} with the same number of dimensions
   * @param scores i32 {@code [n, q]} in C order, of any alignment, in memory of its own
   * @throws IllegalArgumentException if the dimensions differ, or the scores do not have n * q
   *     elements, are read-only, or share memory with the vectors or queries
   * @throws IllegalStateException if some memory was closed
   * @throws WrongThreadException if some memory is confined to another thread
   */
  public void dot(ByteVectors queries, MemorySegment scores) {
    check(queries, scores);
    if (dimensions == 0 || scores.byteSize() == 0) {
      scores.fill((byte) 0);
      return;
    }
    if (ByteProducts.worthwhile(count, queries.count)) {
      // A single task runs on the calling thread, with arrays that the process keeps.
      DefaultOpsWorkers.get()
          .run(
              1,
              (_, scratch) ->
                  new ByteProducts(
                          data, count, queries.data, queries.count, dimensions, scores, scratch)
                      .run());
      return;
    }
    if (isInArray() && queries.isInArray()) {
      inArrays(queries, scores);
    } else {
      DefaultOpsWorkers.get()
          .run(1, (_, scratch) -> copied(queries, scores, scratch.kept(Copies.class, Copies::new)));
    }
  }

  private boolean isInArray() {
    return array.length > 0;
  }

  /** The number of vectors that stay in a second-level cache while all queries pass. */
  private int block() {
    return (int) Math.min(count, Math.max(4, BLOCK_BYTES / dimensions / 4 * 4));
  }

  private void inArrays(ByteVectors queries, MemorySegment scores) {
    int all = Math.toIntExact(count);
    int block = queries.count == 1 ? all : block();
    for (int row = 0; row < all; row += block) {
      int rows = Math.min(block, all - row);
      int at = offset + row * dimensions;
      for (int q = 0; q < queries.count; q++) {
        int other = queries.offset + q * dimensions;
        long to = row * queries.count + q;
        KERNEL.dots(array, at, rows, queries.array, other, dimensions, scores, to, queries.count);
      }
    }
  }

  /** Copies one block of vectors and one query at a time into arrays. */
  private void copied(ByteVectors queries, MemorySegment scores, Copies copies) {
    int block = Math.clamp(Shape.LONGEST_ARRAY / dimensions, 1, block());
    byte[] x = copies.vectors(block * dimensions);
    byte[] y = copies.query(dimensions);
    for (long row = 0; row < count; row += block) {
      int rows = (int) Math.min(block, count - row);
      MemorySegment.copy(data, JAVA_BYTE, row * dimensions, x, 0, rows * dimensions);
      for (long q = 0; q < queries.count; q++) {
        MemorySegment.copy(queries.data, JAVA_BYTE, q * dimensions, y, 0, dimensions);
        long to = row * queries.count + q;
        KERNEL.dots(x, 0, rows, y, 0, dimensions, scores, to, queries.count);
      }
    }
  }

  /** A thread's arrays. */
  private static final class Copies {
    private byte[] vectors = NONE;
    private byte[] query = NONE;

    byte[] vectors(int length) {
      vectors = atLeast(vectors, length);
      return vectors;
    }

    byte[] query(int length) {
      query = atLeast(query, length);
      return query;
    }

    private static byte[] atLeast(byte[] array, int length) {
      return array.length >= length ? array : new byte[length];
    }
  }

  private void check(ByteVectors queries, MemorySegment scores) {
    if (queries.dimensions != dimensions) {
      throw new IllegalArgumentException(
          "byte vectors: expected queries of "
              + dimensions
              + " dimensions, got "
              + queries.dimensions);
    }
    long bytes = product(product(count, queries.count), Integer.BYTES);
    if (scores.byteSize() != bytes || scores.isReadOnly()) {
      throw new IllegalArgumentException(
          "byte vectors: expected writable scores of "
              + count
              + " * "
              + queries.count
              + " i32, got "
              + (scores.isReadOnly() ? "read-only ones of " : "")
              + scores.byteSize()
              + " bytes");
    }
    if (scores.asOverlappingSlice(data).isPresent()
        || scores.asOverlappingSlice(queries.data).isPresent()) {
      throw new IllegalArgumentException(
          "byte vectors: expected scores that share no memory with vectors or queries");
    }
    // Accesses each memory once, so that a closed one is refused: an empty product would touch
    // none.
    touch(data);
    touch(queries.data);
    touch(scores);
  }

  private static void touch(MemorySegment segment) {
    if (segment.byteSize() > 0) {
      segment.get(JAVA_BYTE, 0);
    }
  }

  /** The vectors as text, such as {@code 1000 vectors of 768 bytes}. */
  @Override
  public String toString() {
    return count + " vectors of " + dimensions + " bytes";
  }
}
