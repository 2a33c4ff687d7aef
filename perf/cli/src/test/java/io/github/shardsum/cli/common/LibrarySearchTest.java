package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  private static final NativeLibrary ENGINE =
      new NativeLibrary("Peer", List.of("libpeer.so.1"), "nothing", "install it");

  @TempDir Path folder;

  @Test
  void aLibraryIsFoundWhateverFollowsItsVersion() throws IOException {
    Path library = Files.createFile(folder.resolve("libpeer.so.1.2.3"));
    assertEquals(Optional.of(library), search().find(ENGINE));
  }

  @Test
  void anotherMajorVersionIsAnotherLibrary() throws IOException {
    Files.createFile(folder.resolve("libpeer.so.12"));
    assertEquals(Optional.empty(), search().find(ENGINE));
  }

  @Test
  void aNamedFileComesBeforeTheFolders() throws IOException {
    Files.createFile(folder.resolve("libpeer.so.1"));
    Path named =
        Files.createFile(Files.createDirectory(folder.resolve("x")).resolve("libpeer.so.1"));
    assertEquals(
        Optional.of(named), LibrarySearch.in(List.of(named), List.of(folder)).find(ENGINE));
  }

  @Test
  void aFolderThatIsNotThereHoldsNothing() {
    LibrarySearch search = LibrarySearch.in(List.of(), List.of(folder.resolve("none")));
    assertEquals(Optional.empty(), search.find(ENGINE));
  }

  @Test
  void theFoldersOfTheLoadersVariableAreSearched() throws IOException {
    Path library = Files.createFile(folder.resolve("libpeer.so.1"));
    Map<String, String> environment = Map.of("LD_LIBRARY_PATH", ":" + folder + ":");
    assertEquals(Optional.of(library), LibrarySearch.ofThisMachine(environment).find(ENGINE));
  }

  @Test
  void thePluginThatTheTpuCommandsTakeIsFound() throws IOException {
    Path library = Files.createFile(folder.resolve("libpeer.so.1"));
    Map<String, String> environment = Map.of("PJRT_NAMES_AND_LIBRARY_PATHS", "cpu:" + library);
    assertEquals(Optional.of(library), LibrarySearch.ofThisMachine(environment).find(ENGINE));
    assertEquals(
        Optional.empty(),
        LibrarySearch.ofThisMachine(Map.of("PJRT_NAMES_AND_LIBRARY_PATHS", "cpu")).find(ENGINE));
  }

  private LibrarySearch search() {
    return LibrarySearch.in(List.of(), List.of(folder));
  }
}
