package io.github.shardsum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads C code that is a resource in the package of a class: the C compiler {@code cc} builds it,
 * so that no native file is checked in.
 */
public final class CLibrary {
  private CLibrary() {}

  /**
   * Builds and loads it.
   *
   * @param owner the class in whose package it lies
   * @param source its name, as {@code calls.c}
   * @param arena of the library
   * @param options of the compiler
   * @return its symbols
   */
  @SuppressWarnings("restricted") // loading C is what it is for
  public static SymbolLookup load(Class<?> owner, String source, Arena arena, String... options) {
    try {
      Path folder = Files.createTempDirectory("shardsum-c");
      Path file = Files.writeString(folder.resolve(source), PythonProcess.script(owner, source));
      Path built = folder.resolve("library.so");
      List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o"));
      command.addAll(List.of(built.toString(), file.toString()));
      command.addAll(List.of(options));
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IllegalStateException(source + ": cc ended with status " + status);
      }
      SymbolLookup library = SymbolLookup.libraryLookup(built, arena);
      for (Path each : List.of(built, file, folder)) {
        Files.delete(each);
      }
      return library;
    } catch (IOException e) {
      throw new UncheckedIOException("expected a C compiler `cc` (apt-get install gcc)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
