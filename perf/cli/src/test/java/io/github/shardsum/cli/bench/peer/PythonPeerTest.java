package io.github.shardsum.cli.bench.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.shardsum.cli.bench.BenchCases;
import io.github.shardsum.cli.bench.BenchOracle;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PythonPeerTest {
  private static final Map<String, Long> SIZES = Map.of("in", 7L, "out", 5L, "batch", 3L);
  private static final BenchCase SUBJECT =
      BenchCases.of("batch in, in out -> out batch", SIZES, DType.F32);

  private static PythonPeer numpy() {
    String python = Optional.ofNullable(System.getenv("SHARDSUM_PYTHON")).orElse("python3");
    try {
      return PythonPeer.start("numpy", python, Isa.NATIVE, 1);
    } catch (MeasurementException e) {
      return abort("no NumPy here: " + e.getMessage());
    }
  }

  @Test
  void theChildHasTheSameOperandsAndTheResultInOrderC() throws MeasurementException {
    try (PythonPeer peer = numpy()) {
      BenchOracle oracle = new BenchOracle(SUBJECT);
      assertTrue(oracle.accepts(peer.prepare(SUBJECT, oracle.samples())));
    }
  }

  @Test
  void theChildHasTheSameIntegers() throws MeasurementException {
    try (PythonPeer peer = numpy()) {
      for (DType dtype : List.of(DType.I32, DType.I64)) {
        BenchCase subject = BenchCases.of("batch in, in out -> out batch", SIZES, dtype);
        BenchOracle oracle = new BenchOracle(subject);
        assertTrue(oracle.accepts(peer.prepare(subject, oracle.samples())), dtype.toString());
      }
    }
  }

  @Test
  void theChildTimesItself() throws MeasurementException {
    try (PythonPeer peer = numpy()) {
      peer.prepare(SUBJECT, new long[0]);
      double one = peer.seconds(1);
      assertTrue(one > 0 && one < 60, "seconds: " + one);
    }
  }

  @Test
  void aCaseThatThePeerRefusesIsAnErrorAndTheNextOneRuns() throws MeasurementException {
    try (PythonPeer peer = numpy()) {
      long beyond = SUBJECT.bound().outputShape().elementCount();
      MeasurementException error =
          assertThrows(
              MeasurementException.class, () -> peer.prepare(SUBJECT, new long[] {beyond}));
      assertTrue(error.getMessage().startsWith("IndexError"), error.getMessage());
      assertEquals(1, peer.prepare(SUBJECT, new long[] {beyond - 1}).length);
    }
  }

  @Test
  void labelsOfManyLettersBecomeSingleOnes() throws MeasurementException {
    assertEquals("ab,bc->ca", PythonPeer.letters(SUBJECT.bound()));
  }

  @Test
  void anUnknownLibraryIsRefusedByTheChild() throws MeasurementException {
    numpy().close();
    String python = Optional.ofNullable(System.getenv("SHARDSUM_PYTHON")).orElse("python3");
    MeasurementException error =
        assertThrows(
            MeasurementException.class, () -> PythonPeer.start("numpi", python, Isa.NATIVE, 1));
    assertTrue(error.getMessage().contains("got numpi"), error.getMessage());
  }

  @Test
  void aPythonThatIsNotThereIsNamedWithTheRemedy() {
    MeasurementException error =
        assertThrows(
            MeasurementException.class,
            () -> PythonPeer.start("numpy", "no-such-python", Isa.NATIVE, 1));
    assertTrue(error.getMessage().contains("no-such-python"), error.getMessage());
    assertTrue(error.getMessage().contains("--python"), error.getMessage());
  }

  @Test
  void aProgramThatIsNoPythonHasEnded() {
    MeasurementException error =
        assertThrows(
            MeasurementException.class, () -> PythonPeer.start("numpy", "true", Isa.NATIVE, 1));
    assertTrue(error.getMessage().contains("has ended"), error.getMessage());
    assertTrue(error.getMessage().contains("pip install numpy"), error.getMessage());
    MeasurementException tblis =
        assertThrows(
            MeasurementException.class,
            () -> PythonPeer.start(PythonPeer.TBLIS, "true", Isa.NATIVE, 1));
    assertTrue(tblis.getMessage().contains("pip install pytblis"), tblis.getMessage());
  }
}
