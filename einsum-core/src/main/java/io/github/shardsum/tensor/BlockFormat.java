package io.github.shardsum.tensor;

/**
 * A format of f32 elements in blocks, as ggml defines it: a block has common scales and a few bits
 * for each element. The numbers are little-endian. An element's value is that of ggml's
 * dequantisation to the bit.
 */
public enum BlockFormat {
  /** IEEE halves, blocks of one element. */
  F16(1, 2),
  /** The upper halves of f32, blocks of one element. */
  BF16(1, 2),
  /** 4 bits, and a half as the scale of 32 elements. */
  Q4_0(32, 18),
  /** 5 bits, and a half as the scale of 32 elements. */
  Q5_0(32, 22),
  /** 8 bits, and a half as the scale of 32 elements. */
  Q8_0(32, 34),
  /** 4 bits, 6 bits for the scale and for the least value of 32 elements, two halves for 256. */
  Q4_K(256, 144),
  /** 6 bits, 8 bits for the scale of 16 elements, a half for 256. */
  Q6_K(256, 210),
  /** 4 bits of a floating-point number, and a power of two as the scale of 32 elements. */
  MXFP4(32, 17);

  private final int elements;
  private final int bytes;

  BlockFormat(int elements, int bytes) {
    this.elements = elements;
    this.bytes = bytes;
  }

  /**
   * Elements of a block.
   *
   * @return the number
   */
  public int elements() {
    return elements;
  }

  /**
   * Bytes of a block.
   *
   * @return the number
   */
  public int bytes() {
    return bytes;
  }
}
