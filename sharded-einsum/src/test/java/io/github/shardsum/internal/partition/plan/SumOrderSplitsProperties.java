package io.github.shardsum.internal.partition.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Which labels of a sum in order may be split, by the tree of the sum. */
class SumOrderSplitsProperties {
  /** The terms {@code [from, to)} of each node, of leaves of so many terms. */
  private static void nodes(long from, long to, long leaf, Set<List<Long>> nodes) {
    nodes.add(List.of(from, to));
    long leaves = (to - from + leaf - 1) / leaf;
    if (leaves > 1) {
      long half = 1;
      while (2 * half < leaves) {
        half *= 2;
      }
      nodes(from, from + half * leaf, leaf, nodes);
      nodes(from + half * leaf, to, leaf, nodes);
    }
  }

  /** The terms of each device: chunks of ceil(n / p), over several axes chunks of chunks. */
  private static List<List<Long>> chunks(long from, long to, List<Integer> cut) {
    if (cut.isEmpty()) {
      return List.of(List.of(from, to));
    }
    List<List<Long>> all = new ArrayList<>();
    long chunk = (to - from + cut.getFirst() - 1) / cut.getFirst();
    for (int part = 0; part < cut.getFirst(); part++) {
      long start = Math.min(to, from + part * chunk);
      all.addAll(chunks(start, Math.min(to, start + chunk), cut.subList(1, cut.size())));
    }
    return all;
  }

  private static Statement statement(String text, Object... sizes) {
    String program = "program p {\n" + String.format(Locale.ROOT, text, sizes) + "\n}\n";
    return Program.parse(program.replace(";", "\n")).statements().getLast();
  }

  private static SumOrderSplits of(Statement statement, int leaf) {
    return SumOrderSplits.of(statement, ShardingRules.of(statement), new SumOrder(leaf));
  }

  private static int factor(Statement statement, String label) {
    FactorRule rule = ShardingRules.of(statement);
    return rule.factors().stream().map(FactorRule.Factor::name).toList().indexOf(label);
  }

  /** One after another without a gap, and whole subtrees, as a walk over the tree finds them. */
  private static boolean areSubtrees(long size, long leaf, List<Integer> cut) {
    Set<List<Long>> nodes = new HashSet<>();
    nodes(0, size, leaf, nodes);
    List<List<Long>> chunks = chunks(0, size, cut);
    long length = chunks.getFirst().get(1);
    for (int part = 0; part < chunks.size(); part++) {
      List<Long> chunk = chunks.get(part);
      boolean isNext = chunk.getFirst() == Math.min(size, part * length);
      boolean isEmpty = chunk.getFirst().equals(chunk.getLast());
      if (!isNext || !(isEmpty || nodes.contains(chunk))) {
        return false;
      }
    }
    return true;
  }

  @Property
  void devicesOfASumInOrderHoldWholeSubtrees(
      @ForAll @IntRange(min = 1, max = 70) int size,
      @ForAll @IntRange(min = 1, max = 9) int leaf,
      @ForAll @Size(min = 1, max = 2) List<@IntRange(min = 1, max = 5) Integer> cut) {
    Statement sum =
        statement("input x: f32[i=2 j=%d]; r = reduce_sum(x) {labels=[\"j\"]}; output r", size);
    int parts = cut.stream().reduce(1, (a, b) -> a * b);
    Optional<String> whole = of(sum, leaf).whole(factor(sum, "j"), cut);
    boolean may = size == 1 || parts == 1 || areSubtrees(size, leaf, cut);
    assertEquals(may, whole.isEmpty() || size == 1, () -> whole.orElse("split"));
    assertEquals(Optional.empty(), of(sum, leaf).whole(factor(sum, "i"), cut));
    Statement ofIntegers =
        statement("input x: i32[i=2 j=%d]; r = reduce_sum(x) {labels=[\"j\"]}; output r", size);
    assertEquals(Optional.empty(), of(ofIntegers, leaf).whole(factor(ofIntegers, "j"), cut));
  }

  /** A way to split is allowed if each label that it splits may be. */
  @Property
  void aWayIsAllowedIfItsLabelsAre(
      @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll @IntRange(min = 1, max = 9) int leaf,
      @ForAll @IntRange(min = 2, max = 5) int x,
      @ForAll @IntRange(min = 2, max = 3) int y) {
    Statement sum =
        statement("input x: f32[i=2 j=%d]; r = reduce_sum(x) {labels=[\"j\"]}; output r", size);
    SumOrderSplits tree = of(sum, leaf);
    int[] sizes = {x, y};
    int[][] may = {{Splits.NONE, 0, 1}, {Splits.NONE, 0, 1}};
    new Splits(List.of("x", "y"), may, 2)
        .forEach(
            at -> {
              boolean isWhole = true;
              for (int factor = 0; factor < 2; factor++) {
                List<Integer> cut = at.axes(factor).stream().map(axis -> sizes[axis]).toList();
                isWhole &= cut.isEmpty() || tree.whole(factor, cut).isEmpty();
              }
              assertEquals(isWhole, tree.allows(at, sizes));
            });
  }

  /** A leaf counts for the innermost label; the indices of one outside are leaves themselves. */
  @Property
  void theOutermostOfTwoLabelsHasLeavesOfOneTerm(
      @ForAll @IntRange(min = 2, max = 40) int outer,
      @ForAll @IntRange(min = 2, max = 9) int leaf,
      @ForAll @IntRange(min = 2, max = 5) int parts) {
    Statement sum =
        statement(
            "input x: f32[i=%d j=8]; r = reduce_sum(x) {labels=[\"j\", \"i\"]}; output r", outer);
    List<Integer> cut = List.of(parts);
    Optional<String> whole = of(sum, leaf).whole(factor(sum, "i"), cut);
    assertEquals(areSubtrees(outer, 1, cut), whole.isEmpty());
    String inner = of(sum, leaf).whole(factor(sum, "j"), cut).orElseThrow();
    assertTrue(inner.endsWith("j is whole, it is not outermost"), inner);
    assertTrue(of(sum, leaf).mayCut(factor(sum, "i")));
    assertFalse(of(sum, leaf).mayCut(factor(sum, "j")));
  }

  /** Leaves of three terms are whole subtrees, though three terms are none: t adds none. */
  @Example
  void aLabelOfSizeOneHasNoTerms() {
    for (String shape : List.of("i=2 j=6 t=1", "i=2 t=1 j=6")) {
      String text =
          "input x: f32[" + shape + "]; r = reduce_sum(x) {labels=[\"j\", \"t\"]}; output r";
      Statement sum = statement(text);
      assertEquals(Optional.empty(), of(sum, 3).whole(factor(sum, "j"), List.of(2)));
      assertTrue(of(sum, 2).whole(factor(sum, "j"), List.of(2)).isPresent());
    }
  }

  /** A label of size 1 is no label of the sum, nor is one that a single operand has. */
  @Example
  void labelsThatBothOperandsHaveAreSummedInOrder() {
    String product =
        "input a: f32[m=2 t=1 k=8 l=8]; input b: f32[n=3 k=8 l=8 t=1 s=4]; r = einsum(a, b)"
            + " {equation=\"mtkl,nklts->mn\"}; output r";
    Statement einsum = statement(product);
    SumOrderSplits splits = of(einsum, 4);
    assertTrue(splits.mayCut(factor(einsum, "k")));
    assertTrue(splits.mayCut(factor(einsum, "m")));
    assertFalse(splits.mayCut(factor(einsum, "l")));
    assertFalse(splits.mayCut(factor(einsum, "s")));
    assertFalse(splits.mayKeep());
    SumOrderSplits fastest = SumOrderSplits.of(einsum, ShardingRules.of(einsum), SumOrder.FASTEST);
    assertTrue(fastest.mayCut(factor(einsum, "l")));
    assertTrue(fastest.mayKeep());
    Statement max =
        statement("input x: f32[i=2 j=7]; r = reduce_max(x) {labels=[\"j\"]}; output r");
    assertEquals(Optional.empty(), of(max, 4).whole(factor(max, "j"), List.of(3)));
  }
}
