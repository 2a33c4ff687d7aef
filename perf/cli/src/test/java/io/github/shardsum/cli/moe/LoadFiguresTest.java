package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Figures;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.Route;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The pictures of loads that docs/moe.md shows are of a route of the library. */
class LoadFiguresTest {
  private static final int TOKENS = 1024;
  private static final int EXPERTS = 8;

  /** Logits by a linear congruential generator; later experts are preferred a little. */
  private static Tensor logits() {
    double[] values = new double[TOKENS * EXPERTS];
    long state = 1;
    for (int i = 0; i < values.length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      values[i] = (state >>> 11) * 0x1p-53 * 4 + i % EXPERTS * 0.12;
    }
    return Tensor.of(values, 1, TOKENS, EXPERTS);
  }

  @Test
  void theFlowOfTokensAndTheLoadsOfExperts() throws IOException {
    Route route =
        Route.of(logits(), RouteOptions.parse("top2 capacity=factor:1"), Randomness.seeded(1));
    long[] asked = route.metrics().loadOfExperts();
    long[] placed = new long[EXPERTS];
    long[] all = route.metrics().placed().toLongArray();
    Arrays.setAll(placed, e -> all[e]);
    List<MoePage.Load> loads = MoePage.loads(asked, placed);
    assertEquals(LongStream.of(asked).sum(), loads.stream().mapToLong(MoePage.Load::asked).sum());
    Figures.check("token-flow.svg", MoePage.flow(loads).svg());
    Figures.check("expert-loads.svg", MoePage.bars(loads, route.capacity()).svg());
  }

  @Test
  void manyExpertsAreShownByThoseWithTheLargestLoads() {
    long[] asked = LongStream.range(0, 100).toArray();
    List<MoePage.Load> loads = MoePage.loads(asked, new long[100]);
    assertEquals(48, loads.size());
    assertEquals("expert 53", loads.getFirst().name());
    assertEquals(new MoePage.Load("53 others", 53, 52 * 53 / 2, 0), loads.getLast());
    // The axis ends at the most loaded expert's choices, and not at the sum of the others.
    String svg = MoePage.bars(loads, 60).svg();
    assertTrue(svg.contains(">100</text>") && !svg.contains(">1,500</text>"), svg);
    assertTrue(svg.contains("53 others, which have lower loads: 0 placed, 1,378 rejected"), svg);
    assertTrue(MoePage.flow(loads).svg().contains("53 others: 0 placed, 1,378 rejected"));
  }
}
