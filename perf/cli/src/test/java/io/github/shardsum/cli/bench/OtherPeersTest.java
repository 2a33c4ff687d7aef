package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.shardsum.cli.machine.CCompiler;
import io.github.shardsum.cli.machine.LibrarySearch;
import io.github.shardsum.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtherPeersTest {
  private static final Map<String, Long> SIZES = Map.of("b", 3L, "i", 7L, "j", 5L, "k", 4L);

  private static BenchCase subject(String equation, DType dtype) {
    Map<String, Long> sizes = new HashMap<>(SIZES);
    sizes.keySet().removeIf(label -> !equation.contains(label));
    return BenchCases.of(equation, sizes, dtype);
  }

  private static void assertRight(Contestant peer, BenchCase subject) throws PeerException {
    assertTrue(peer.supports(subject));
    Oracle oracle = new Oracle(subject);
    assertTrue(oracle.accepts(peer.prepare(subject, oracle.samples())), subject.equation());
    double seconds = peer.seconds(2);
    assertTrue(seconds > 0 && seconds < 60, "seconds: " + seconds);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"ij,jk->ik f32", "ji,jk->ik f64", "bij,bkj->bik f32", "ij,jk->ki f32"})
  void netlibComputesTheSameProduct(String equation, String dtype) throws PeerException {
    try (NetlibPeer peer = NetlibPeer.start(System.getenv(), 1)) {
      assertRight(peer, subject(equation, DType.parse(dtype)));
    } catch (PeerException e) {
      abort("no netlib here: " + e.getMessage());
    }
  }

  @Test
  void netlibThatIsNotThereIsNamedWithTheRemedy() {
    PeerException none =
        assertThrows(
            PeerException.class,
            () -> NetlibPeer.start(Map.of("SHARDSUM_NETLIB", "/no/such.jar"), 1));
    assertTrue(none.why().contains("dev.ludovic.netlib:blas"), none::why);
    assertEquals(
        "has one thread only",
        assertThrows(PeerException.class, () -> NetlibPeer.start(Map.of(), 2)).why());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"ij->ji f32", "bijk->kjbi f64", "bij->bji f32"})
  void hpttPermutesTheSameAxes(String equation, String dtype, @TempDir Path folder)
      throws PeerException {
    assertRight(
        NativeTransposition.load(standIn(folder), 1), subject(equation, DType.parse(dtype)));
  }

  /** A library of HPTT's name and interface; the loader keeps it, so that the file may go. */
  private static LibrarySearch standIn(Path folder) {
    try {
      CCompiler.compiled(
          OtherPeersTest.class,
          "hptt.c",
          List.of("-shared", "-fPIC"),
          made -> Files.copy(made, folder.resolve("libhptt.so")));
    } catch (CCompiler.NoCompilerException e) {
      abort("no C compiler here: " + e.getMessage());
    }
    return LibrarySearch.in(List.of(), List.of(folder));
  }

  @Test
  void hpttThatIsNotThereIsNamedWithTheRemedy() {
    PeerException none =
        assertThrows(
            PeerException.class,
            () -> NativeTransposition.load(LibrarySearch.in(List.of(), List.of()), 1));
    assertTrue(none.why().contains("springer13/hptt"), none::why);
  }
}
