package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a plugin would end the process on is an error: tried in a process of its own. */
@Tag("pjrt-plugin")
class AbortTest {
  private static final long MINUTES = 8;

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
  void nothingEndsTheProcessOfACpuPlugin(Path library) throws Exception {
    check("cpu", library);
  }

  @Test
  void nothingEndsTheProcessOfLibtpu() throws Exception {
    check("tpu", RealPlugins.libtpu());
  }

  private void check(String kind, Path library) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(folder, MINUTES, List.of(), CrashProbes.class, kind, library.toString());
    List<String> said = outcome.said();
    said.stream().filter(line -> line.startsWith("end\t")).forEach(System.out::println);
    assertTrue(
        outcome.inTime(), "no answer within " + MINUTES + " minutes; last: " + outcome.last());
    assertEquals("end", outcome.last(), "the process ended; the last attempt did it");
    assertEquals(List.of(), said.stream().filter(line -> line.contains("WRONG KIND")).toList());
  }
}
