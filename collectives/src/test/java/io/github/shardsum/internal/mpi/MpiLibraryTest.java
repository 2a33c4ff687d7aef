package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MpiLibraryTest {
  @Test
  void aNamedLibraryIsTheOnlyOneTried() {
    assertEquals(
        List.of("/some/libmpi.so"),
        MpiLibrary.candidates(Map.of(MpiLibrary.VARIABLE, "/some/libmpi.so", "PMI_RANK", "0")));
  }

  @Test
  void theStarterOfTheProcessTellsWhichMpiComesFirst() {
    assertEquals("libmpi.so.40", first(Map.of("OMPI_COMM_WORLD_SIZE", "2")));
    assertEquals("libmpi.so.40", first(Map.of("OMPI_COMM_WORLD_SIZE", "2", "PMI_RANK", "0")));
    assertEquals("libmpi_abi.so.1", first(Map.of("PMI_RANK", "0")));
    assertEquals("libmpi.so.40", first(Map.of()));
  }

  @Test
  void whereNoneLoadsTheErrorSaysWhatToInstall() {
    Map<String, String> nowhere = Map.of(MpiLibrary.VARIABLE, "/nowhere/libmpi.so.40");
    String message = assertThrows(MpiException.class, () -> MpiLibrary.load(nowhere)).getMessage();
    assertTrue(message.contains("/nowhere/libmpi.so.40"), message);
    assertTrue(message.contains("apt-get install openmpi-bin"), message);
  }

  @Test
  void aLibraryThatIsNoMpiIsNamed() {
    Map<String, String> other = Map.of(MpiLibrary.VARIABLE, "libm.so.6");
    String message = assertThrows(MpiException.class, () -> MpiLibrary.load(other)).getMessage();
    assertTrue(message.contains("libm.so.6 (no MPI: it has no MPI_Init_thread)"), message);
    assertTrue(message.contains("set SHARDSUM_MPI_LIBRARY to the file"), message);
  }

  private static String first(Map<String, String> environment) {
    return MpiLibrary.candidates(environment).getFirst();
  }
}
