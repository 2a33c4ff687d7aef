package io.github.shardsum.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The {@code shardsum} command in a JVM of its own. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * A command that is not started yet.
   *
   * @param flags of the JVM
   * @param arguments the command line after {@code shardsum}
   */
  public static ProcessBuilder of(List<String> flags, String... arguments) {
    String path =
        Stream.of("jdk.module.path", "java.class.path")
            .map(name -> System.getProperty(name, ""))
            .filter(paths -> !paths.isEmpty())
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", path));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
