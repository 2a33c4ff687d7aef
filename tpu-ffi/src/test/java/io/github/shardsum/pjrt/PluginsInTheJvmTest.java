package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What plugins do to the JVM that they are loaded into. */
@Tag("pjrt-plugin")
class PluginsInTheJvmTest {
  private static final int CYCLES = 10_000;
  private static final int THREADS = 100;

  private static final int CLIENT_CYCLES = 300;
  private static final int STRETCHES = 4;

  private static final String ADD =
      "func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %b : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  static Stream<Path> all() {
    return Stream.concat(RealPlugins.all().stream(), Stream.of(RealPlugins.libtpu()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void theSignalsOfTheJvmStillWork(Path library) {
    PjrtPlugin.open(library);
    assertEquals(100_000, nullChecks());
    assertThrows(StackOverflowError.class, () -> endless(1));
    System.gc();
    assertEquals(100_000, nullChecks());
  }

  /** Enough for the compiler to trust in SIGSEGV instead of a test. */
  private static int nullChecks() {
    String[] texts = {"a", null};
    int caught = 0;
    for (int i = 0; i < 200_000; i++) {
      try {
        if (texts[i & 1].length() > 1) {
          caught--;
        }
      } catch (NullPointerException expected) {
        caught++;
      }
    }
    return caught;
  }

  private static int endless(int depth) {
    return depth < 0 ? 0 : depth + endless(depth + 1) + 1;
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void tenThousandCyclesDoNotGrowNativeMemory(Path library) {
    try (PjrtClient client = RealPlugins.client(library, 1);
        PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults())) {
      checkGrowth(library + ", buffers and runs", CYCLES, 64, () -> cycle(client, add));
    }
  }

  private static void cycle(PjrtClient client, PjrtLoadedExecutable add) {
    PjrtDevice device = client.devices().getFirst();
    try (PjrtBuffer a = client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), device);
        PjrtBuffer b = client.bufferFrom(Tensor.of(new float[] {4, 5, 6}, 3), device);
        PjrtBuffer sum =
            add.execute(List.of(List.of(a, b)), ExecuteOptions.defaults())
                .join()
                .getFirst()
                .getFirst()) {
      assertEquals(9, sum.toTensor().getDouble(2));
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void clientsAndProgramsDoNotGrowNativeMemory(Path library) {
    checkGrowth(
        library + ", clients and programs",
        CLIENT_CYCLES,
        4096,
        () -> {
          try (PjrtClient client = RealPlugins.client(library, 1);
              PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults())) {
            cycle(client, add);
          }
        });
  }

  /**
   * What malloc has given out and not taken back, in all its arenas. The process's size would count
   * the Java heap and free memory that malloc keeps.
   */
  private static long nativeBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
      // What the collector found is freed by another thread.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    return NativeHeap.bytesInUse();
  }

  /**
   * A leak makes every stretch of cycles grow; compiled code and the JVM's own tables grow in some.
   *
   * @param leak bytes a cycle, fewer than the smallest object that could be forgotten
   */
  private static void checkGrowth(String what, int cycles, long leak, Runnable cycle) {
    repeat(cycles / 5, cycle);
    long least = Long.MAX_VALUE;
    for (int stretch = 0; stretch < STRETCHES; stretch++) {
      long before = nativeBytes();
      repeat(cycles / STRETCHES, cycle);
      least = Math.min(least, nativeBytes() - before);
    }
    System.out.printf(
        "native memory, %s: %d cycles, the least growth of %d stretches %,d bytes%n",
        what, cycles, STRETCHES, least);
    assertTrue(
        least < cycles / STRETCHES * leak,
        what + ": every stretch grew by " + least + " bytes or more");
  }

  private static void repeat(int times, Runnable cycle) {
    for (int i = 0; i < times; i++) {
      cycle.run();
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void aHundredThreadsShareAClient(Path library) throws Exception {
    try (PjrtClient client = RealPlugins.client(library, 8);
        PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults());
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int seed = t;
        all.add(threads.submit(() -> manySums(client, add, seed)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  private static void manySums(PjrtClient client, PjrtLoadedExecutable add, int seed) {
    PjrtDevice device = client.devices().getFirst();
    for (int i = 0; i < 20; i++) {
      float[] values = {seed, i, seed * i};
      try (PjrtBuffer in = client.bufferFrom(Tensor.of(values, 3), device);
          PjrtBuffer out = add.run(in, in).getFirst()) {
        assertArrayEquals(
            new float[] {2 * seed, 2 * i, 2 * seed * i}, out.toTensor().toFloatArray());
      }
      if (i == 10) {
        try (PjrtLoadedExecutable mine = client.compile(ADD, CompileOptions.defaults())) {
          assertEquals(1, mine.executable().outputs());
        }
      }
    }
  }

  @Test
  void aPluginIsLoadedOnce() {
    PjrtPlugin first = PjrtPlugin.open(RealPlugins.newestCpu());
    PjrtPlugin second = PjrtPlugin.open(RealPlugins.newestCpu());
    assertEquals(first.api(), second.api());
  }
}
