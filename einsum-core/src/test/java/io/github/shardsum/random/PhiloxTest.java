package io.github.shardsum.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  /** The three known answers that the authors publish with their reference implementation. */
  @Test
  void givesThePublishedAnswers() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, new Philox(0).block(0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, new Philox(-1).block(-1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        new Philox(0x299f31d0_a4093822L).block(0x85a308d3_243f6a88L, 0x03707344_13198a2eL));
  }

  @Test
  void bitsAreTheFirstTwoWordsOfTheBlock() {
    int[] block = new Philox(7).block(3, 5);
    long bits = new Philox(7).bits(3, 5);
    assertEquals(block[0], (int) bits);
    assertEquals(block[1], (int) (bits >>> 32));
  }

  @Test
  void uniformNumbersFillTheUnitIntervalEvenly() {
    Philox philox = new Philox(42);
    int[] bins = new int[16];
    int draws = 16_000;
    for (int i = 0; i < draws; i++) {
      double u = philox.uniform(i, 1);
      assertTrue(u >= 0 && u < 1);
      bins[(int) (u * bins.length)]++;
    }
    double chiSquare = 0;
    for (int count : bins) {
      chiSquare += Math.pow(count - draws / 16.0, 2) / (draws / 16.0);
    }
    // The 0.999 quantile of chi-square with 15 degrees of freedom is 37.7.
    assertTrue(chiSquare < 37.7, "chi-square " + chiSquare);
  }

  @Test
  void anotherSeedStreamOrIndexGivesAnotherNumber() {
    long bits = new Philox(1).bits(2, 3);
    assertNotEquals(bits, new Philox(2).bits(2, 3));
    assertNotEquals(bits, new Philox(1).bits(3, 3));
    assertNotEquals(bits, new Philox(1).bits(2, 4));
    assertEquals(bits, new Philox(1).bits(2, 3));
  }
}
