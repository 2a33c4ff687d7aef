package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.format;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.shardsum.measure.MeasurementException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Loads shared libraries and the libraries of the same folder that they need, and sets the
 * environment variables that they read.
 */
final class PeerSharedLibraries {
  private static final int RTLD_NOW = 2;
  private static final int MOST_DEPENDENCIES = 60;
  private static final Pattern MISSING =
      Pattern.compile("(\\S+): cannot open shared object file.*");

  private final MethodHandle open;
  private final MethodHandle error;
  private final MethodHandle set;
  private final MethodHandle unset;

  /** The C library's functions. */
  PeerSharedLibraries() throws MeasurementException {
    open = function("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    error = function("dlerror", FunctionDescriptor.of(ADDRESS));
    set = function("setenv", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    unset = function("unsetenv", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, FunctionDescriptor type)
      throws MeasurementException {
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        linker
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new MeasurementException("the C library has no " + name));
    return linker.downcallHandle(address, type);
  }

  /**
   * Loads a library for the rest of the process's life. A wheel's libraries lie in one folder that
   * the loader does not know, so each missing library is loaded from there first.
   */
  @SuppressWarnings("restricted")
  SymbolLookup load(Path file) throws MeasurementException {
    try {
      loadWithDependencies(file, 0);
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new MeasurementException(format("%s does not load: %s", file, e.getMessage()));
    }
  }

  private int loadWithDependencies(Path file, int loaded) throws MeasurementException {
    int count = loaded;
    while (true) {
      String reason = open(file);
      if (reason.isEmpty()) {
        return count + 1;
      }
      Matcher missing = MISSING.matcher(reason);
      Path beside = missing.matches() ? file.resolveSibling(missing.group(1)) : file;
      if (beside.equals(file) || !Files.exists(beside) || count > MOST_DEPENDENCIES) {
        throw new MeasurementException(format("%s does not load: %s", file, reason));
      }
      count = loadWithDependencies(beside, count);
    }
  }

  /** The reason why the library could not be loaded, or empty. */
  @SuppressWarnings("restricted")
  private String open(Path file) throws MeasurementException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment) open.invokeExact(arena.allocateFrom(file.toString()), RTLD_NOW);
      if (!handle.equals(MemorySegment.NULL)) {
        return "";
      }
      MemorySegment text = (MemorySegment) error.invokeExact();
      return text.equals(MemorySegment.NULL)
          ? "no reason given"
          : text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw new MeasurementException("dlopen: " + e);
    }
  }

  /**
   * Sets environment variables of this process, which Java itself cannot do; an empty value removes
   * one.
   */
  void environment(Map<String, String> variables) throws MeasurementException {
    try (Arena arena = Arena.ofConfined()) {
      for (Map.Entry<String, String> variable : variables.entrySet()) {
        MemorySegment name = arena.allocateFrom(variable.getKey());
        if (variable.getValue().isEmpty()) {
          int _ = (int) unset.invokeExact(name);
        } else {
          int _ = (int) set.invokeExact(name, arena.allocateFrom(variable.getValue()), 1);
        }
      }
    } catch (Throwable e) {
      throw new MeasurementException("setenv: " + e);
    }
  }
}
