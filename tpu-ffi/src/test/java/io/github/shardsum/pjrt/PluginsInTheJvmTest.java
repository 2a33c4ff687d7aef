package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What plugins do to the JVM that they are loaded into. */
@Tag("pjrt-plugin")
class PluginsInTheJvmTest {
  private static final int THREADS = 100;
  private static final long MINUTES = 5;

  @TempDir Path folder;

  static Stream<Path> all() {
    return Stream.concat(RealPlugins.all().stream(), Stream.of(RealPlugins.libtpu()));
  }

  /** In a JVM of its own: a failure here ends the process. */
  @ParameterizedTest
  @MethodSource("all")
  void theSignalsOfTheJvmStillWork(Path library) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(folder, MINUTES, List.of(), Signals.class, library.toString());
    assertTrue(outcome.inTime(), "no answer within " + MINUTES + " minutes");
    assertEquals(Signals.GOOD, outcome.said());
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void aHundredThreadsShareAClient(Path library) throws Exception {
    try (PjrtClient client = RealPlugins.client(library, 8);
        PjrtLoadedExecutable add = client.compile(OnPlugin.ADD, PjrtCompileOptions.defaults());
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
        try (PjrtLoadedExecutable mine =
            client.compile(OnPlugin.ADD, PjrtCompileOptions.defaults())) {
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
