package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.EinsumShapeException.Kind;
import io.github.shardsum.einsum.EinsumShapeException.Site;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class BoundEquationTest {
  private static EinsumShapeException refusal(
      Strictness strictness, Map<String, Long> sizes, String equation, Shape... shapes) {
    return assertThrows(
        EinsumShapeException.class,
        () -> Equation.parse(equation).bind(List.of(shapes), sizes, strictness));
  }

  private static EinsumShapeException refusal(String equation, Shape... shapes) {
    return refusal(Strictness.LENIENT, Map.of(), equation, shapes);
  }

  private static EinsumShapeException strictRefusal(String equation, Shape... shapes) {
    return refusal(Strictness.STRICT, Map.of(), equation, shapes);
  }

  /** Of thousands of letters or operands a message shows some. */
  @Test
  void aLongEquationIsAbbreviatedInItsErrors() {
    Equation letters = Equation.parse("a".repeat(3000) + "->a");
    Equation operands = Equation.parse("ij,".repeat(3000) + "ij->i");
    List<Shape> shapes = new ArrayList<>(Collections.nCopies(3001, Shape.of(2, 2)));
    shapes.set(2000, Shape.of(2, 3));
    List<EinsumShapeException> refusals =
        List.of(
            assertThrows(EinsumShapeException.class, () -> letters.bind(List.of(Shape.of(2)))),
            assertThrows(EinsumShapeException.class, () -> operands.bind(List.of(Shape.of(2, 2)))),
            assertThrows(EinsumShapeException.class, () -> operands.bind(shapes)));
    for (EinsumShapeException refusal : refusals) {
      assertTrue(refusal.getMessage().length() < 1500, refusal.getMessage());
      assertTrue(refusal.getMessage().lines().count() < 20, refusal.getMessage());
    }
    String site = refusals.get(2).getMessage();
    assertTrue(site.contains("operand 2000: ij, shape [2, 3], axis 1 = 3"), site);
    assertTrue(site.contains("and 2992 more operands"), site);
  }

  @Test
  void labelsAreNumberedInTheOrderOfFirstUse() {
    BoundEquation bound =
        Equation.parse("b...ij,jk->ki...b").bind(Shape.of(6, 7, 8, 2, 3), Shape.of(3, 4));
    assertEquals("b...ij,jk->ki...b [b=6, ...0=7, ...1=8, i=2, j=3, k=4]", bound.toString());
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, bound.operandLabels(0));
    assertArrayEquals(new int[] {4, 5}, bound.operandLabels(1));
    assertArrayEquals(new int[] {5, 3, 1, 2, 0}, bound.outputLabels());
    assertEquals(Shape.of(4, 2, 7, 8, 6), bound.outputShape());
    assertEquals("...1", bound.labelName(2));
    assertFalse(bound.inOutput(4));
  }

  @Test
  void whatIsNotThereIsToldWithTheEquation() {
    BoundEquation bound = Equation.parse("ij,jk->ik").bind(Shape.of(2, 3), Shape.of(3, 4));
    String operand = ": expected an operand in [0, 2) of ij,jk->ik, got ";
    refuses("operandShape" + operand + 2, () -> bound.operandShape(2));
    refuses("operandRank" + operand + -1, () -> bound.operandRank(-1));
    refuses("operandLabel" + operand + 2, () -> bound.operandLabel(2, 0));
    refuses("operandLabels" + operand + 2, () -> bound.operandLabels(2));
    refuses("isBroadcast" + operand + -1, () -> bound.isBroadcast(-1, 0));
    String axis = ": expected an axis in [0, 2) of [2, 3], got ";
    refuses("operandLabel" + axis + 2, () -> bound.operandLabel(0, 2));
    refuses("isBroadcast" + axis + -1, () -> bound.isBroadcast(0, -1));
    refuses("outputLabel: expected an axis in [0, 2) of [2, 4], got 2", () -> bound.outputLabel(2));
    String label = ": expected a label in [0, 3) of ij,jk->ik [i=2, j=3, k=4], got ";
    refuses("labelSize" + label + 3, () -> bound.labelSize(3));
    refuses("labelName" + label + 3, () -> bound.labelName(3));
    refuses("inOutput" + label + -1, () -> bound.inOutput(-1));
    refuses("isRepeated" + label + -1, () -> bound.isRepeated(-1));
    Equation equation = bound.equation();
    refuses("operand: expected one in [0, 2) of ij,jk->ik, got 2", () -> equation.operand(2));
    Term term = equation.operand(0);
    refuses("axis: expected one in [0, 2) of ij, got 2", () -> term.axis(2));
  }

  private static void refuses(String message, Executable use) {
    assertEquals(message, assertThrows(IndexOutOfBoundsException.class, use, message).getMessage());
  }

  @Test
  void ellipsesAreAlignedFromTheRight() {
    BoundEquation bound =
        Equation.parse("...,...,...").bind(Shape.of(2, 3), Shape.of(5, 1, 1), Shape.of());
    assertEquals(Shape.of(5, 2, 3), bound.outputShape());
    assertEquals("...1", bound.labelName(bound.operandLabel(0, 0)));
    assertTrue(bound.isBroadcast(1, 1));
    assertFalse(bound.isBroadcast(1, 0));
  }

  @Test
  void anAxisOfSizeOneBroadcastsEvenToNothing() {
    BoundEquation bound = Equation.parse("i,i->i").bind(Shape.of(1), Shape.of(0));
    assertEquals(Shape.of(0), bound.outputShape());
    assertTrue(bound.isBroadcast(0, 0));
    assertFalse(bound.isBroadcast(1, 0));
  }

  @Test
  void anOutputLabelOfItsOwnTakesTheGivenSize() {
    BoundEquation bound =
        Equation.parse("i->ij").bind(List.of(Shape.of(2)), Map.of("j", 3L), Strictness.STRICT);
    assertEquals(Shape.of(2, 3), bound.outputShape());
    assertTrue(bound.isRepeated(1));
    assertFalse(bound.isRepeated(0));
    assertEquals(Map.of("j", 3L), bound.givenSizes());
  }

  @Test
  void aGivenSizeWidensALabelThatOperandsHaveWithSizeOne() {
    BoundEquation bound =
        Equation.parse("i->i").bind(List.of(Shape.of(1)), Map.of("i", 3L), Strictness.LENIENT);
    assertEquals(Shape.of(3), bound.outputShape());
    assertTrue(bound.isBroadcast(0, 0));
    assertTrue(bound.isRepeated(0));
  }

  @Test
  void equalEquationsShapesAndSizesAreEqual() {
    BoundEquation one = Equation.parse("ij,jk").bind(Shape.of(2, 3), Shape.of(3, 4));
    BoundEquation same = Equation.parse("ij,jk->ik").bind(Shape.of(2, 3), Shape.of(3, 4));
    assertEquals(one, same);
    assertEquals(one.hashCode(), same.hashCode());
    assertFalse(one.equals(Equation.parse("ij,jk").bind(Shape.of(2, 3), Shape.of(3, 5))));
  }

  @Test
  void theArraysCannotBeChangedFromOutside() {
    BoundEquation bound = Equation.parse("ij->ij").bind(Shape.of(2, 3));
    bound.operandLabels(0)[0] = 1;
    bound.outputLabels()[0] = 1;
    assertEquals(0, bound.operandLabel(0, 0));
    assertEquals(0, bound.outputLabel(0));
  }

  @Test
  void aSizeErrorNamesLabelOperandsAxesSizesAndShowsEveryShape() {
    EinsumShapeException refusal =
        refusal("ij,jk,k->ik", Shape.of(2, 3), Shape.of(4, 5), Shape.of(5));
    assertEquals(
        """
        label 'j' has size 3 in operand 0 and size 4 in operand 1
          ij,jk,k->ik
           ^ operand 0: shape [2, 3], axis 1 = 3
             ^ operand 1: shape [4, 5], axis 0 = 4
                operand 2: shape [5]
          The sizes of a label must be equal, or 1 in one of the operands.\
        """,
        refusal.getMessage());
    assertEquals(Kind.SIZE, refusal.kind());
    assertEquals(Optional.of("j"), refusal.label());
    assertEquals(List.of(new Site(0, 1, 3), new Site(1, 0, 4)), refusal.sites());
    assertEquals(List.of(Shape.of(2, 3), Shape.of(4, 5), Shape.of(5)), refusal.shapes());
  }

  @Test
  void aDiagonalErrorPointsAtBothAxes() {
    EinsumShapeException refusal = refusal("i...i", Shape.of(1, 7, 3));
    assertEquals(
        """
        label 'i' has size 1 on axis 0 and size 3 on axis 2 of operand 0
          i...i->...
          ^   ^ operand 0: shape [1, 7, 3], axis 0 = 1, axis 2 = 3
          Within one operand a repeated label takes a diagonal, so its sizes must be equal.\
        """,
        refusal.getMessage());
    assertEquals(Kind.DIAGONAL, refusal.kind());
  }

  @Test
  void anEllipsisErrorPointsAtTheEllipsis() {
    EinsumShapeException refusal = refusal("...i,...i", Shape.of(5, 2, 3), Shape.of(7, 2, 3));
    assertEquals(Kind.ELLIPSIS_SIZE, refusal.kind());
    assertEquals(Optional.of("...0"), refusal.label());
    assertTrue(message(refusal).contains("\n       ^ operand 1: shape [7, 2, 3], axis 0 = 7"));
  }

  @Test
  void anUnknownOutputLabelIsPointedAt() {
    EinsumShapeException refusal = refusal("ij->ik", Shape.of(2, 3));
    assertEquals(
        """
        output label 'k' is in no operand, so its size is not known
          ij->ik
          operand 0: shape [2, 3]
               ^ output
          Check the label, or give its size to repeat the result along it.\
        """,
        refusal.getMessage());
    assertEquals(Kind.OUTPUT_SIZE, refusal.kind());
  }

  @Test
  void countsAndRanksAreChecked() {
    EinsumShapeException few = refusal("ij,jk->ik", Shape.of(2, 3));
    assertEquals(Kind.OPERAND_COUNT, few.kind());
    assertTrue(message(few).contains("operand 1: missing"));
    EinsumShapeException many = refusal("i", Shape.of(2), Shape.of(3));
    assertTrue(message(many).contains("operand 1: shape [3], has no term"));
    assertEquals(Kind.OPERAND_COUNT, refusal("").kind());
    assertEquals(Kind.RANK, refusal("ij", Shape.of(2)).kind());
    assertEquals(Kind.RANK, refusal("ij", Shape.of(2, 3, 4)).kind());
    assertEquals(
        "operand 0 must have rank at least 2 by its term 'i...j', got 1",
        message(refusal("i...j", Shape.of(2))).lines().findFirst().orElseThrow());
  }

  @Test
  void givenSizesAreChecked() {
    for (String label : List.of("i", "q", "...")) {
      Map<String, Long> sizes = Map.of(label, 3L);
      assertEquals(
          Kind.OUTPUT_SIZE, refusal(Strictness.LENIENT, sizes, "ij->j...", Shape.of(2, 3)).kind());
    }
    Map<String, Long> other = Map.of("j", 4L);
    assertEquals(
        Kind.OUTPUT_SIZE, refusal(Strictness.LENIENT, other, "ij->j", Shape.of(2, 3)).kind());
    Map<String, Long> negative = Map.of("k", -1L);
    assertEquals(
        Kind.OUTPUT_SIZE, refusal(Strictness.LENIENT, negative, "i->ik", Shape.of(2)).kind());
  }

  @Test
  void anOutputOfTooManyElementsIsRefused() {
    Shape large = Shape.of(1L << 40);
    assertEquals(Kind.TOO_LARGE, refusal("i,j->ij", large, large).kind());
    // Only the output has to exist.
    assertEquals(Shape.of(), Equation.parse("i,j->").bind(large, large).outputShape());
  }

  @Test
  void strictRefusesWhatPeersDoNotAgreeOnAndSaysWhatToWrite() {
    EinsumShapeException one = strictRefusal("ij,jk->ik", Shape.of(2, 1), Shape.of(3, 4));
    assertEquals(Kind.SIZE, one.kind());
    assertTrue(message(one).contains("drop that axis"));
    EinsumShapeException dropped = strictRefusal("...i->i", Shape.of(2, 3));
    assertEquals(Kind.OUTPUT_ELLIPSIS, dropped.kind());
    assertTrue(message(dropped).contains("'->...'"));
    EinsumShapeException repeated = strictRefusal("i->ii", Shape.of(2));
    assertEquals(Kind.OUTPUT_REPEAT, repeated.kind());
    assertTrue(message(repeated).contains("bind leniently"));
    // An ellipsis that stands for nothing, or broadcasts, is no matter.
    Equation.parse("...i->i").bind(List.of(Shape.of(3)), Map.of(), Strictness.STRICT);
    Equation.parse("...,...").bind(List.of(Shape.of(1), Shape.of(3)), Map.of(), Strictness.STRICT);
  }

  @Test
  void aLongEquationIsShownTermByTerm() {
    String inputs =
        IntStream.range(0, 60)
            .mapToObj(i -> "n" + i + " n" + (i + 1))
            .collect(Collectors.joining(","));
    Shape[] shapes =
        Stream.concat(Stream.generate(() -> Shape.of(2, 2)).limit(59), Stream.of(Shape.of(3, 2)))
            .toArray(Shape[]::new);
    EinsumShapeException refusal = refusal(inputs + " -> n0", shapes);
    assertTrue(message(refusal).contains("\n  operand 59: n59 n60, shape [3, 2], axis 0 = 3\n"));
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
