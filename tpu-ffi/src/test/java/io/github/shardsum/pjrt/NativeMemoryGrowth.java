package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Makes and closes objects of a plugin over and over and tells by how much native memory grew in
 * each of some stretches. In a process of its own without a compiler, whose memory would come and
 * go by megabytes.
 */
final class NativeMemoryGrowth {
  static final int STRETCHES = 9;

  private NativeMemoryGrowth() {}

  /**
   * Measures.
   *
   * @param arguments what, the plugin, and the number of cycles
   */
  public static void main(String[] arguments) {
    Path library = Path.of(arguments[1]);
    int cycles = Integer.parseInt(arguments[2]);
    switch (arguments[0]) {
      case "runs" -> runs(library, cycles);
      case "large" -> large(library, cycles);
      case "clients" -> clients(library, cycles);
      case "errors" -> errors(library, cycles);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void runs(Path library, int cycles) {
    try (PjrtClient client = RealPlugins.client(library, 1);
        PjrtLoadedExecutable add = client.compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
      measure(cycles, () -> run(client, add));
    }
  }

  private static void run(PjrtClient client, PjrtLoadedExecutable add) {
    PjrtDevice device = client.devices().getFirst();
    try (PjrtBuffer a = client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), device);
        PjrtBuffer b = client.bufferFrom(Tensor.of(new float[] {4, 5, 6}, 3), device);
        PjrtBuffer sum =
            add.execute(List.of(List.of(a, b)), ExecuteOptions.defaults())
                .join()
                .getFirst()
                .getFirst();
        PjrtEvent ready = sum.ready()) {
      ready.await();
      if (sum.toTensor().getDouble(2) != 9) {
        throw new AssertionError("3 + 6 is " + sum.toTensor());
      }
    }
  }

  /** Arrays that go by way of the client's own memory. */
  private static void large(Path library, int cycles) {
    Tensor heap = Tensor.of(new float[20_000], 20_000);
    try (PjrtClient client = RealPlugins.client(library, 1)) {
      PjrtDevice device = client.devices().getFirst();
      measure(cycles, () -> client.bufferFrom(heap, device).close());
    }
  }

  private static void clients(Path library, int cycles) {
    measure(
        cycles,
        () -> {
          try (PjrtClient client = RealPlugins.client(library, 1);
              PjrtLoadedExecutable add =
                  client.compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
            run(client, add);
          }
        });
  }

  /** Calls that the plugin refuses. */
  private static void errors(Path library, int cycles) {
    try (PjrtClient client = RealPlugins.client(library, 1)) {
      measure(
          cycles,
          () -> {
            try {
              client.device(99);
            } catch (PjrtException expected) {
              return;
            }
            throw new AssertionError("device 99 is there");
          });
    }
  }

  private static void measure(int cycles, Runnable cycle) {
    repeat(cycles / 5, cycle);
    long[] growth = new long[STRETCHES];
    long before = nativeBytes();
    for (int stretch = 0; stretch < STRETCHES; stretch++) {
      repeat(cycles / STRETCHES + 1, cycle);
      long after = nativeBytes();
      growth[stretch] = after - before;
      before = after;
    }
    System.out.println(
        "\n"
            + ChildJvm.MARK
            + Arrays.stream(growth).mapToObj(Long::toString).collect(Collectors.joining(" ")));
  }

  private static void repeat(int times, Runnable cycle) {
    for (int i = 0; i < times; i++) {
      cycle.run();
    }
  }

  /**
   * What malloc has given out and not taken back, in all its arenas. The process's size would count
   * the Java heap and free memory that malloc keeps.
   */
  private static long nativeBytes() {
    for (int i = 0; i < 2; i++) {
      System.gc();
      // What the collector found is freed by another thread.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    return NativeHeap.bytesInUse();
  }
}
