package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.measure.Interval;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BenchTargetTest {
  private static BenchMeasurement measured(
      BenchCase subject, double share, BenchMeasurement.Peer... peers) {
    return new BenchMeasurement(
        subject, 1, 1, 1, 1, 1, BenchMeasurement.Limit.FLOPS, share, List.of(peers));
  }

  private static BenchMeasurement.Peer peer(String name, double ratio) {
    return new BenchMeasurement.Peer(name, ratio, new Interval(ratio, 0.9 * ratio, 1.1 * ratio));
  }

  private static BenchCase listed(String id) {
    return BenchCases.listed().stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theBestPeerOfEachCaseCountsAndTheMedianDecides() {
    BenchTarget target =
        new BenchTarget("t", Pattern.compile("gemm/"), 0, List.of("a", "b"), true, 1.05);
    List<BenchMeasurement> results =
        List.of(
            measured(listed("gemm-nn"), 1, peer("a", 1), peer("b", 4), peer("other", 0.1)),
            measured(listed("gemm-tn"), 1, peer("b", 1)),
            measured(listed("dot"), 1, peer("a", 0.01)));
    BenchTarget.Outcome outcome = target.outcome(results, 1).orElseThrow();
    assertEquals(1, outcome.reached(), 1e-12);
    assertEquals(2, outcome.cases());
    // The median of the worse one is below, the end of its interval is not.
    assertEquals(BenchVerdict.WITHIN_NOISE, outcome.verdict());
    BenchTarget less =
        new BenchTarget("t", Pattern.compile("gemm/"), 0, List.of("a", "b"), true, 1);
    assertEquals(BenchVerdict.MET, less.outcome(results, 1).orElseThrow().verdict());
    BenchTarget more =
        new BenchTarget("t", Pattern.compile("gemm/"), 0, List.of("a", "b"), true, 1.11);
    assertEquals(BenchVerdict.NOT_MET, more.outcome(results, 1).orElseThrow().verdict());
    assertTrue(target.outcome(results, 2).isEmpty());
  }

  @Test
  void oneCaseBelowIsEnoughToMissATargetOfEach() {
    BenchTarget target = new BenchTarget("t", Pattern.compile("gemm/"), 1, List.of(), false, 0.5);
    List<BenchMeasurement> results =
        List.of(measured(listed("gemm-nn"), 0.9), measured(listed("gemm-tn"), 0.4));
    BenchTarget.Outcome outcome = target.outcome(results, 1).orElseThrow();
    assertEquals(BenchVerdict.NOT_MET, outcome.verdict());
    assertEquals("gemm-tn", outcome.least());
    assertEquals(0.4, outcome.reached(), 1e-12);
  }

  @Test
  void everyTargetIsAboutSomeCase() {
    for (BenchTarget target : BenchTarget.all()) {
      assertTrue(
          BenchCases.listed().stream()
              .anyMatch(each -> target.cases().matcher(each.group() + "/" + each.id()).find()),
          target.name());
    }
    BenchTarget cubes =
        BenchTarget.all().stream()
            .filter(t -> t.name().startsWith("cubes"))
            .findFirst()
            .orElseThrow();
    assertEquals(
        List.of("product-f32-512", "product-f32-1024", "product-f32-2048"),
        BenchCases.listed().stream()
            .filter(each -> cubes.cases().matcher(each.group() + "/" + each.id()).find())
            .map(BenchCase::id)
            .toList());
  }
}
