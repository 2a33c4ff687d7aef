package io.github.shardsum.cli.bench.peer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.measure.MeasurementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerVersionTest {
  @ParameterizedTest
  @CsvSource({
    "blis,0.9.0,generic",
    "openblas,0.3.21,Prescott",
    "openblas,0.3.21,Nehalem",
    "mkl,2026.2,mc3",
    "onednn,2.6.0,sse41",
    "torch,2.11.0,DEFAULT"
  })
  void genericKernelsAreRefusedByName(String name, String version, String kernel) {
    MeasurementException refused =
        assertThrows(
            MeasurementException.class,
            () -> new PeerVersion(name, version, kernel).check(Isa.NATIVE));
    assertTrue(refused.why().contains(version) && refused.why().contains(kernel), refused::why);
  }

  @ParameterizedTest
  @CsvSource({
    "SkylakeX",
    "Cooperlake",
    "SapphireRapids",
    "skx",
    "zen4",
    "avx512_core_bf16",
    "avx512",
    "avx10",
    "AVX512"
  })
  void widerKernelsThanAllAreHeldToAreRefused(String kernel) {
    PeerVersion peer = new PeerVersion("peer", "1", kernel);
    assertDoesNotThrow(() -> peer.check(Isa.NATIVE));
    assertThrows(MeasurementException.class, () -> peer.check(Isa.AVX2));
  }

  @ParameterizedTest
  @CsvSource({"Haswell", "Zen", "zen3", "avx2", "avx2_vnni", "AVX2", "''"})
  void kernelsOf256BitsAreTakenEitherWay(String kernel) {
    PeerVersion peer = new PeerVersion("peer", "1", kernel);
    assertDoesNotThrow(() -> peer.check(Isa.NATIVE));
    assertDoesNotThrow(() -> peer.check(Isa.AVX2));
  }

  @Test
  void itIsPrintedWithWhatIsKnown() {
    assertEquals("blis 0.9.0 (zen3)", new PeerVersion("blis", "0.9.0", "zen3").toString());
    assertEquals("panama", new PeerVersion("panama", "", "").toString());
  }
}
