package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cycles of create, execute and close leave nothing behind in native memory. */
@Tag("pjrt-plugin")
class NativeMemoryTest {
  private static final int CYCLES = 10_000;
  private static final int CLIENT_CYCLES = 100;
  private static final long MINUTES = 8;

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void tenThousandRunsDoNotGrowIt(Path library) throws Exception {
    check("runs", library, CYCLES, 24);
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void tenThousandLargeArraysDoNotGrowIt(Path library) throws Exception {
    check("large", library, CYCLES, 24);
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void tenThousandErrorsDoNotGrowIt(Path library) throws Exception {
    check("errors", library, CYCLES, 24);
  }

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
  void clientsAndProgramsDoNotGrowIt(Path library) throws Exception {
    check("clients", library, CLIENT_CYCLES, 4096);
  }

  /**
   * A leak makes every stretch of cycles grow by as much; what the JVM and the plugin take for
   * themselves comes in some.
   *
   * @param leak bytes a cycle, fewer than the smallest object that could be forgotten takes
   */
  private void check(String what, Path library, int cycles, long leak) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            folder,
            MINUTES,
            List.of("-Xint", "-XX:+UseSerialGC"),
            NativeMemoryGrowth.class,
            what,
            library.toString(),
            Integer.toString(cycles));
    assertTrue(outcome.inTime(), "no answer within " + MINUTES + " minutes");
    assertEquals(1, outcome.said().size(), outcome.last());
    long[] growth =
        Arrays.stream(outcome.last().split(" ")).mapToLong(Long::parseLong).sorted().toArray();
    assertEquals(NativeMemoryGrowth.STRETCHES, growth.length);
    long middle = growth[NativeMemoryGrowth.STRETCHES / 2];
    System.out.printf(
        Locale.ROOT,
        "native memory, %s of %s: %d cycles, growth of the stretches %s bytes%n",
        what,
        library.getFileName(),
        cycles,
        Arrays.toString(growth));
    assertTrue(
        middle < cycles / NativeMemoryGrowth.STRETCHES * leak,
        what + ": most stretches grew by " + middle + " bytes or more");
  }
}
