package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.internal.pjrt.client.XnnpackCapture;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What XLA's own pjrt_c_api_test, gopjrt, pypjrt and r-xla ask of a plugin with 8 devices, through
 * this binding: the way to a device and back.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class TransfersOnPluginTest {
  @Parameter Path library;

  private OnPlugin on;

  @BeforeEach
  void open() {
    on = OnPlugin.of(library);
  }

  @AfterEach
  void close() {
    on.close();
  }

  @Test
  void everyDtypeComesBackAsItWent() {
    List<Tensor> tensors =
        List.of(
            Tensor.of(new float[] {1.5f, -0f, Float.NaN, Float.MAX_VALUE}, 2, 2),
            Tensor.of(new double[] {1e300, -2, Double.MIN_VALUE}, 3),
            Tensor.ofBf16(new short[] {0x3f80, (byte) 0x81, (short) 0xc000}, 1, 3),
            Tensor.of(new int[] {Integer.MIN_VALUE, 7}, 2, 1),
            Tensor.of(new long[] {Long.MAX_VALUE, -1}, 2),
            Tensor.ofBool(new byte[] {0, 1, 1}, 3),
            Tensor.scalar(DType.F32, 4.25));
    for (Tensor tensor : tensors) {
      for (HostTransfer transfer : HostTransfer.values()) {
        try (PjrtBuffer buffer = on.client().bufferFrom(tensor, on.device(0), transfer)) {
          assertEquals(PjrtType.of(tensor.dtype()), buffer.type());
          assertEquals(tensor.shape(), buffer.shape());
          assertArrayEquals(tensor.toDoubleArray(), buffer.toTensor().toDoubleArray());
        }
      }
    }
  }

  @Test
  void typesThatTensorsLackComeBackAsBytes() {
    byte[] bytes = {0, 1, 2, 3, -1, -2, 127, -128, 9, 10, 11, 12, 13, 14, 15, 16};
    for (PjrtType type :
        List.of(
            PjrtType.S8,
            PjrtType.U8,
            PjrtType.S16,
            PjrtType.U16,
            PjrtType.F16,
            PjrtType.U32,
            PjrtType.U64,
            PjrtType.C64,
            PjrtType.C128,
            PjrtType.F8E5M2,
            PjrtType.F8E4M3FN)) {
      long count = bytes.length * 8L / type.bits();
      try (PjrtBuffer buffer =
          on.client().bufferFrom(bytes, type, new long[] {count}, on.device(0))) {
        assertEquals(type, buffer.type());
        assertArrayEquals(bytes, buffer.toBytes());
      }
    }
  }

  @Test
  void emptyArraysTravel() {
    for (long[] sizes : new long[][] {{0}, {2, 0, 3}}) {
      try (PjrtBuffer buffer =
          on.client().bufferFrom(Tensor.of(new float[0], sizes), on.device(0))) {
        assertEquals(Shape.of(sizes), buffer.shape());
        assertEquals(0, buffer.toTensor().shape().elementCount());
      }
    }
    String empty =
        "func.func @main() -> tensor<0x2xf32> {\n"
            + "  %0 = stablehlo.constant dense<> : tensor<0x2xf32>\n  return %0 : tensor<0x2xf32>\n}";
    try (PjrtLoadedExecutable program = on.client().compile(empty, PjrtCompileOptions.defaults());
        PjrtBuffer out = program.run().getFirst()) {
      assertEquals(Shape.of(0, 2), out.toTensor().shape());
    }
  }

  @Test
  void nativeMemoryIsBorrowedUntilTheBufferIsGone() throws Exception {
    assumeTrue(on.onCpu(), "memory of the host is no device's");
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    tensor.assign(Tensor.full(DType.F32, 3, 1024));
    PjrtBuffer buffer = on.client().bufferFrom(tensor, on.device(0), HostTransfer.BORROW);
    buffer.ready().await();
    assertFalse(buffer.hostReleased().isDone(), "XLA CPU uses aligned memory in place");
    tensor.set(7.0, 5);
    assertEquals(7, buffer.toTensor().getDouble(5));
    buffer.close();
    buffer.hostReleased().get();
  }

  @Test
  void copiedMemoryMayBeChangedAtOnce() {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    try (PjrtBuffer buffer = on.client().bufferFrom(tensor, on.device(0), HostTransfer.COPY)) {
      tensor.set(7.0, 5);
      assertTrue(buffer.hostReleased().isDone());
      assertEquals(0, buffer.toTensor().getDouble(5));
    }
  }

  @Test
  void memoryIsReadUntilTheTransferIsDone() throws Exception {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    try (PjrtBuffer buffer =
        on.client().bufferFrom(tensor, on.device(0), HostTransfer.UNTIL_TRANSFERRED)) {
      buffer.hostReleased().get();
      tensor.set(7.0, 5);
      assertEquals(0, buffer.toTensor().getDouble(5));
    }
  }

  private static float[] counted(int count, int start) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = start + i % 1000;
    }
    return values;
  }

  /** Too large for the memory of a call: it goes by way of memory that is used again. */
  private static final int LARGE = 1 << 20;

  @Test
  void memoryThatIsUsedAgainIsNeverOneThatIsStillRead() {
    List<PjrtBuffer> kept = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      float[] values = counted(LARGE, i);
      PjrtBuffer buffer = on.client().bufferFrom(Tensor.of(values, LARGE), on.device(0));
      Arrays.fill(values, -1);
      if (i % 3 == 0) {
        kept.add(buffer);
      } else {
        buffer.close();
      }
    }
    for (int i = 0; i < kept.size(); i++) {
      try (PjrtBuffer buffer = kept.get(i)) {
        assertArrayEquals(counted(LARGE, 3 * i), buffer.toTensor().toFloatArray());
      }
    }
  }

  @Test
  void aProgramReadsABufferThatWasClosedMeanwhile() {
    String squared =
        """
        func.func @main(%a: tensor<512x512xf32>) -> tensor<512x512xf32> {
          %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
          return %0 : tensor<512x512xf32>
        }""";
    try (PjrtLoadedExecutable program =
        on.client().compile(squared, PjrtCompileOptions.defaults())) {
      List<PjrtBuffer> results = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        float[] ones = new float[512 * 512];
        Arrays.fill(ones, i);
        try (PjrtBuffer in = on.client().bufferFrom(Tensor.of(ones, 512, 512), on.device(0))) {
          results.add(program.run(in).getFirst());
        }
      }
      for (int i = 0; i < results.size(); i++) {
        try (PjrtBuffer out = results.get(i)) {
          float[] all = out.toTensor().toFloatArray();
          assertEquals(512f * i * i, all[0]);
          assertEquals(512f * i * i, all[all.length - 1]);
        }
      }
    }
  }

  /** XNNPACK keeps a packed copy of a right operand by its address: {@link XnnpackCapture}. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "BF16", "I32"})
  void anArrayAtTheAddressOfAnEarlierOneIsReadAnew(DType dtype) {
    for (int size : new int[] {1, 8, 100, 512}) {
      String type = String.format(Locale.ROOT, "tensor<%dx%dx%s>", size, size, mlir(dtype));
      String product =
          String.format(
              Locale.ROOT,
              """
          func.func @main(%%a: %1$s, %%b: %1$s) -> (%1$s, %1$s) {
            %%0 = stablehlo.dot_general %%a, %%b, contracting_dims = [1] x [0] : (%1$s, %1$s) -> %1$s
            %%1 = stablehlo.dot_general %%b, %%b, contracting_dims = [1] x [0] : (%1$s, %1$s) -> %1$s
            return %%0, %%1 : %1$s, %1$s
          }""",
              type);
      Tensor right = Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(size, size));
      try (PjrtLoadedExecutable program =
              on.client().compile(product, PjrtCompileOptions.defaults());
          PjrtBuffer ones =
              on.client().bufferFrom(Tensor.full(dtype, 1, size, size), on.device(0))) {
        for (int value = 1; value <= 4; value++) {
          right.assign(Tensor.full(dtype, value, size, size));
          try (PjrtBuffer in = on.client().bufferFrom(right, on.device(0), HostTransfer.BORROW)) {
            List<PjrtBuffer> out = program.run(ones, in);
            assertAll(size * value, out.get(0));
            assertAll(size * value * value, out.get(1));
          }
        }
      }
    }
  }

  private static String mlir(DType dtype) {
    return dtype == DType.I32 ? "i32" : dtype.toString();
  }

  private static void assertAll(double expected, PjrtBuffer buffer) {
    try (buffer) {
      double[] all = buffer.toTensor().toDoubleArray();
      double[] each = new double[all.length];
      Arrays.fill(each, expected);
      assertArrayEquals(each, all);
    }
  }

  @Test
  void aDonatedLargeArrayIsTheResultsUntilThatIsClosed() {
    String twice =
        """
        func.func @main(%a: tensor<1048576xf32> {tf.aliasing_output = 0 : i32}) -> tensor<1048576xf32> {
          %0 = stablehlo.add %a, %a : tensor<1048576xf32>
          return %0 : tensor<1048576xf32>
        }""";
    try (PjrtLoadedExecutable program = on.client().compile(twice, PjrtCompileOptions.defaults())) {
      PjrtBuffer in = on.client().bufferFrom(Tensor.of(counted(LARGE, 1), LARGE), on.device(0));
      try (PjrtBuffer out = program.run(in).getFirst()) {
        assertTrue(in.isDeleted());
        in.close();
        for (int i = 0; i < 5; i++) {
          on.client().bufferFrom(Tensor.full(DType.F32, -1, LARGE), on.device(0)).close();
        }
        float[] doubled = out.toTensor().toFloatArray();
        for (int i = 0; i < LARGE; i++) {
          assertEquals(2f * (1 + i % 1000), doubled[i]);
        }
      }
    }
  }
}
