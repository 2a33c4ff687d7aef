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
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    Figures.check("expert-loads.svg", MoePage.bars(loads, 1, route.capacity()).svg());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 16, 48, 100})
  void eachExpertOfTheFlowHasANameApartFromTheOthers(int experts) {
    long[] asked = LongStream.range(0, experts).map(e -> e % 5 == 0 ? 100_000 : e % 3).toArray();
    String svg = MoePage.flow(MoePage.loads(asked, asked)).svg();
    List<Double> places =
        Pattern.compile("y=\"([0-9.]+)\">(expert|\\d+ others)")
            .matcher(svg)
            .results()
            .map(each -> Double.valueOf(each.group(1)))
            .toList();
    assertEquals(Math.min(experts, 48), places.size(), svg);
    double height = Double.parseDouble(svg.replaceAll("(?s).*?height=\"([0-9.]+)\".*", "$1"));
    for (int i = 0; i < places.size(); i++) {
      // A letter is 12 pixels high.
      double before = i == 0 ? 0 : places.get(i - 1);
      assertTrue(places.get(i) - before >= 12 && places.get(i) < height - 4, svg);
    }
  }

  @Test
  void manyExpertsAreShownByThoseWithTheLargestLoads() {
    long[] asked = LongStream.range(0, 100).toArray();
    List<MoePage.Load> loads = MoePage.loads(asked, new long[100]);
    assertEquals(48, loads.size());
    assertEquals("expert 53", loads.getFirst().name());
    assertEquals(new MoePage.Load("53 others", 53, 52 * 53 / 2, 0), loads.getLast());
    // The axis ends at the most loaded expert's choices, and not at the sum of the others.
    String svg = MoePage.bars(loads, 20, 3).svg();
    assertTrue(svg.contains(">3 slots in each of 20 groups</text>"), svg);
    assertTrue(svg.contains(">100</text>") && !svg.contains(">1,500</text>"), svg);
    assertTrue(svg.contains("53 others, which have lower loads: 0 placed, 1,378 rejected"), svg);
    assertTrue(MoePage.flow(loads).svg().contains("53 others: 0 placed, 1,378 rejected"));
  }
}
