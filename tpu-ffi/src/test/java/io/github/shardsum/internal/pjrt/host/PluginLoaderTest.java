package io.github.shardsum.internal.pjrt.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.Libc;
import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtPlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginLoaderTest {
  @TempDir Path folder;

  @Test
  void aFileThatIsNotThereIsSaidToBeMissing() {
    PjrtException e = refused(folder.resolve("libtpu.so"));
    assertEquals(PjrtCode.NOT_FOUND, e.code());
    assertTrue(e.getMessage().contains("no such file; install the plugin"), e.getMessage());
  }

  @Test
  void aFolderIsNoPlugin() {
    assertEquals(PjrtCode.INVALID_ARGUMENT, refused(folder).code());
  }

  @Test
  void theLoaderSaysWhyAFileIsNoLibrary() throws IOException {
    Path text =
        Files.writeString(folder.resolve("plugin.so"), "this is no ELF file, long enough\n");
    PjrtException e = refused(text);
    assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
    assertTrue(e.getMessage().contains("does not load"), e.getMessage());
    assertTrue(e.getMessage().contains(text.getFileName().toString()), e.getMessage());
  }

  @Test
  void aLibraryWithoutTheEntryIsNoPlugin() {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    PjrtException e = refused(library);
    assertTrue(e.getMessage().contains("no symbol GetPjrtApi"), e.getMessage());
  }

  @Test
  void aSecondTryGivesTheSameError() {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    assertEquals(refused(library).getMessage(), refused(library).getMessage());
  }

  @Test
  void aFileThatWasMendedIsLoaded() throws IOException {
    Path file =
        Files.writeString(folder.resolve("plugin.so"), "this is no ELF file, long enough\n");
    assertTrue(refused(file).getMessage().contains("does not load"));
    Files.copy(
        Path.of(System.getProperty("java.home"), "lib", "libjava.so"),
        file,
        StandardCopyOption.REPLACE_EXISTING);
    PjrtException e = refused(file);
    assertTrue(e.getMessage().contains("no symbol GetPjrtApi"), e.getMessage());
  }

  @Test
  void variablesThatAreNoneAreRefusedAndForgotten() {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjsig.so");
    for (Map<String, String> wrong :
        List.of(Map.of("a=b", "c"), Map.of("", "c"), Map.of("a\0", "c"), Map.of("a", "c\0"))) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> PjrtPlugin.open(library, wrong, Duration.ofMinutes(1)));
      assertTrue(
          e.getMessage().startsWith("environment: expected a name that is not empty"),
          e.getMessage());
    }
    assertTrue(refused(library).getMessage().contains("no symbol GetPjrtApi"));
  }

  @Test
  void variablesOfTheEnvironmentReachNativeCode() {
    Libc.setEnvironment("SHARDSUM_LOADER_TEST", "héllo");
    assertEquals("héllo", Libc.environment("SHARDSUM_LOADER_TEST").orElseThrow());
    assertThrows(IllegalArgumentException.class, () -> Libc.setEnvironment("a=b", "c"));
  }

  private static PjrtException refused(Path library) {
    return assertThrows(PjrtException.class, () -> PjrtPlugin.open(library));
  }
}
