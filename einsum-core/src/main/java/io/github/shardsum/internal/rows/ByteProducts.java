package io.github.shardsum.internal.rows;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.selection.KernelSelection;
import java.lang.foreign.MemorySegment;

/**
 * Products of many rows of bytes with many others, by the register tiles of f32. Bytes are widened.
 * A sum of up to 1024 products of bytes is an integer that f32 holds exactly.
 *
 * <p>f32 takes fewer instructions here than integers of 16 bits. As many products as two vectors of
 * 16-bit lanes hold take four multiply-adds in f32, one product for each 32-bit lane. Integers take
 * seven instructions: two products, the sum of both, two instructions to separate even and odd
 * lanes, and two to add them.
 */
public final class ByteProducts {
  /** Products of bytes that f32 sums exactly: each is at most 2^14, their sum at most 2^24. */
  private static final int TERMS = 1024;

  /** Elements of packed queries, which stay in the second-level cache while rows pass. */
  private static final int PACKED = 1 << 16;

  private static final FloatMicrokernel TILES = KernelSelection.best().gemm().floats();
  private static final FloatRows ROWS = KernelSelection.best().floats();
  private static final ByteRows BYTES = KernelSelection.best().bytes();

  private static final int QUERIES = 0;
  private static final int ROWS_OF_X = 1;
  private static final int TILE = 2;
  private static final int WIDENED = 3;
  private static final int SUMS = 0;

  private final FloatMicrokernel tiles;
  private final MemorySegment x;
  private final long rows;
  private final MemorySegment y;
  private final long queries;
  private final int d;
  private final MemorySegment to;
  private final float[] packed;
  private final float[] panel;
  private final float[] tile;
  private final float[] widened;
  private final int[] sums;
  private final int terms;
  private final int groupOfPanels;

  /**
   * Products {@code [rows, queries]} of rows of bytes; callers have checked all bounds.
   *
   * @param x bytes {@code [rows, d]}
   * @param rows the number of rows of x
   * @param y bytes {@code [queries, d]}
   * @param queries the number of rows of y
   * @param d at least 1
   * @param to i32 {@code [rows, queries]} of any alignment
   * @param scratch memory of the thread that runs the products
   */
  public ByteProducts(
      MemorySegment x,
      long rows,
      MemorySegment y,
      long queries,
      int d,
      MemorySegment to,
      Scratch scratch) {
    this.tiles = TILES.forSizes(queries, Math.min(d, TERMS)).forOneThread(scratch);
    this.x = x;
    this.rows = rows;
    this.y = y;
    this.queries = queries;
    this.d = d;
    this.to = to;
    this.terms = Math.min(Math.min(d, TERMS), tiles.blocking().k());
    int columns = tiles.columns();
    int panels = (int) Math.min(Math.ceilDiv(queries, columns), Integer.MAX_VALUE);
    this.groupOfPanels = Math.min(panels, Math.max(1, PACKED / (columns * terms)));
    this.packed = scratch.floats(QUERIES, groupOfPanels * columns * terms);
    this.panel = scratch.floats(ROWS_OF_X, tiles.rows() * tiles.blocking().aStride());
    this.tile = scratch.floats(TILE, tiles.rows() * columns);
    this.widened = scratch.floats(WIDENED, columns * terms);
    this.sums = scratch.ints(SUMS, columns);
  }

  /** Whether there are enough rows to fill a tile, and enough queries to be worth packing. */
  public static boolean worthwhile(long rows, long queries) {
    return rows >= TILES.rows() && queries >= TILES.columns() / 2;
  }

  /** to[r * queries + q] = the sum over k of x[r * d + k] * y[q * d + k]. */
  public void run() {
    int columns = tiles.columns();
    long group = (long) groupOfPanels * columns;
    int n;
    for (int k = 0; k < d; k += n) {
      n = Math.min(terms, d - k);
      for (long q = 0; q < queries; q += group) {
        long some = Math.min(group, queries - q);
        for (int i = 0; i < some; i += columns) {
          pack(q + i, (int) Math.min(columns, some - i), k, n, i * n);
        }
        sweep(q, (int) some, k, n);
      }
    }
  }

  /** Packs queries as columns of a panel with n rows. */
  private void pack(long query, int count, int k, int n, int at) {
    for (int i = 0; i < count; i++) {
      BYTES.widen(y, (query + i) * d + k, widened, i * n, n);
    }
    ROWS.transpose(widened, 0, n, count, n, packed, at, tiles.columns());
  }

  /** Adds the products of all rows with the packed queries. */
  private void sweep(long query, int count, int k, int n) {
    int columns = tiles.columns();
    int stride = tiles.blocking().aStride();
    for (long row = 0; row < rows; ) {
      int left = (int) Math.min(rows - row, tiles.rows());
      int height = tiles.height(left);
      int filled = Math.min(height, left);
      for (int i = 0; i < filled; i++) {
        BYTES.widen(x, (row + i) * d + k, panel, i * stride, n);
      }
      for (int i = 0; i < count; i += columns) {
        tiles.tile(height, n, panel, 0, packed, i * n, tile, 0, columns, false);
        for (int r = 0; r < filled; r++) {
          long first = (row + r) * queries + query + i;
          store(r * columns, Math.min(columns, count - i), first, k > 0);
        }
      }
      row += filled;
    }
  }

  private void store(int at, int count, long first, boolean add) {
    for (int i = 0; i < count; i++) {
      sums[i] = (int) tile[at + i];
    }
    if (add) {
      for (int i = 0; i < count; i++) {
        sums[i] += to.getAtIndex(JAVA_INT_UNALIGNED, first + i);
      }
    }
    MemorySegment.copy(sums, 0, to, JAVA_INT_UNALIGNED, first * Integer.BYTES, count);
  }
}
