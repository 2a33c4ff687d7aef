package io.github.shardsum.lab.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExpertLoadTest {
  @ParameterizedTest
  @EnumSource
  void givesEveryTokenTwoExpertsAndEveryExpertItsRows(ExpertLoad load) {
    for (int experts = 4; experts <= 70; experts += 3) {
      for (int n = experts; n <= 300; n += 49) {
        int tokens = n;
        long[] counts = load.counts(experts, 2L * tokens);
        assertEquals(2L * tokens, Arrays.stream(counts).sum());
        assertTrue(Arrays.stream(counts).allMatch(count -> 0 <= count && count <= tokens));
        long[] got = new long[experts];
        for (int[] pair : ExpertLoad.choices(counts)) {
          assertNotEquals(pair[0], pair[1]);
          got[pair[0]]++;
          got[pair[1]]++;
        }
        assertArrayEquals(counts, got);
      }
    }
  }

  @Test
  void sharesRowsOut() {
    assertArrayEquals(new long[] {6, 6, 6, 6, 6, 6}, ExpertLoad.W0.counts(6, 36));
    assertArrayEquals(new long[] {15, 3, 3, 3, 3, 3}, ExpertLoad.W1.counts(6, 30));
    assertArrayEquals(new long[] {0, 12, 0, 12, 0, 12}, ExpertLoad.W2.counts(6, 36));
    assertArrayEquals(new long[] {16, 16, 1, 1, 1, 1}, ExpertLoad.W3.counts(6, 36));
    assertArrayEquals(new long[] {12, 6, 4, 3}, ExpertLoad.W4.counts(4, 25));
    assertArrayEquals(new long[] {3, 9, 3, 9}, ExpertLoad.W5.counts(4, 24));
    assertArrayEquals(new long[] {2, 4, 6, 8}, ExpertLoad.W6.counts(4, 20));
    assertArrayEquals(new long[] {8, 8, 0, 0}, ExpertLoad.W7.counts(4, 16));
  }

  @Test
  void refusesFewerThanFourExpertsOrTwoRowsOfEach() {
    assertThrows(IllegalArgumentException.class, () -> ExpertLoad.W0.counts(3, 60));
    assertThrows(IllegalArgumentException.class, () -> ExpertLoad.W0.counts(6, 11));
  }
}
