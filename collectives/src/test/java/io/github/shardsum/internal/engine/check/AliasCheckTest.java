package io.github.shardsum.internal.engine.check;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AliasCheckTest {
  private static final Collective ALONG_Y = new Collective.AllReduce(Reduction.SUM, "y");
  private final Collectives collectives = Collectives.open(Mesh.of("x", 2, "y", 2));
  private final Tensor memory = Tensor.zeros(DType.F32, 64);

  @AfterEach
  void close() {
    collectives.close();
  }

  private List<Tensor> parts(int... starts) {
    return IntStream.of(starts).mapToObj(at -> memory.slice(0, at, at + 8)).toList();
  }

  private void refused(List<Tensor> x, List<Tensor> out) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> collectives.runInto(ALONG_Y, x, out));
    assertTrue(refused.getMessage().contains("memory of their own"), refused.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> collectives.plan("refused").communicate(ALONG_Y, x, out));
  }

  @Test
  void aResultMayLieInItsOwnOperandOnly() {
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, parts(0, 8, 16, 24), parts(0, 8, 16, 24)));
    refused(parts(0, 8, 16, 24), parts(8, 0, 16, 24));
    refused(parts(0, 8, 16, 24), parts(32, 40, 48, 23));
    List<Tensor> same = Collections.nCopies(4, memory.slice(0, 0, 8));
    refused(same, parts(0, 16, 24, 32));
  }

  @Test
  void aResultMayBeSharedWithinItsGroupOnly() {
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, parts(0, 8, 16, 24), parts(32, 32, 40, 40)));
    refused(parts(0, 8, 16, 24), parts(32, 40, 32, 40));
    refused(parts(0, 8, 16, 24), parts(32, 33, 40, 48));
  }

  @Test
  void aTileMayBeBroughtByDevicesOfSeveralGroups() {
    Tensor a = memory.slice(0, 0, 8);
    Tensor b = memory.slice(0, 8, 16);
    Tensor c = memory.slice(0, 16, 24);
    Tensor d = memory.slice(0, 24, 32);
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, List.of(a, b, a, b), List.of(c, d, c, d)));
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, List.of(a, b, a, b), List.of(a, b, a, b)));
    Tensor e = memory.slice(0, 32, 40);
    refused(List.of(a, b, e, b), List.of(c, d, c, d));
    refused(List.of(a, b, a, b), List.of(c, d, c, a));
  }

  @Test
  void oneOperandMayBeReadByAll() {
    List<Tensor> same = Collections.nCopies(4, memory.slice(0, 0, 8));
    assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, same, parts(8, 16, 24, 32)));
  }
}
