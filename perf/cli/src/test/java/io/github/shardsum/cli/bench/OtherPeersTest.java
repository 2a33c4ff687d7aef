package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.Competitor;
import io.github.shardsum.cli.bench.peer.Isa;
import io.github.shardsum.cli.bench.peer.JavaLibrary;
import io.github.shardsum.cli.bench.peer.JavaPeer;
import io.github.shardsum.cli.bench.peer.NativeTransposition;
import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OtherPeersTest {
  private static final Map<String, Long> SIZES = Map.of("b", 3L, "i", 7L, "j", 5L, "k", 4L);

  private static BenchCase subject(String equation, DType dtype) {
    Map<String, Long> sizes = new HashMap<>(SIZES);
    sizes.keySet().removeIf(label -> !equation.contains(label));
    return BenchCases.of(equation, sizes, dtype);
  }

  private static void assertRight(Competitor peer, BenchCase subject) throws MeasurementException {
    assertTrue(peer.supports(subject));
    BenchOracle oracle = new BenchOracle(subject);
    assertTrue(oracle.accepts(peer.prepare(subject, oracle.samples())), subject.equation());
    double seconds = peer.seconds(2);
    assertTrue(seconds > 0, "seconds: " + seconds);
  }

  /** A library's process takes seconds to start, and computes one case after the other. */
  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of(
            JavaLibrary.NETLIB,
            List.of("ij,jk->ik f32", "ji,jk->ik f64", "bij,bkj->bik f32", "ij,jk->ki f32")),
        Arguments.of(
            JavaLibrary.TENSORFLOW,
            List.of(
                "ij,jk->ik f32",
                "ji,kj->ki f64",
                "bij,bkj->ikb f32",
                "ij->ji f32",
                "ij,ij->ij f64",
                "i,i-> f32",
                "bii->b f64")),
        Arguments.of(
            JavaLibrary.DJL,
            List.of("ij,jk->ik f32", "ji,jk->ik f64", "bij,bkj->bik f32", "ij,jk->ki f32")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void librariesForTheJvmComputeTheSame(JavaLibrary library, List<String> cases)
      throws MeasurementException {
    try (JavaPeer peer = started(library, 1)) {
      for (String each : cases) {
        String[] words = each.split(" ", -1);
        BenchCase one = subject(words[0], DType.parse(words[1]));
        assertRight(peer, one);
        // The next case takes the place of the last.
        assertRight(peer, subject("ij,jk->ik", DType.F64));
        assertRight(peer, one);
      }
    }
  }

  @Test
  void whatALibraryForTheJvmDoesNotHaveIsPassedOver() throws MeasurementException {
    try (JavaPeer tensorFlow = started(JavaLibrary.TENSORFLOW, 2);
        JavaPeer djl = started(JavaLibrary.DJL, 2)) {
      assertRight(tensorFlow, subject("ij,jk->ik", DType.F32));
      assertRight(djl, subject("ij,jk->ik", DType.F32));
      assertFalse(tensorFlow.supports(subject("ij,jk,kb->ib", DType.F32)));
      assertFalse(tensorFlow.supports(subject("ij,jk->ik", DType.I32)));
      assertFalse(djl.supports(subject("ij->ji", DType.F32)));
      assertFalse(djl.supports(subject("ibj,jk->bik", DType.F32)));
    }
  }

  private static JavaPeer started(JavaLibrary library, int threads) {
    try {
      return JavaPeer.start(library, System.getenv(), Isa.NATIVE, threads);
    } catch (MeasurementException e) {
      return abort("no " + library.id() + " here: " + e.getMessage());
    }
  }

  @Test
  void aLibraryForTheJvmThatIsNotThereIsNamedWithTheRemedy(@TempDir Path empty) {
    Map<JavaLibrary, String> remedies =
        Map.of(
            JavaLibrary.NETLIB, "dev.ludovic.netlib:blas",
            JavaLibrary.TENSORFLOW, "mvn -f perf/bench/peers/tensorflow.xml",
            JavaLibrary.DJL, "mvn -f perf/bench/peers/djl.xml");
    remedies.forEach(
        (library, remedy) -> {
          String variable = "SHARDSUM_" + library;
          for (String place : List.of("/no/such", empty.toString())) {
            MeasurementException none =
                assertThrows(
                    MeasurementException.class,
                    () -> JavaPeer.start(library, Map.of(variable, place), Isa.NATIVE, 1));
            assertTrue(none.why().contains(remedy), none::why);
            assertTrue(none.why().contains(variable), none::why);
            assertEquals(1, none.why().lines().count());
          }
        });
    assertEquals(
        "has one thread only",
        assertThrows(
                MeasurementException.class,
                () -> JavaPeer.start(JavaLibrary.NETLIB, Map.of(), Isa.NATIVE, 2))
            .why());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"ij->ji f32", "bijk->kjbi f64", "bij->bji f32"})
  void hpttPermutesTheSameAxes(String equation, String dtype, @TempDir Path folder)
      throws MeasurementException {
    assertRight(
        NativeTransposition.load(standIn(folder), 1), subject(equation, DType.parse(dtype)));
  }

  /** A library of HPTT's name and interface; the loader keeps it, so that the file may go. */
  private static LibrarySearch standIn(Path folder) {
    try {
      CCompiler.compiled(
          Objects.requireNonNull(OtherPeersTest.class.getResourceAsStream("hptt.c")),
          CCompiler.SHARED,
          made -> Files.copy(made, folder.resolve("libhptt.so")));
    } catch (MeasurementException e) {
      abort("no C compiler here: " + e.why());
    }
    return LibrarySearch.in(List.of(), List.of(folder));
  }

  @Test
  void hpttThatIsNotThereIsNamedWithTheRemedy() {
    MeasurementException none =
        assertThrows(
            MeasurementException.class,
            () -> NativeTransposition.load(LibrarySearch.in(List.of(), List.of()), 1));
    assertTrue(none.why().contains("springer13/hptt"), none::why);
  }
}
