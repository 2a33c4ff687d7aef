package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.bench.VersionCases.RandomProduct;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** That every case runs, and that two JVMs of one version have the same bits. */
class VersionComparisonTest {
  private static final VersionComparison.Versions SAME =
      new VersionComparison.Versions(
          System.getProperty("java.class.path"), System.getProperty("java.class.path"), 2);

  private static VersionComparison.Outcome compare(String name) throws Exception {
    return VersionComparison.compare(SAME, name, 1, InterleavedTimer.SMOKE);
  }

  @Test
  void eachCaseHasBitsOfItsOwn() {
    Set<String> all = new HashSet<>();
    for (String name : VersionComparison.CASES) {
      VersionCases.Case prepared = new VersionCases(2).named(name);
      all.add(prepared.bits().get());
      prepared.call().run();
    }
    assertEquals(VersionComparison.CASES.size(), all.size());
  }

  @Test
  void aVersionHasTheBitsOfItself() throws Exception {
    VersionComparison.Outcome outcome = compare("all-reduce 1K");
    assertTrue(outcome.hasSameBits(), outcome::toString);
    assertTrue(outcome.before().matches("[0-9a-f]{16}"), outcome::before);
  }

  @Test
  void refusesAnUnknownCase() {
    String why = assertThrows(MeasurementException.class, () -> compare("heat")).why();
    assertTrue(why.contains("case: must be one of"), why);
  }

  @Test
  void saysWhereBitsDiffer() {
    VersionComparison.Outcome outcome =
        new VersionComparison.Outcome("00ff", "00fe", new Interval(1, 0.5, 1.5), 3);
    assertFalse(outcome.hasSameBits());
    assertEquals(
        "after / before 1.000 [0.500, 1.500], 3 pairs, bits DIFFER: 00ff, 00fe",
        outcome.toString());
  }

  @Test
  void drawsEquationsOfTheirShapes() {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      RandomProduct product = RandomProduct.of(random);
      String[] terms = product.equation().split("->|,", -1);
      assertEquals(terms[0].length(), product.left().rank(), product.equation());
      assertEquals(terms[1].length(), product.right().rank(), product.equation());
      assertTrue(
          terms[2].chars().allMatch(label -> (terms[0] + terms[1]).indexOf(label) >= 0),
          product.equation());
    }
  }
}
