package io.github.shardsum.internal.scalar;

import io.github.shardsum.internal.kernel.BlockRows;

/** The definition of the formats. */
public final class ScalarBlockRows implements BlockRows {
  /** The values of MXFP4's 4 bits, doubled. */
  private static final float[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  /** An implementation without state. */
  public ScalarBlockRows() {}

  @Override
  public void f16(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int i = 0; i < blocks; i++) {
      to[toAt + i] = BlockRows.half(x, xAt + 2 * i);
    }
  }

  @Override
  public void bf16(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int i = 0; i < blocks; i++) {
      int at = xAt + 2 * i;
      to[toAt + i] = Float.intBitsToFloat(((x[at] & 0xff) << 16) | (x[at + 1] << 24));
    }
  }

  @Override
  public void q40(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 18, first += 32) {
      float d = BlockRows.half(x, at);
      for (int i = 0; i < 16; i++) {
        int pair = x[at + 2 + i];
        to[first + i] = d * ((pair & 15) - 8);
        to[first + 16 + i] = d * ((pair >> 4 & 15) - 8);
      }
    }
  }

  @Override
  public void q50(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 22, first += 32) {
      float d = BlockRows.half(x, at);
      for (int i = 0; i < 32; i++) {
        int low = x[at + 6 + i % 16] >> (i / 16 * 4) & 15;
        int high = x[at + 2 + i / 8] >> (i % 8) & 1;
        to[first + i] = d * ((low | (high << 4)) - 16);
      }
    }
  }

  @Override
  public void q80(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 34, first += 32) {
      float d = BlockRows.half(x, at);
      for (int i = 0; i < 32; i++) {
        to[first + i] = d * x[at + 2 + i];
      }
    }
  }

  @Override
  public void q4k(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 144, first += 256) {
      float scale = BlockRows.half(x, at);
      float least = BlockRows.half(x, at + 2);
      for (int part = 0; part < 8; part++) {
        float d = scale * BlockRows.factorOfQ4K(x, at + 4, part);
        float minimum = least * BlockRows.leastOfQ4K(x, at + 4, part);
        for (int i = 0; i < 32; i++) {
          int q = x[at + 16 + part / 2 * 32 + i] >> (part % 2 * 4) & 15;
          to[first + part * 32 + i] = d * q - minimum;
        }
      }
    }
  }

  @Override
  public void q6k(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 210, first += 256) {
      float scale = BlockRows.half(x, at + 208);
      for (int i = 0; i < 256; i++) {
        int half = i / 128;
        int part = i % 128 / 32;
        int low = x[at + half * 64 + part % 2 * 32 + i % 32] >> (part / 2 * 4) & 15;
        int high = x[at + 128 + half * 32 + i % 32] >> (part * 2) & 3;
        float d = scale * x[at + 192 + i / 16];
        to[first + i] = d * ((low | (high << 4)) - 32);
      }
    }
  }

  @Override
  public void mxfp4(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 17, first += 32) {
      float d = BlockRows.halfOfPower(x[at]);
      for (int i = 0; i < 16; i++) {
        int pair = x[at + 1 + i];
        to[first + i] = d * E2M1[pair & 15];
        to[first + 16 + i] = d * E2M1[pair >> 4 & 15];
      }
    }
  }
}
