package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ContractionPathTest {

  @Test
  void theExampleOfOptEinsumsConversions() {
    // linear_to_ssa([(0, 3), (1, 2), (0, 1)]) is [(0, 3), (2, 4), (1, 5)]
    var path = ContractionPath.parse("[(0, 3), (1, 2), (0, 1)]");
    assertArrayEquals(new int[][] {{0, 3}, {2, 4}, {1, 5}}, path.toSsa());
    assertEquals(path, ContractionPath.ofSsa(4, new int[][] {{0, 3}, {2, 4}, {1, 5}}));
  }

  @Test
  void numPysTextIsRead() {
    var path = ContractionPath.parse("['einsum_path', (1, 2), (0, 1)]");
    assertEquals("[(1, 2), (0, 1)]", path.toString());
    assertEquals("[]", ContractionPath.parse(" ['einsum_path' ] ").toString());
    assertEquals("[(0, 1)]", ContractionPath.parse("[(0,), (0, 1,), ]").toString());
    assertEquals("[(0, 1), (0, 1)]", ContractionPath.parse("[[1, 0], [1, 0]]").toString());
  }

  @Test
  void oneStepOfAllOperandsRunsLeftToRight() {
    assertEquals(ContractionPath.leftToRight(4), ContractionPath.parse("[(0, 1, 2, 3)]"));
    assertEquals(ContractionPath.leftToRight(1), ContractionPath.parse("[]"));
  }

  @Test
  void aVeryLongStepIsReadWithoutRecursion() {
    String text =
        IntStream.range(0, 20_000)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", ", "[(", ")]"));
    assertEquals(ContractionPath.leftToRight(20_000), ContractionPath.parse(text));
  }

  @Test
  void errorsNameTheStepAndTheReason() {
    assertError(
        "path: step 1 takes position 2, but 2 operands are left, at positions 0 to 1",
        () -> ContractionPath.ofLinear(3, new int[][] {{0, 1}, {0, 2}}));
    assertError(
        "path: step 0 takes position 1 twice",
        () -> ContractionPath.ofLinear(3, new int[][] {{1, 1}}));
    assertError(
        "path: step 0 takes no operand", () -> ContractionPath.ofLinear(3, new int[][] {{}}));
    assertError(
        "path: expected 1 operand after the last step, got 2; add a step that takes"
            + " positions 0 to 1",
        () -> ContractionPath.ofLinear(3, new int[][] {{0, 1}}));
    assertError(
        "path: step 1 takes id 0, which step 0 has already contracted",
        () -> ContractionPath.ofSsa(3, new int[][] {{0, 1}, {0, 3}}));
    assertError(
        "path: step 0 takes id 3, but before it there are only ids 0 to 2",
        () -> ContractionPath.ofSsa(3, new int[][] {{0, 3}}));
    assertError(
        "path: 3 operands need 2 pairs, got 1",
        () -> new ContractionPath(3, List.of(new ContractionPath.Pair(0, 1))));
    assertError(
        "path: at least one operand is needed, got 0", () -> ContractionPath.leftToRight(0));
  }

  @Test
  void textErrorsShowThePlace() {
    PathException e =
        assertThrows(PathException.class, () -> ContractionPath.parse("[(0, 1), (0; 1)]"));
    assertTrue(
        e.getMessage().startsWith("path: expected ')' at character 11, got ';'"), e::getMessage);
    assertThrows(PathException.class, () -> ContractionPath.parse(""));
    assertThrows(PathException.class, () -> ContractionPath.parse("[(0, 99999999999)]"));
    assertThrows(PathException.class, () -> ContractionPath.parse("[(0, 1)] and more"));
  }

  private static void assertError(String message, Runnable action) {
    assertEquals(message, assertThrows(PathException.class, action::run).getMessage());
  }
}
