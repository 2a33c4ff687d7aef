package io.github.shardsum.internal.kernel;

/**
 * Block sizes of the packed matrix product, in elements, with the reason for each.
 *
 * <p>Loops, outermost first: k by {@code k}, rows by {@code rows} (pack A [rows, k]), columns by
 * {@code columns} (pack B [k, columns]), then the tiles. A block of B stays in the second-level
 * cache while rows of A are read. Tiles follow the rows of C, since the processor then fetches C's
 * cache lines ahead; Java has no prefetch instruction.
 *
 * <p>Where B may be in a farther cache, columns are the outer loop, and A's rows stay in the
 * second-level cache. A panel of A is several streams of short rows, which few processors fetch
 * ahead in time; a panel of B is one long stream.
 *
 * @param k the largest number of products summed in registers. Each pass over k rereads C, and a
 *     tile waits for C's cache lines before it begins. With 512 bits k is 1024, for which a panel
 *     of 14 rows of A is in the second-level cache. The wait for C takes longer than reading the
 *     panel from there: on Zen 5 a k of 1024 gains 2 to 3 % for 1024^3, and 7 % for 3000 x 700 x
 *     900. With narrower tiles a panel of A, or of B, stays in the first-level cache
 * @param aStride distance between rows of a packed block of A. It is a constant of each kernel, so
 *     that a tile addresses all its rows with one index register, and 16 more than k, so that rows
 *     do not share cache sets
 * @param panels number of elements of a packed block of B: half of the second-level cache
 * @param leastColumns least number of columns of a block of B, even if a block of many terms is
 *     then in the third-level cache; 0 where that is too slow
 * @param near number of rows of a packed block of A if B is one block; they stay in the part of the
 *     second-level cache that B leaves free
 * @param far number of rows of a packed block of A if there are several blocks of B. Each block of
 *     B reads the block of A again, so it fills the few MiB that a thread may use (1024^3 gains
 *     nothing, 2048^3 5 %)
 * @param alongRows whether tiles follow the rows of C, and not its columns, for every k
 */
public record Blocking(
    int k, int aStride, int panels, int leastColumns, int near, int far, boolean alongRows) {
  /** The default for the largest number of products that one call of a kernel sums. */
  public static final int K_MAX = 512;

  /**
   * The distance between rows of A for this number of terms, and the least distance of any kernel.
   */
  public static final int A_STRIDE = K_MAX + 16;

  /**
   * Number of rows of A that are transposed together: more rows would touch too many pages at once.
   */
  public static final int ROWS_OF_A = 128;

  /**
   * Distance from the end of a panel of B to the start of the next: a cache line, so that panels do
   * not share cache sets when a row is distributed over them.
   */
  public static final int GAP = 16;

  /**
   * Up to this many terms the tiles of a block always follow C's rows, since most of the time goes
   * into C.
   */
  private static final int K_ALONG_ROWS = 128;

  /**
   * Below this many terms tiles have fewer rows: most of the time goes into writes of C, and fewer
   * rows side by side are written faster (4096 x 4096 of 32 terms by a tenth).
   */
  private static final int FEW_TERMS = 48;

  private static final int FEW_TERMS_HEIGHT = 8;

  /** The largest number of bytes that a thread keeps in caches of any size. */
  public static final int MOST_NEAR_BYTES = 9 << 19;

  private static final int SECOND_LEVEL_BYTES = CacheSizes.SECOND_LEVEL;

  /**
   * Columns of a block of B in the third-level cache: 4 MiB with the largest number of terms
   * (2048^3 is 3 % faster than with half as many columns). With few terms such a block is no larger
   * than one for the second level.
   */
  private static final int STREAMED_COLUMNS = 1024;

  /** If more threads than this share such a cache, usually of 32 MiB, blocks are half as wide. */
  private static final int FEW_THREADS = 4;

  /**
   * The blocks of a kernel.
   *
   * @param bits width of its vectors, 0 for plain loops
   * @param bytes number of bytes of an element
   */
  public static Blocking of(int bits, int bytes) {
    return of(bits, bytes, SECOND_LEVEL_BYTES, CacheSizes.THIRD_LEVEL);
  }

  /** The blocks of a kernel with caches of given sizes in bytes. */
  static Blocking of(int bits, int bytes, int secondLevel, int thirdLevel) {
    int k = bits == 512 ? 2 * K_MAX : bits == 128 ? K_MAX / 2 : K_MAX;
    int aStride = Math.max(A_STRIDE, k + 16);
    int rowBytes = aStride * bytes;
    return new Blocking(
        k,
        aStride,
        secondLevel / 2 / bytes,
        0,
        nearBytes(secondLevel) / rowBytes,
        farBytes(secondLevel, thirdLevel) / rowBytes,
        bits >= 256);
  }

  /** Bytes of a near block of A: half of the part of the second-level cache that B leaves free. */
  private static int nearBytes(int secondLevel) {
    return secondLevel / 4;
  }

  /** Bytes that a thread may keep in the caches of this machine. */
  public static int nearBytes() {
    return farBytes(SECOND_LEVEL_BYTES, CacheSizes.THIRD_LEVEL);
  }

  /**
   * Bytes of a far block of A: a seventh of a third-level cache of 32 MiB, and no more of a larger
   * cache, which more cores share. 2048 rows of A are thus one block; each further block would pack
   * B again.
   */
  private static int farBytes(int secondLevel, int thirdLevel) {
    return Math.clamp(thirdLevel / 64L * 9, nearBytes(secondLevel), MOST_NEAR_BYTES);
  }

  /**
   * The blocks of a kernel that is slow enough for B to come from the third-level cache.
   *
   * @param k the largest number of products summed
   * @param bytes number of bytes of an element
   */
  public static Blocking streamed(int k, int bytes) {
    int aStride = k + 16;
    int near = nearBytes(SECOND_LEVEL_BYTES) / (aStride * bytes);
    return new Blocking(
        k, aStride, SECOND_LEVEL_BYTES / 2 / bytes, STREAMED_COLUMNS, near, near, true);
  }

  /**
   * Whether one or two columns of cache lines, one line for each row of a matrix, fit into the
   * second-level cache. Rows whose distance is a multiple of a power of two use fewer cache sets:
   * 512 rows of 8 KiB occupy as much of the cache as whole rows would.
   *
   * @param rows number of rows
   * @param rowBytes the distance between rows
   */
  public static boolean staysNear(long rows, long rowBytes) {
    return rows * Long.lowestOneBit(rowBytes) <= SECOND_LEVEL_BYTES / 4L * 3;
  }

  /** Columns of a block of B with {@code terms} rows, one block for each thread. */
  public int columns(int terms, int threads) {
    int least = threads > FEW_THREADS ? leastColumns / 2 : leastColumns;
    return Math.max(Math.max(1, least), panels / terms);
  }

  /** Whether blocks of columns are the outer loop; then near and far rows are the same. */
  public boolean columnsFirst() {
    return leastColumns > 0;
  }

  /** Whether tiles of a block with this number of terms follow the rows of C. */
  public boolean alongRows(int terms) {
    return alongRows || terms <= K_ALONG_ROWS;
  }

  /** The largest number of rows of a tile with this number of terms. */
  public int height(int terms) {
    return terms < FEW_TERMS ? FEW_TERMS_HEIGHT : Integer.MAX_VALUE;
  }
}
