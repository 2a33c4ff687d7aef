package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.path.ContractionPath.Pair;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths and networks that are none are refused in words. */
final class RefusedPathsTest {
  private static void says(String message, Executable call) {
    assertEquals(message, assertThrows(PathException.class, call).getMessage());
  }

  private static void pairs(String message, int operands, int... ids) {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < ids.length; i += 2) {
      pairs.add(new Pair(ids[i], ids[i + 1]));
    }
    says(message, () -> new ContractionPath(operands, pairs));
  }

  @Test
  void pairsOfWhatIsNotThere() {
    pairs("path: step 0 takes id 3, but before it there are only ids 0 to 2", 3, 0, 3, 1, 2);
    pairs("path: step 1 takes id -1, but before it there are only ids 0 to 3", 3, 0, 1, -1, 2);
    pairs("path: step 1 takes id 4, but before it there are only ids 0 to 3", 3, 0, 1, 2, 4);
    pairs("path: step 1 takes id 1, which step 0 has already contracted", 3, 0, 1, 1, 2);
    pairs("path: step 0 takes id 2 twice", 3, 2, 2, 0, 1);
    pairs("path: 3 operands need 2 pairs, got 1", 3, 0, 1);
  }

  @Test
  void stepsOfWhatIsNotThere() {
    says("path: at least one operand is needed, got 0", () -> ContractionPath.ofLinear(0, steps()));
    says("path: step 0 takes no operand", () -> ContractionPath.ofLinear(2, steps(new int[0])));
    says("path: step 0 takes no operand", () -> ContractionPath.ofSsa(2, steps(new int[0])));
    says(
        "path: step 0 takes position -1, but 2 operands are left, at positions 0 to 1",
        () -> ContractionPath.ofLinear(2, steps(new int[] {-1, 0})));
    says(
        "path: step 0 takes position 2, but 2 operands are left, at positions 0 to 1",
        () -> ContractionPath.ofLinear(2, steps(new int[] {0, 2})));
    says(
        "path: step 0 takes id -1, but before it there are only ids 0 to 1",
        () -> ContractionPath.ofSsa(2, steps(new int[] {-1, 0})));
  }

  private static int[][] steps(int[]... steps) {
    return steps;
  }

  @Test
  void textsOfNumPyHaveItsHead() {
    ContractionPath path = ContractionPath.ofLinear(3, steps(new int[] {0, 2}, new int[] {0, 1}));
    assertEquals(path, ContractionPath.parse("['einsum_path', (0, 2), (0, 1)]"));
    assertEquals(path, ContractionPath.parse("[\"einsum_path\", [0, 2], [0, 1,]]"));
    assertEquals(ContractionPath.ofLinear(1, steps()), ContractionPath.parse("[]"));
    assertEquals(ContractionPath.ofLinear(1, steps()), ContractionPath.parse(" [ 'einsum_path' ]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "['einsum', (0, 1)]",
        "['einsum_path\", (0, 1)]",
        "['einsum_path' (0, 1)]",
        "[(0, 1) (0, 1)]",
        "[(0, :)]",
        "[(0, /)]",
        "[(, 1)]",
        "[[0, 1)]",
        "[(0, 1)",
        "(0, 1)"
      })
  void textsThatAreNoPath(String text) {
    assertThrows(PathException.class, () -> ContractionPath.parse(text));
  }

  @Test
  void networksOfOtherLabels() {
    List<List<Integer>> operands = List.of(List.of(0, 1), List.of(1, 2));
    List<Long> sizes = List.of(2L, 3L, 4L);
    for (int sparse : new int[] {-1, 2}) {
      says(
          "network: sparse operands are numbers from 0 to 1, got " + sparse,
          () -> new Network(operands, List.of(0, 2), sizes, Set.of(sparse)));
    }
    says(
        "network: operand 1 has label -1, but sizes are given for labels 0 to 1",
        () -> Network.of(steps(new int[] {0}, new int[] {-1}), new int[0], 2, 3));
    says(
        "network: operand 0 has label 2, but sizes are given for labels 0 to 1",
        () -> Network.of(steps(new int[] {2}), new int[0], 2, 3));
    says(
        "network: operand 0 has label 0, but sizes are given for no label",
        () -> Network.of(steps(new int[] {0}), new int[0]));
    says(
        "network: the output has label 2, but sizes are given for labels 0 to 1",
        () -> Network.of(steps(new int[] {0, 1}), new int[] {2}, 2, 3));
    says(
        "network: the output has label -1, but sizes are given for labels 0 to 1",
        () -> Network.of(steps(new int[] {0, 1}), new int[] {-1}, 2, 3));
    says(
        "network: output label 1 is in no operand; leave it out here and repeat the result",
        () -> Network.of(steps(new int[] {0}), new int[] {1}, 2, 3));
    says(
        "network: the output has label 0 twice in [0, 0]; take its diagonal first and name it once",
        () -> Network.of(steps(new int[] {0}), new int[] {0, 0}, 2));
  }

  @Test
  void slicesOfNothing() {
    says(
        "slice: chunk and count must be 1 or more, got 0 and 2 for label 5",
        () -> new Slice(5, 0, 2));
    says(
        "slice: chunk and count must be 1 or more, got 3 and 0 for label 5",
        () -> new Slice(5, 3, 0));
    assertEquals(1, new Slice(5, 1, 1).count());
  }
}
