package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Words that are refused, the part of a notation that an error shows, and the mark below its word.
 */
final class RouteNotationErrorsTest {
  /** Of a long notation 300 characters are shown, half of them before the word if there are. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, 16, false",
    "1, 400, 0, 300, true",
    "100, 400, 0, 300, true",
    "400, 400, 254, 300, true",
    "400, 0, 115, 300, false",
    "400, 100, 215, 300, false",
  })
  void theWordThatIsWrongIsMarked(int before, int behind, int from, int length, boolean isCut) {
    String notation = "top2" + " ".repeat(before) + "colour=blue" + " ".repeat(behind);
    String said =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse(notation))
                .getMessage());
    String[] lines = said.split("\n", -1);
    assertEquals(3, lines.length, said);
    assertEquals(
        "route: expected a router or one of gates, limit, second, rejected, normalize, epsilon,"
            + " slots, capacity, aux and z, got colour=blue",
        lines[0]);
    assertEquals("  " + notation.substring(from, from + length) + (isCut ? "..." : ""), lines[1]);
    assertEquals(lines[1].indexOf("colour"), lines[2].indexOf('^'));
    assertEquals("^", lines[2].strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "second=all:7",
        "second=none:0.5",
        "second=sample:1",
        "capacity=load:8",
        "capacity=factor:1,floor:2",
      })
  void aNumberBehindAWordWithoutOneIsRefused(String word) {
    assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse("top2 " + word));
  }
}
