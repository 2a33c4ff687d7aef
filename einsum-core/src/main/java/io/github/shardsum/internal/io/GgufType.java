package io.github.shardsum.internal.io;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The formats of elements that are read from GGUF files. An element is a number of its own or a
 * part of a block of elements with common scales. Values are those of ggml's dequantisation: each
 * product and difference is rounded to f32 in the order that the decoders have.
 */
public enum GgufType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q5_0(6, 32, 22),
  Q8_0(8, 32, 34),
  Q4_K(12, 256, 144),
  Q6_K(14, 256, 210),
  BF16(30, 1, 2),
  MXFP4(39, 32, 17);

  /** ggml's names by number, for messages; empty where there is no format. */
  private static final List<String> NAMES =
      List.of(
          ("F32 F16 Q4_0 Q4_1 - - Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ2_XXS IQ2_XS"
                  + " IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ2_S IQ4_XS I8 I16 I32 I64 F64 IQ1_M BF16 - - -"
                  + " TQ1_0 TQ2_0 - - - MXFP4 NVFP4")
              .split(" "));

  /** The values of MXFP4's 4 bits, doubled. */
  private static final float[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private final int number;
  private final int elements;
  private final int bytes;

  GgufType(int number, int elements, int bytes) {
    this.number = number;
    this.elements = elements;
    this.bytes = bytes;
  }

  /** The format with ggml's number; empty for a format that is not read. */
  public static Optional<GgufType> of(long number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** ggml's name of a number. */
  public static String nameOf(long number) {
    return number >= 0 && number < NAMES.size() && !NAMES.get((int) number).equals("-")
        ? NAMES.get((int) number)
        : "format " + Long.toUnsignedString(number);
  }

  /** Elements of a block. */
  public int elements() {
    return elements;
  }

  /** Bytes of a block. */
  public int bytes() {
    return bytes;
  }

  /**
   * Decodes a block.
   *
   * @param block little-endian bytes that hold the block from index {@code at} on
   * @param to receives the elements from index {@code first} on
   */
  public void decode(ByteBuffer block, int at, float[] to, int first) {
    switch (this) {
      case Q4_0 -> {
        float d = half(block, at);
        for (int i = 0; i < 16; i++) {
          int pair = block.get(at + 2 + i);
          to[first + i] = d * ((pair & 15) - 8);
          to[first + 16 + i] = d * ((pair >> 4 & 15) - 8);
        }
      }
      case Q5_0 -> {
        float d = half(block, at);
        int high = block.getInt(at + 2);
        for (int i = 0; i < 16; i++) {
          int pair = block.get(at + 6 + i);
          to[first + i] = d * (((pair & 15) | (((high >> i) & 1) << 4)) - 16);
          to[first + 16 + i] = d * (((pair >> 4 & 15) | (((high >> (16 + i)) & 1) << 4)) - 16);
        }
      }
      case Q8_0 -> {
        float d = half(block, at);
        for (int i = 0; i < 32; i++) {
          to[first + i] = d * block.get(at + 2 + i);
        }
      }
      case Q4_K -> decodeQ4K(block, at, to, first);
      case Q6_K -> decodeQ6K(block, at, to, first);
      case MXFP4 -> {
        int exponent = block.get(at) & 255;
        float d = Float.intBitsToFloat(exponent < 2 ? 0x200000 << exponent : (exponent - 1) << 23);
        for (int i = 0; i < 16; i++) {
          int pair = block.get(at + 1 + i);
          to[first + i] = d * E2M1[pair & 15];
          to[first + 16 + i] = d * E2M1[pair >> 4 & 15];
        }
      }
      case F32 -> to[first] = block.getFloat(at);
      case F16 -> to[first] = half(block, at);
      case BF16 -> to[first] = Float.intBitsToFloat(block.getShort(at) << 16);
    }
  }

  private static float half(ByteBuffer block, int at) {
    return Float.float16ToFloat(block.getShort(at));
  }

  /** Two scales for the block, 6 bits of each for 32 elements, and 4 bits for an element. */
  private static void decodeQ4K(ByteBuffer block, int at, float[] to, int first) {
    float scale = half(block, at);
    float least = half(block, at + 2);
    int scales = at + 4;
    for (int part = 0; part < 8; part++) {
      int low = block.get(scales + part % 4);
      int next = block.get(scales + 4 + part % 4);
      int last = block.get(scales + 8 + part % 4);
      int s = part < 4 ? low & 63 : (last & 15) | (low >> 2 & 48);
      int m = part < 4 ? next & 63 : (last >> 4 & 15) | (next >> 2 & 48);
      float d = scale * s;
      float minimum = least * m;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int q = block.get(at + 16 + part / 2 * 32 + i) >> shift & 15;
        to[first + part * 32 + i] = d * q - minimum;
      }
    }
  }

  /** 4 low bits and 2 high bits of an element, a signed scale for 16, and one for the block. */
  private static void decodeQ6K(ByteBuffer block, int at, float[] to, int first) {
    float scale = half(block, at + 208);
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int part = i % 128 / 32;
      int low = block.get(at + half * 64 + part % 2 * 32 + i % 32) >> (part / 2 * 4) & 15;
      int high = block.get(at + 128 + half * 32 + i % 32) >> (part * 2) & 3;
      float d = scale * block.get(at + 192 + i / 16);
      to[first + i] = d * ((low | high << 4) - 32);
    }
  }
}
