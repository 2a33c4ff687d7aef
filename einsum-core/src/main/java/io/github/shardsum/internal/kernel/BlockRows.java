package io.github.shardsum.internal.kernel;

/**
 * Decoders of rows of whole blocks, in the formats of {@code tensor.BlockFormat}; callers have
 * checked all bounds. Each product and difference of an element is rounded to f32.
 */
public interface BlockRows {
  /** Decodes blocks from x[xAt] on into the elements from to[toAt] on. */
  void f16(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}. */
  void bf16(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; d (q - 8). */
  void q40(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; d (q - 16), with the fifth bits of all elements in one word. */
  void q50(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; d q. */
  void q80(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; (d s) q - dmin m, with s and m of 32 elements. */
  void q4k(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; (d s) (q - 32), with s of 16 elements. */
  void q6k(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** As {@link #f16}; half a power of two times twice the value of the 4 bits. */
  void mxfp4(byte[] x, int xAt, float[] to, int toAt, int blocks);

  /** A half as f32. */
  static float half(byte[] x, int at) {
    return Float.float16ToFloat((short) ((x[at] & 0xff) | (x[at + 1] << 8)));
  }

  /** Half the power of two with a biased exponent. */
  static float halfOfPower(byte exponent) {
    int biased = exponent & 0xff;
    return Float.intBitsToFloat(biased < 2 ? 0x200000 << biased : (biased - 1) << 23);
  }

  /** The factor s of 32 elements of Q4_K, whose eight s and m lie in 12 bytes. */
  static int factorOfQ4K(byte[] x, int at, int part) {
    int own = x[at + (part < 4 ? part : 4 + part)];
    return part < 4 ? own & 63 : (own & 15) | (x[at + part - 4] >> 2 & 48);
  }

  /** The factor m of 32 elements of Q4_K. */
  static int leastOfQ4K(byte[] x, int at, int part) {
    int own = x[at + 4 + part];
    return part < 4 ? own & 63 : (own >> 4 & 15) | (x[at + part] >> 2 & 48);
  }
}
