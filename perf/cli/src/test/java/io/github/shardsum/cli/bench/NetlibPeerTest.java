package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.Competitor;
import io.github.shardsum.cli.bench.peer.Isa;
import io.github.shardsum.cli.bench.peer.NetlibPeer;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetlibPeerTest {
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

  /** The process takes seconds to start, and computes one case after the other. */
  @Test
  void netlibComputesTheSame() throws MeasurementException {
    try (NetlibPeer peer = started()) {
      for (String each :
          List.of("ij,jk->ik f32", "ji,jk->ik f64", "bij,bkj->bik f32", "ij,jk->ki f32")) {
        String[] words = each.split(" ", -1);
        BenchCase one = subject(words[0], DType.parse(words[1]));
        assertRight(peer, one);
        // The next case takes the place of the last.
        assertRight(peer, subject("ij,jk->ik", DType.F64));
        assertRight(peer, one);
      }
      assertFalse(peer.supports(subject("ij,jk,kb->ib", DType.F32)));
      assertFalse(peer.supports(subject("ij,jk->ik", DType.I32)));
      assertFalse(peer.supports(subject("ij->ji", DType.F32)));
    }
  }

  private static NetlibPeer started() {
    try {
      return NetlibPeer.start(System.getenv(), Isa.NATIVE, 1);
    } catch (MeasurementException e) {
      return abort("no netlib here: " + e.getMessage());
    }
  }

  @Test
  void netlibThatIsNotThereIsNamedWithTheRemedy(@TempDir Path empty) {
    for (String place : List.of("/no/such", empty.toString())) {
      MeasurementException none =
          assertThrows(
              MeasurementException.class,
              () -> NetlibPeer.start(Map.of("SHARDSUM_NETLIB", place), Isa.NATIVE, 1));
      assertTrue(none.why().contains("dev.ludovic.netlib:blas"), none::why);
      assertTrue(none.why().contains("SHARDSUM_NETLIB"), none::why);
      assertEquals(1, none.why().lines().count());
    }
    assertEquals(
        "has one thread only",
        assertThrows(MeasurementException.class, () -> NetlibPeer.start(Map.of(), Isa.NATIVE, 2))
            .why());
  }
}
