package io.github.shardsum.cli;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum java}: runs a source file with the libraries, on the JDK of this command. */
@Command(
    name = "java",
    customSynopsis = "shardsum java FILE.java [ARGUMENT ...]",
    description = {
      "%nRun a Java source file on JDK 25, with all libraries of Shardsum on the class path and the"
          + " Vector API switched on. The exit status is the program's.%n"
    })
final class JavaCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.java", description = "The source file.")
  private Path file = Path.of("");

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGUMENT",
      description = "Arguments of its main method.")
  private List<String> arguments = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!file.toString().endsWith(".java")) {
      throw usageError(spec, "FILE.java must be a Java source file, got " + file);
    }
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "must be a file, got a folder");
    }
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString());
    }
    Process program = new ProcessBuilder(command()).inheritIO().start();
    Thread hook = new Thread(() -> end(program), "shardsum-java-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return program.waitFor();
    } finally {
      if (!program.isAlive()) {
        forget(hook);
      }
    }
  }

  /**
   * A signal that ends this process also ends the program, so that the program's ports become free.
   */
  private static void end(Process program) {
    program.destroy();
    try {
      program.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The hook runs, and finds that the program has ended.
    }
  }

  private List<String> command() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                libraries(),
                file.toString()));
    command.addAll(arguments);
    return command;
  }

  /** This module and the modules that it requires; the class path if this code is in no module. */
  private static String libraries() {
    Module own = JavaCommand.class.getModule();
    if (!own.isNamed()) {
      return System.getProperty("java.class.path");
    }
    return own.getLayer().configuration().modules().stream()
        .map(ResolvedModule::reference)
        .map(ModuleReference::location)
        .flatMap(location -> location.stream())
        .filter(location -> location.getScheme().equals("file"))
        .map(location -> Path.of(location).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
