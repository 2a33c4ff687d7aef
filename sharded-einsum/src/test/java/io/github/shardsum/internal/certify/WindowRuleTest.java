package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Windows are of an einsum of two operands, and their rings deliver each chunk once. */
class WindowRuleTest {
  private static final MeshAxis X = new MeshAxis("x", 2);
  private static final Ring UP = new Ring(1, Share.ALL);
  private static final Ring DOWN = new Ring(-1, Share.ALL);
  private static final String PRODUCT = "einsum(x, y) {equation=\"mk,kn->mn\"}";

  private static Statement statement(String operation) {
    return Program.parse(
            "program p {\ninput x: f32[m=8 k=8]\ninput y: f32[k=8 n=8]\nr = "
                + operation
                + "\noutput r\n}\n")
        .statements()
        .getFirst();
  }

  private static CheckedParts held(String first, boolean isFirst, String second, boolean isSecond) {
    return new CheckedParts(
        List.of(
            new CheckedCut(first, 8, isFirst ? List.of(X) : List.of()),
            new CheckedCut(second, 8, isSecond ? List.of(X) : List.of())),
        Set.of(),
        ReduceKind.SUM);
  }

  /** The first operand is gathered along m, or the result scattered along it. */
  private static CheckedParts made(String operation, int operand, Ring... rings) {
    Action.Windows action =
        new Action.Windows(statement(operation), operand, "m", List.of("x"), List.of(rings));
    boolean isScatter = operand < 0;
    return WindowRule.made(
        action,
        List.of(X),
        List.of(held("m", !isScatter, "k", isScatter), held("k", isScatter, "n", false)),
        held("m", isScatter, "n", false));
  }

  private static void isRefused(String reason, String operation, int operand, Ring... rings) {
    PlanRefusedException refused =
        assertThrows(PlanRefusedException.class, () -> made(operation, operand, rings));
    assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused::getMessage);
  }

  @Test
  void ringsThatBringEachChunkOnce() {
    CheckedParts whole = held("m", false, "n", false);
    assertEquals(whole, made(PRODUCT, 0, UP));
    assertEquals(whole, made(PRODUCT, 0, DOWN));
    Ring larger = new Ring(1, Share.LARGER_HALF);
    Ring smaller = new Ring(-1, Share.SMALLER_HALF);
    assertEquals(whole, made(PRODUCT, 0, larger, smaller));
    assertEquals(held("m", true, "n", false), made(PRODUCT, -1, UP, DOWN));
    String twice = "rings must deliver every chunk once";
    isRefused(twice, PRODUCT, 0, larger);
    isRefused(twice, PRODUCT, 0, smaller);
    isRefused(twice, PRODUCT, 0, UP, DOWN);
    isRefused(twice, PRODUCT, 0, smaller, larger);
    isRefused(twice, PRODUCT, 0, larger, new Ring(1, Share.SMALLER_HALF));
    isRefused(twice, PRODUCT, 0, larger, new Ring(-1, Share.LARGER_HALF));
    isRefused(twice, PRODUCT, -1, UP);
    isRefused(twice, PRODUCT, -1, UP, smaller);
    isRefused(twice, PRODUCT, -1, larger, smaller);
  }

  @Test
  void anEinsumOfTwoOperandsWithoutRepeatedLabels() {
    isRefused("must be an einsum", "multiply(x, x)", 0, UP);
    isRefused("must have two operands", "einsum(x) {equation=\"mk->km\"}", 0, UP);
    isRefused("must have two operands", "einsum(x, y, y) {equation=\"mk,kn,kn->mn\"}", 0, UP);
    isRefused("no label twice in a term", "einsum(x, y) {equation=\"mm,mn->mn\"}", 0, UP);
  }

  @Test
  void addendsAreNotGathered() {
    CheckedParts addends =
        new CheckedParts(
            held("m", true, "k", false).cuts(), Set.of(new MeshAxis("y", 2)), ReduceKind.SUM);
    Action.Windows action =
        new Action.Windows(statement(PRODUCT), 0, "m", List.of("x"), List.of(UP));
    PlanRefusedException refused =
        assertThrows(
            PlanRefusedException.class,
            () ->
                WindowRule.made(
                    action,
                    List.of(X),
                    List.of(addends, held("k", false, "n", false)),
                    held("m", false, "n", false)));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("must gather no addends"),
        refused::getMessage);
  }

  @Test
  void ofOneDeviceThereAreNoWindows() {
    Action.Windows action =
        new Action.Windows(statement(PRODUCT), 0, "m", List.of("w"), List.of(UP));
    PlanRefusedException refused =
        assertThrows(
            PlanRefusedException.class,
            () ->
                WindowRule.made(
                    action,
                    List.of(),
                    List.of(held("m", false, "k", false), held("k", false, "n", false)),
                    held("m", false, "n", false)));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("axes of more than one device, got [w]"),
        refused::getMessage);
  }
}
