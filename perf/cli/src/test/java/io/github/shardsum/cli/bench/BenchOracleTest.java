package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchOracleTest {
  private static final BenchCase PRODUCT =
      BenchCases.of("ij,jk->ik", Map.of("i", 30L, "j", 40L, "k", 50L), DType.F32);

  @Test
  void ourResultIsAccepted() {
    for (BenchCase subject : BenchCases.listed()) {
      if (subject.flops() < 3e6 && subject.bytes() < 3e6) {
        BenchOracle oracle = new BenchOracle(subject);
        double[] values =
            new BenchShardsum(Workers.sequential(), SumOrder.FASTEST)
                .prepare(subject, oracle.samples());
        assertTrue(oracle.accepts(values), subject.id());
      }
    }
  }

  @Test
  void aResultThatIsOffByATermIsNot() {
    BenchOracle oracle = new BenchOracle(PRODUCT);
    double[] values =
        new BenchShardsum(Workers.sequential(), SumOrder.FASTEST)
            .prepare(PRODUCT, oracle.samples());
    values[values.length / 2] += 0.01;
    assertFalse(oracle.accepts(values));
    assertFalse(oracle.acceptsPeer(values));
  }

  @Test
  void integersAreOfMoreThanOneValueAndExact() {
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      BenchCase subject = BenchCases.of("ij,jk->ik", Map.of("i", 3L, "j", 40L, "k", 5L), dtype);
      BenchOracle oracle = new BenchOracle(subject);
      double[] values =
          new BenchShardsum(Workers.sequential(), SumOrder.FASTEST)
              .prepare(subject, oracle.samples());
      assertTrue(Arrays.stream(values).distinct().count() > 10, Arrays.toString(values));
      assertTrue(oracle.accepts(values), dtype.toString());
      values[7]++;
      assertFalse(oracle.accepts(values), dtype.toString());
      assertFalse(oracle.acceptsPeer(values), dtype.toString());
    }
  }

  @Test
  void notANumberIsNotAccepted() {
    BenchOracle oracle = new BenchOracle(PRODUCT);
    double[] values = new double[oracle.samples().length];
    Arrays.fill(values, Double.NaN);
    assertFalse(oracle.accepts(values));
  }

  @Test
  void firstAndLastElementAreAmongTheSamples() {
    long[] samples = new BenchOracle(PRODUCT).samples();
    assertEquals(0, samples[0]);
    assertEquals(30 * 50 - 1, samples[samples.length - 1]);
  }
}
