package io.github.shardsum.internal.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which plans are found again. */
class PlanCacheTest {
  private static final Tensor ONE = Tensor.full(DType.F32, 1, 1, 1);

  /** Of labels that no other test uses. */
  private static Einsum plan(int number) {
    return PlanCache.get("a" + (char) (0x5e00 + number) + "->", ONE);
  }

  @Test
  void theCacheKeepsNoMorePlansThanItsBound() {
    assertEquals(1024, PlanCache.MOST);
    List<Einsum> plans = new ArrayList<>();
    for (int i = 0; i < 2 * PlanCache.MOST; i++) {
      plans.add(plan(i));
    }
    // From the last one back, until one is no longer there.
    int found = 0;
    while (found < plans.size()
        && plan(plans.size() - 1 - found) == plans.get(plans.size() - 1 - found)) {
      found++;
    }
    assertTrue(found >= 1 && found <= PlanCache.MOST, "found " + found);
    assertNotSame(plans.getFirst(), plan(0));
  }

  @Test
  void dtypesShapesAndStridesAreKeptApart() {
    Einsum plan = PlanCache.get("ij->", ONE);
    assertSame(plan, PlanCache.get("ij->", ONE));
    assertNotSame(plan, PlanCache.get("ij->", ONE.convert(DType.F64)));
    assertNotSame(plan, PlanCache.get("ij->", Tensor.full(DType.F32, 1, 1, 2)));
    assertNotSame(plan, PlanCache.get("ij->", Tensor.full(DType.F32, 1, 3, 3).slice(0, 0, 1)));
    assertNotSame(plan, PlanCache.get("ij->j", ONE));
  }
}
