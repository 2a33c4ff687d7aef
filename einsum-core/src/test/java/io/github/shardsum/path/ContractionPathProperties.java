package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ContractionPathProperties {

  @Property
  void linearAndSsaFormsAreInverse(
      @ForAll @IntRange(min = 1, max = 60) int operands, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(operands, random);
    assertEquals(path, ContractionPath.ofLinear(operands, path.toLinear()));
    assertEquals(path, ContractionPath.ofSsa(operands, path.toSsa()));
  }

  @Property
  void printingAndParsingAreInverse(
      @ForAll @IntRange(min = 1, max = 60) int operands, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(operands, random);
    assertEquals(path, ContractionPath.parse(path.toString()));
  }

  @Property
  void stepsOfAnySizeContractLeftToRight(
      @ForAll @IntRange(min = 1, max = 30) int operands, @ForAll Random random) {
    int[][] steps = RandomPaths.ragged(operands, random);
    assertEquals(
        simulate(operands, steps), simulatePairs(ContractionPath.ofLinear(operands, steps)));
  }

  @Property
  void textNeverFailsOtherwiseThanByPathException(@ForAll String text) {
    assertParsesOrExplains(text);
  }

  @Property
  void damagedPathsAreRefusedOrValid(
      @ForAll @IntRange(min = 2, max = 9) int operands, @ForAll Random random) {
    var text = new StringBuilder(RandomPaths.path(operands, random).toString());
    String alphabet = "()[],0123456789 -'x";
    text.setCharAt(
        random.nextInt(text.length()), alphabet.charAt(random.nextInt(alphabet.length())));
    assertParsesOrExplains(text.toString());
  }

  private static void assertParsesOrExplains(String text) {
    try {
      ContractionPath path = ContractionPath.parse(text);
      assertEquals(path, ContractionPath.parse(path.toString()));
    } catch (PathException e) {
      assertTrue(e.getMessage().startsWith("path: "), e::getMessage);
    }
  }

  /** The nesting that the steps mean, with operands as numbers and contractions as brackets. */
  private static String simulate(int operands, int[][] steps) {
    List<String> left = names(operands);
    for (int[] step : steps) {
      String result = left.get(step[0]);
      for (int k = 1; k < step.length; k++) {
        result = pair(result, left.get(step[k]));
      }
      List<String> taken = new ArrayList<>();
      for (int position : step) {
        taken.add(left.get(position));
      }
      left.removeAll(taken);
      left.add(result);
    }
    return left.getFirst();
  }

  private static String simulatePairs(ContractionPath path) {
    List<String> made = names(path.operandCount());
    for (ContractionPath.Pair pair : path.pairs()) {
      made.add(pair(made.get(pair.left()), made.get(pair.right())));
    }
    return made.getLast();
  }

  private static String pair(String a, String b) {
    return a.compareTo(b) < 0 ? "(" + a + " " + b + ")" : "(" + b + " " + a + ")";
  }

  private static List<String> names(int operands) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < operands; i++) {
      names.add("t" + i);
    }
    return names;
  }
}
