package io.github.shardsum.cli.common;

import io.github.shardsum.pjrt.PjrtSearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds shared libraries where the loader would, without loading them, since loading runs their
 * code.
 */
public final class LibrarySearch {
  private static final String INCLUDE = "include ";
  private static final int MOST_INCLUDES = 100;

  private final List<Path> named;
  private final List<Path> folders;

  private LibrarySearch(List<Path> named, List<Path> folders) {
    this.named = named;
    this.folders = folders;
  }

  /** The search of this machine's loader: variables that name a file, then folders in its order. */
  public static LibrarySearch ofThisMachine(Map<String, String> environment) {
    List<Path> named = plugins(environment);
    Set<Path> folders = new LinkedHashSet<>();
    paths(environment.get("LD_LIBRARY_PATH")).forEach(folders::add);
    configuredIn(Path.of("/etc/ld.so.conf"), folders, new LinkedHashSet<>());
    for (String standard : List.of("/lib", "/usr/lib", "/lib64", "/usr/lib64")) {
      folders.add(Path.of(standard));
    }
    return new LibrarySearch(named, List.copyOf(folders));
  }

  private static List<Path> plugins(Map<String, String> environment) {
    try {
      return PjrtSearch.in(environment).stream().map(PjrtSearch.Found::library).toList();
    } catch (IllegalArgumentException unreadable) {
      // A wrong list is not an error here; commands that need a plugin report it.
      return List.of();
    }
  }

  /** A search in given places. */
  public static LibrarySearch in(List<Path> named, List<Path> folders) {
    return new LibrarySearch(List.copyOf(named), List.copyOf(folders));
  }

  /** The first file that has one of the engine's names. */
  public Optional<Path> find(NativeLibrary engine) {
    return Stream.concat(
            named.stream().filter(Files::isRegularFile), folders.stream().flatMap(this::libraries))
        .filter(file -> engine.files().stream().anyMatch(name -> isNamed(file, name)))
        .findFirst();
  }

  /**
   * The name {@code libx.so} also finds {@code libx.so.0}, but {@code libx.so.1} does not find
   * {@code libx.so.12}.
   */
  private static boolean isNamed(Path file, String name) {
    String actual = file.getFileName().toString();
    return actual.equals(name) || actual.startsWith(name + ".");
  }

  private Stream<Path> libraries(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().contains(".so")).sorted().toList().stream();
    } catch (IOException e) {
      return Stream.empty();
    }
  }

  private static Stream<Path> paths(@Nullable String list) {
    return list == null
        ? Stream.empty()
        : Stream.of(list.split(":", -1)).filter(path -> !path.isBlank()).map(Path::of);
  }

  private static void configuredIn(Path file, Set<Path> folders, Set<Path> seen) {
    if (seen.size() >= MOST_INCLUDES || !seen.add(file)) {
      return;
    }
    for (String line : lines(file)) {
      String entry = line.replaceAll("#.*", "").strip();
      if (entry.startsWith(INCLUDE)) {
        included(file.resolveSibling(entry.substring(INCLUDE.length()).strip()))
            .forEach(next -> configuredIn(next, folders, seen));
      } else if (!entry.isEmpty()) {
        folders.add(Path.of(entry));
      }
    }
  }

  private static List<Path> included(Path path) {
    Path folder = path.getParent();
    Path glob = path.getFileName();
    List<Path> found = new ArrayList<>();
    if (folder != null && glob != null) {
      try (var files = Files.newDirectoryStream(folder, glob.toString())) {
        files.forEach(found::add);
      } catch (IOException e) {
        return List.of();
      }
    }
    found.sort(null);
    return found;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
