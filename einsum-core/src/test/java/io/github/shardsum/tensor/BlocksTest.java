package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.selection.KernelSelection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elements by ggml's definition of each format, one at a time. */
class BlocksTest {
  private static final double[] E2M1 = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

  /** Element i of a block; products and differences of f32 are rounded as they are written. */
  private static float element(BlockFormat format, ByteBuffer block, int i) {
    return switch (format) {
      case F16 -> half(block, 0);
      case BF16 -> Float.intBitsToFloat(block.getShort(0) << 16);
      case Q4_0 -> half(block, 0) * (nibble(block, 2 + i % 16, i / 16) - 8);
      case Q5_0 -> {
        int fifth = (block.getInt(2) >>> i) & 1;
        yield half(block, 0) * (nibble(block, 6 + i % 16, i / 16) + 16 * fifth - 16);
      }
      case Q8_0 -> half(block, 0) * block.get(2 + i);
      case Q4_K -> {
        int group = i / 32;
        int s = sixBits(block, group, 0);
        int m = sixBits(block, group, 1);
        int q = nibble(block, 16 + group / 2 * 32 + i % 32, group % 2);
        yield half(block, 0) * s * q - half(block, 2) * m;
      }
      case Q6_K -> {
        int group = i % 128 / 32;
        int low = nibble(block, i / 128 * 64 + group % 2 * 32 + i % 32, group / 2);
        int high = ((block.get(128 + i / 128 * 32 + i % 32) & 0xff) >>> (2 * group)) & 3;
        yield half(block, 208) * block.get(192 + i / 16) * (low + 16 * high - 32);
      }
      case MXFP4 -> {
        int code = nibble(block, 1 + i % 16, i / 16);
        double scale = Math.pow(2, (block.get(0) & 0xff) - 127);
        // Zero has no sign: ggml's table has integers.
        yield (float) ((code < 8 ? 1 : -1) * scale * E2M1[code % 8] + 0.0);
      }
    };
  }

  private static float half(ByteBuffer block, int at) {
    return Float.float16ToFloat(block.getShort(at));
  }

  private static int nibble(ByteBuffer block, int at, int which) {
    return which == 0 ? block.get(at) & 15 : (block.get(at) & 0xff) / 16;
  }

  /** Number {@code of} of the two 6-bit numbers of a group of Q4_K. */
  private static int sixBits(ByteBuffer block, int group, int of) {
    if (group < 4) {
      return block.get(4 + 4 * of + group) & 0x3f;
    }
    int upper = (block.get(4 + 4 * of + group - 4) & 0xff) >>> 6;
    return nibble(block, 12 + group - 4, of) + 16 * upper;
  }

  /** Random blocks; scales are small numbers, or any bits. */
  private static byte[] random(BlockFormat format, int blocks, boolean any, Random random) {
    byte[] bytes = new byte[blocks * format.bytes()];
    random.nextBytes(bytes);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < bytes.length && !any; at += format.bytes()) {
      short scale = Float.floatToFloat16((float) random.nextGaussian());
      switch (format) {
        case F16, Q4_0, Q5_0, Q8_0 -> buffer.putShort(at, scale);
        case BF16 ->
            buffer.putShort(
                at, (short) (Float.floatToIntBits((float) random.nextGaussian()) >> 16));
        case Q4_K -> buffer.putShort(at, scale).putShort(at + 2, scale);
        case Q6_K -> buffer.putShort(at + 208, scale);
        case MXFP4 -> buffer.put(at, (byte) (120 + random.nextInt(8)));
      }
    }
    return bytes;
  }

  private static float[] decoded(BlockFormat format, byte[] bytes) {
    float[] values = new float[bytes.length / format.bytes() * format.elements()];
    for (int i = 0; i < values.length; i++) {
      int at = i / format.elements() * format.bytes();
      ByteBuffer block =
          ByteBuffer.wrap(bytes).slice(at, format.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      values[i] = element(format, block, i % format.elements());
    }
    return values;
  }

  private static void decode(
      BlockRows rows, BlockFormat format, byte[] x, int xAt, float[] to, int toAt, int blocks) {
    switch (format) {
      case F16 -> rows.f16(x, xAt, to, toAt, blocks);
      case BF16 -> rows.bf16(x, xAt, to, toAt, blocks);
      case Q4_0 -> rows.q40(x, xAt, to, toAt, blocks);
      case Q5_0 -> rows.q50(x, xAt, to, toAt, blocks);
      case Q8_0 -> rows.q80(x, xAt, to, toAt, blocks);
      case Q4_K -> rows.q4k(x, xAt, to, toAt, blocks);
      case Q6_K -> rows.q6k(x, xAt, to, toAt, blocks);
      case MXFP4 -> rows.mxfp4(x, xAt, to, toAt, blocks);
    }
  }

  /** For 16 bits all patterns; bits are compared, with one pattern for all that is no number. */
  @ParameterizedTest
  @EnumSource
  void everyKernelHasTheBitsOfTheDefinition(BlockFormat format) {
    Random random = new Random(17);
    int count = format.elements() == 1 ? 1 << 16 : 67;
    byte[] bytes = random(format, count, true, random);
    for (int i = 0; i < 1 << 16 && format.elements() == 1; i++) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(2 * i, (short) i);
    }
    float[] expected = decoded(format, bytes);
    for (KernelSet kernels : List.of(KernelSelection.scalar(), KernelSelection.best())) {
      for (int blocks : new int[] {0, 1, 2, 7, count - 1}) {
        float[] actual = new float[expected.length + 8];
        decode(kernels.blocks(), format, bytes, format.bytes(), actual, 3, blocks);
        for (int i = 0; i < actual.length; i++) {
          boolean inside = i >= 3 && i < 3 + blocks * format.elements();
          float wanted = inside ? expected[i - 3 + format.elements()] : 0;
          int element = i;
          assertEquals(
              Float.floatToIntBits(wanted),
              Float.floatToIntBits(actual[i]),
              () -> kernels.name() + " at " + element);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void viewsReadTheElementsOfTheirPlaces(BlockFormat format) {
    byte[] bytes = random(format, 12 * 512 / format.elements(), false, new Random(3));
    float[] expected = decoded(format, bytes);
    Tensor tensor = Tensor.of(new Blocks(format, MemorySegment.ofArray(bytes)), 3, 4, 512);
    assertArrayEquals(expected, tensor.toFloatArray());
    assertEquals(DType.F32, tensor.dtype());
    Tensor plain = Tensor.of(expected, 3, 4, 512);
    assertArrayEquals(plain.transpose().toFloatArray(), tensor.transpose().toFloatArray());
    Tensor inner = tensor.slice(2, 5, 499).slice(1, 1, 4, 2);
    assertArrayEquals(
        plain.slice(2, 5, 499).slice(1, 1, 4, 2).toFloatArray(), inner.toFloatArray());
    assertArrayEquals(
        plain.slice(2, 7, 480, 3).toDoubleArray(), tensor.slice(2, 7, 480, 3).toDoubleArray());
    assertArrayEquals(plain.flip(2).toLongArray(), tensor.flip(2).toLongArray());
    assertEquals(plain.getDouble(2, 1, 77), tensor.getDouble(2, 1, 77));
    assertEquals(plain.getLong(2, 1, 77), tensor.getLong(2, 1, 77));
  }

  /** Sums of products in f64 are the oracle, with the bound of as many roundings as terms. */
  @ParameterizedTest
  @EnumSource
  void productsAreThoseOfTheElements(BlockFormat format) {
    Random random = new Random(5);
    int k = 512;
    for (int m : new int[] {1, 3, 40}) {
      for (int n : new int[] {5, 96}) {
        byte[] bytes = random(format, n * k / format.elements(), false, random);
        float[] w = decoded(format, bytes);
        float[] x = new float[m * k];
        for (int i = 0; i < x.length; i++) {
          x[i] = (float) random.nextGaussian();
        }
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment native0 = arena.allocate(bytes.length + 1).asSlice(1);
          native0.copyFrom(MemorySegment.ofArray(bytes));
          Tensor stored = Tensor.of(new Blocks(format, native0), n, k);
          float[] right = Einsum.einsum("tm,hm->th", Tensor.of(x, m, k), stored).toFloatArray();
          float[] left = Einsum.einsum("hm,tm->th", stored, Tensor.of(x, m, k)).toFloatArray();
          for (int i = 0; i < m * n; i++) {
            double sum = 0;
            double size = 0;
            for (int p = 0; p < k; p++) {
              double term = (double) x[i / n * k + p] * w[i % n * k + p];
              sum += term;
              size += Math.abs(term);
            }
            double bound = k * 0x1p-24 * size;
            assertEquals(sum, right[i], bound);
            assertEquals(sum, left[i], bound);
          }
          float[] across =
              Einsum.einsum("th,hm->tm", Tensor.ones(DType.F32, 2, n), stored).toFloatArray();
          for (int p = 0; p < k; p++) {
            double sum = 0;
            double size = 0;
            for (int h = 0; h < n; h++) {
              sum += w[h * k + p];
              size += Math.abs(w[h * k + p]);
            }
            assertEquals(sum, across[p], n * 0x1p-24 * size);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksAreReadOnlyAndHaveNoElementsInMemory(BlockFormat format) {
    byte[] bytes = new byte[4 * format.bytes()];
    Blocks blocks = new Blocks(format, MemorySegment.ofArray(bytes));
    long n = 4L * format.elements();
    Tensor tensor = Tensor.of(blocks, n);
    assertEquals(blocks, tensor.blocks().orElseThrow());
    assertTrue(tensor.isReadOnly());
    assertFalse(tensor.copy().isReadOnly());
    assertThrows(IllegalStateException.class, tensor::segment);
    assertThrows(IllegalArgumentException.class, () -> tensor.set(1.0, 0));
    Tensor zeros = Tensor.zeros(DType.F32, n);
    assertThrows(IllegalArgumentException.class, () -> tensor.assign(zeros));
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(blocks, n + 1));
    MemorySegment cut = MemorySegment.ofArray(bytes).asSlice(1);
    assertThrows(IllegalArgumentException.class, () -> new Blocks(format, cut));
    assertFalse(tensor.overlaps(zeros));
    assertTrue(tensor.overlaps(tensor.slice(0, 0, 1)));
  }
}
