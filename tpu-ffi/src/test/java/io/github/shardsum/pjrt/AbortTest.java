package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    Path output = folder.resolve("output");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xshare:auto",
                "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
                "-cp",
                classPath(),
                Attempts.class.getName(),
                kind,
                library.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = child.waitFor(MINUTES, TimeUnit.MINUTES);
    child.destroyForcibly().waitFor();
    List<String> said =
        new String(Files.readAllBytes(output), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.startsWith(Attempts.MARK))
            .toList();
    said.stream().filter(line -> line.contains("\tend\t")).forEach(System.out::println);
    String last = said.isEmpty() ? "nothing was said" : said.getLast();
    assertTrue(ended, "no answer within " + MINUTES + " minutes; last: " + last);
    assertEquals(Attempts.MARK + "end", last, "the process ended; the last attempt did it");
    assertEquals(List.of(), said.stream().filter(line -> line.contains("WRONG KIND")).toList());
  }

  /** Where this JVM has its classes from, by whichever path, and the tests'. */
  static String classPath() {
    return Stream.of(
            Path.of("target", "test-classes").toAbsolutePath().toString(),
            Path.of("target", "classes").toAbsolutePath().toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
