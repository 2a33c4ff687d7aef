package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.pjrt.PjrtProbe.Result;
import io.github.shardsum.pjrt.PjrtSearch.Found;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where plugins are looked for, and how a process of their own answers. */
class SearchTest {
  private static final String NAMED = "PJRT_NAMES_AND_LIBRARY_PATHS";

  @Test
  void bothVariablesAreReadThatOfTheTpuFirst() {
    assertEquals(
        List.of(
            new Found("tpu", Path.of("libtpu.so"), "TPU_LIBRARY_PATH"),
            new Found("cpu", Path.of("a", "cpu.so"), NAMED),
            new Found("gpu", Path.of("gpu.so"), NAMED)),
        PjrtSearch.in(
            Map.of("TPU_LIBRARY_PATH", " libtpu.so ", NAMED, "cpu:a/cpu.so, gpu:gpu.so,")));
  }

  @Test
  void anExplicitPathWins() {
    assertEquals(
        Path.of("mine.so"),
        PjrtSearch.one("mine.so", Map.of("TPU_LIBRARY_PATH", "libtpu.so")).library());
    assertEquals(
        Path.of("libtpu.so"),
        PjrtSearch.one("", Map.of("TPU_LIBRARY_PATH", "libtpu.so")).library());
  }

  @Test
  void withoutAnyTheMessageSaysWhatToDo() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PjrtSearch.one("", Map.of()));
    assertTrue(e.getMessage().contains("pip install libtpu"), e.getMessage());
  }

  @Test
  void anEntryWithoutANameOrAPathIsRefused() {
    for (String entry : List.of("cpu.so", ":cpu.so", "cpu:")) {
      assertThrows(
          IllegalArgumentException.class, () -> PjrtSearch.in(Map.of(NAMED, entry)), entry);
    }
  }

  @Test
  void whatIsNoPluginIsSaidByTheOtherProcess() throws Exception {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    Result result = PjrtProbe.probe(library, Map.of(), Duration.ofSeconds(60));
    assertTrue(
        result instanceof Result.Refused(String why) && why.contains("no symbol GetPjrtApi"),
        result.toString());
  }

  @Test
  void aProcessThatDoesNotAnswerIsEnded() throws Exception {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    Duration instant = Duration.ofNanos(1);
    assertEquals(new Result.Silent(instant), PjrtProbe.probe(library, Map.of(), instant));
  }

  @Test
  void theLinesOfAProbeAreTakenFromAmongThePlugins() {
    assertEquals(
        new Result.Devices("fake 1", "0.114", List.of("0  f  fake:0")),
        PjrtProbe.parse(
            0,
            """
        I0000 noise
        shardsum-probe\tplatform\tfake 1
        shardsum-probe\tapi\t0.114
        noise
        shardsum-probe\tdevice\t0\tf\tfake:0
        """));
    assertEquals(
        new Result.Died(134, "Check failed: x\n"), PjrtProbe.parse(134, "Check failed: x\n"));
    assertEquals(
        new Result.Died(134, "shardsum-probe\tplatform\tfake\n"),
        PjrtProbe.parse(134, "shardsum-probe\tplatform\tfake\n"));
  }
}
