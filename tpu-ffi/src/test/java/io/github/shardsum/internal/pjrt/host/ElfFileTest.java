package io.github.shardsum.internal.pjrt.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtPlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
  private static final String HERE = System.getProperty("os.arch");

  @TempDir Path folder;

  private byte[] library;

  @BeforeEach
  void aLibraryOfThisMachine() throws IOException {
    Path file = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    assumeTrue(Files.exists(file), "no ELF here");
    library = Files.readAllBytes(file);
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("plugin.so"), bytes);
  }

  @Test
  void aWholeLibraryIsTheLoadersBusiness() throws IOException {
    assertEquals(Optional.empty(), ElfFile.reasonAgainst(file(library), HERE));
  }

  @Test
  void whatIsNoElfFileIsTheLoadersBusiness() throws IOException {
    assertEquals(Optional.empty(), ElfFile.reasonAgainst(file(new byte[0]), HERE));
    assertEquals(Optional.empty(), ElfFile.reasonAgainst(file(new byte[500]), HERE));
    assertEquals(Optional.empty(), ElfFile.reasonAgainst(file(Arrays.copyOf(library, 63)), HERE));
  }

  /** The loader maps what is not there, and the process gets a bus error. */
  @Test
  void aLibraryThatIsCutShortIsAnErrorAndNotACrash() throws IOException {
    for (int length : new int[] {64, 100, 1000, 5000, library.length / 2}) {
      Path cut = file(Arrays.copyOf(library, length));
      String reason = ElfFile.reasonAgainst(cut, HERE).orElseThrow();
      assertTrue(reason.startsWith("it is cut short: " + length + " bytes are there"), reason);
      PjrtException e = assertThrows(PjrtException.class, () -> PjrtPlugin.open(cut));
      assertTrue(e.detail().contains("it is cut short"), e.detail());
    }
  }

  @Test
  void aLibraryForAnotherProcessorIsSaidToBe() throws IOException {
    library[18] = (byte) 243;
    String other = HERE.equals("amd64") ? "amd64" : "aarch64";
    String reason = ElfFile.reasonAgainst(file(library), other).orElseThrow();
    assertEquals("it is for riscv64, this machine is " + other, reason);
  }
}
