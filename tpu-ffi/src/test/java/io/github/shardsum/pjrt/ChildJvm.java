package io.github.shardsum.pjrt;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A test's main class in a JVM of its own, which may die or hang without harm. */
final class ChildJvm {
  /** Begins the lines that are meant for the parent, since plugins print too. */
  static final String MARK = "attempt\t";

  /** A flag by which it may make no native call. */
  static final String DENIED = "--illegal-native-access=deny";

  private ChildJvm() {}

  /**
   * What became of it.
   *
   * @param inTime whether it ended by itself
   * @param said its marked lines, without the mark
   */
  record Outcome(boolean inTime, List<String> said) {
    String last() {
      return said.isEmpty() ? "nothing was said" : said.getLast();
    }
  }

  static Outcome run(
      Path folder, long minutes, List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    if (!flags.contains(DENIED)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "-Xshare:auto",
            "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
            "-cp",
            classPath(),
            main.getName()));
    command.addAll(List.of(arguments));
    Process child =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = child.waitFor(minutes, TimeUnit.MINUTES);
    child.destroyForcibly().waitFor();
    String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    return new Outcome(
        ended,
        text.lines()
            .filter(line -> line.startsWith(MARK))
            .map(line -> line.substring(MARK.length()))
            .toList());
  }

  /** Where this JVM has its classes from, by whichever path, and the tests'. */
  static String classPath() {
    return Stream.of(
            System.getProperty("java.class.path", ""),
            Path.of("target", "test-classes").toAbsolutePath().toString(),
            Path.of("target", "classes").toAbsolutePath().toString(),
            System.getProperty("jdk.module.path", ""))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
