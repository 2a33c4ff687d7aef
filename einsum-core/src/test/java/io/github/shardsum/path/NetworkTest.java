package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkTest {

  @Test
  void networksAreValues() {
    Network network = Network.of(new int[][] {{0, 1}, {1, 2}}, new int[] {0, 2}, 2, 3, 4);
    assertEquals(network, Networks.parse("ab,bc->ac", 2, 3, 4));
    assertEquals(network.hashCode(), Networks.parse("ab,bc->ac", 2, 3, 4).hashCode());
    assertNotEquals(network, Networks.parse("ab,bc->ac", 2, 3, 5));
    assertEquals("ab,bc->ac [a=2, b=3, c=4]", network.toString());
    assertEquals(",,ab-> [a=2, b=3]", Networks.parse(",,ab->", 2, 3).toString());
  }

  @Test
  void elementsMayPassTheRangeOfLongs() {
    Network network = Network.of(new int[][] {{0, 1, 2}}, new int[] {}, 1L << 40, 1L << 40, 0);
    assertEquals(Math.pow(2, 80), network.elements(List.of(0, 1)));
    assertEquals(0, network.elements(List.of(0, 1, 2)));
  }

  @Test
  void errorsNameTermLabelAndRule() {
    assertError("network: at least one operand is needed, got none", new int[][] {}, new int[] {});
    assertError(
        "network: operand 1 has label 2, but sizes are given for labels 0 to 1",
        new int[][] {{0}, {2}},
        new int[] {},
        3,
        3);
    assertError(
        "network: operand 0 has label 1 twice in [1, 0, 1]; take its diagonal first and name it once",
        new int[][] {{1, 0, 1}},
        new int[] {},
        3,
        3);
    assertError(
        "network: output label 1 is in no operand; leave it out here and repeat the result",
        new int[][] {{0}},
        new int[] {1},
        3,
        3);
    assertError(
        "network: sizes must be 0 or more, label 0 has -3", new int[][] {{0}}, new int[] {}, -3);
    assertError(
        "network: operand 0 has label 0, but sizes are given for no label",
        new int[][] {{0}},
        new int[] {});
  }

  private static void assertError(String message, int[][] operands, int[] output, long... sizes) {
    assertEquals(
        message,
        assertThrows(PathException.class, () -> Network.of(operands, output, sizes)).getMessage());
  }
}
