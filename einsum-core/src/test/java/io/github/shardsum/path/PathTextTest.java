package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** White space, ends and long numbers in the text of a path. */
final class PathTextTest {
  private static String refusal(String text) {
    return String.valueOf(
        assertThrows(PathException.class, () -> ContractionPath.parse(text)).getMessage());
  }

  @Test
  void blanksMayStandBetweenAnyTwoParts() {
    assertEquals(
        ContractionPath.parse("[(0,2),(0,1)]"),
        ContractionPath.parse(" [ ( 0\t, 2 ) , [\n0 , 1 , ] , ] "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[", "[(", "[(0", "[(0,", "[(0, 1", "[(0, 1)", "[(0, 1),"})
  void aTextThatEndsIsRefusedAtItsEnd(String text) {
    String said = refusal(text);
    assertTrue(said.contains("at character " + text.length() + ", got the end"), said);
  }

  /** Nine digits are a number, of which there is no operand; ten are none. */
  @Test
  void aPositionHasNineDigitsAtMost() {
    assertFalse(refusal("[(0, 123456789)]").contains("digits"));
    String said = refusal("[(0, 1234567890)]");
    assertTrue(said.contains("expected a position of 1 to 9 digits at character 5, got '1'"), said);
  }
}
