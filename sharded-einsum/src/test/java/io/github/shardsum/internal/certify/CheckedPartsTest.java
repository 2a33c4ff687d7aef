package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts and operations that the checker refuses in its own words. */
final class CheckedPartsTest {
  private static final MeshAxis X = new MeshAxis("x", 2);
  private static final MeshAxis Y = new MeshAxis("y", 3);

  @Test
  void eachDimensionGetsAName() {
    List<CheckedCut> cuts = List.of(CheckedCut.whole("i", 8), new CheckedCut("j", 6, List.of(X)));
    CheckedParts held = new CheckedParts(cuts, Set.of(), ReduceKind.SUM);
    assertEquals(List.of("k", "l"), held.named(List.of("k", "l")).labels());
    for (List<String> names : List.of(List.of("k"), List.of("k", "l", "m"), List.<String>of())) {
      assertThrows(PlanRefusedException.class, () -> held.named(names));
    }
  }

  /** Chunks of 12 are six pairs in both orders of the axes; chunks of 13 begin elsewhere. */
  @ParameterizedTest
  @CsvSource({"12, true", "13, false", "5, false"})
  void axesOfOtherSizesChangePlacesIfChunksAreEven(int size, boolean may) {
    CheckedCut before = new CheckedCut("i", size, List.of(X, Y));
    CheckedCut after = new CheckedCut("i", size, List.of(Y, X));
    assertEquals(may, before.isPermutedTo(after, List.of(X, Y)));
    assertFalse(before.isPermutedTo(after, List.of(X)));
  }

  private static void refusesNeighbours(Operation operation) {
    String said =
        String.valueOf(
            assertThrows(PlanRefusedException.class, () -> BlockRule.neighbours(operation))
                .getMessage());
    assertTrue(said.startsWith("must read neighbours, got "), said);
  }

  /** Of all operations only movements along a label read neighbours. */
  @Test
  void movementsAlongALabelReadNeighbours() {
    List<String> moves = List.of("slice", "pad", "concatenate", "shift", "window");
    int count = 0;
    for (String text : AddendRuleTest.OPERATIONS) {
      var program = AddendRuleTest.program(text, DType.I32, 2, 3);
      if (program.isPresent()) {
        Operation operation = program.get().statements().getFirst().operation();
        if (moves.stream().anyMatch(move -> text.startsWith(move + "("))) {
          assertEquals("j", BlockRule.neighbours(operation));
        } else {
          refusesNeighbours(operation);
        }
        count++;
      }
    }
    assertTrue(count > 20, count + " operations");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "all_reduce(a) {axes=[\"x=2\"], by=sum}",
        "all_gather(a) {axes=[\"x=2\"], label=\"i\"}",
        "reduce_scatter(a) {axes=[\"x=2\"], label=\"i\"}",
        "own_chunk(a) {axes=[\"x=2\"], label=\"i\"}",
        "all_to_all(a) {axes=[\"x=2\"], from=\"i\", to=\"j\"}",
        "permute(a) {axes=[\"x=2\"], by=1, wraps=true}",
        "axis_index() {axis=\"x=2\"}",
      })
  void aCommunicationReadsNoNeighbours(String text) {
    Program program =
        Program.parse(
            """
            program p {
              input v: f32[i=8 j=8]
              r = manual(v) {axes=["x=2"], in=["i@x j"], out=["i@x j"], body=program member {
                input a: f32[i=4 j=8]
                c = COMMUNICATION
                b = negate(a)
                output b
              }}
              output r
            }
            """
                .replace("COMMUNICATION", text));
    Statement region = program.statements().getFirst();
    Nested.Manual manual = (Nested.Manual) region.operation();
    refusesNeighbours(manual);
    Statement communication = manual.body().statements().getFirst();
    refusesNeighbours(communication.operation());
  }

  /** Labels of whole operands are whole; one that no operand has is as the result is said to be. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iota() {type=\"i32[i=4 j=2]\", label=\"i\"} | true | true",
        "one_hot(n) {label=\"j\", size=2, dtype=f32} | false | true",
        "reduce_sum(a) {labels=[\"k\"]} | false | false",
      })
  void labelsOfWholeOperandsAreWhole(String text, boolean splitsI, boolean splitsJ) {
    String inputs =
        (text.contains("(n)") ? "input n: i32[i=4]\n" : "")
            + (text.contains("(a)") ? "input a: f32[i=4 j=2 k=3]\n" : "");
    Program program = Program.parse("program p {\n" + inputs + "r = " + text + "\noutput r\n}\n");
    Statement statement = program.statements().getFirst();
    List<CheckedParts> read =
        statement.operation().operands().stream()
            .map(
                x ->
                    new CheckedParts(
                        x.type().names().stream()
                            .map(label -> CheckedCut.whole(label, x.type().size(label)))
                            .toList(),
                        Set.of(),
                        ReduceKind.SUM))
            .toList();
    assertEquals(
        List.of(split(splitsI, splitsJ)),
        BlockRule.results(statement, read, split(true, true), false));
    assertEquals(
        List.of(split(false, false)),
        BlockRule.results(statement, read, split(false, false), false));
  }

  private static CheckedParts split(boolean i, boolean j) {
    List<CheckedCut> cuts =
        List.of(
            i ? new CheckedCut("i", 4, List.of(X)) : CheckedCut.whole("i", 4),
            j ? new CheckedCut("j", 2, List.of(new MeshAxis("z", 2))) : CheckedCut.whole("j", 2));
    return new CheckedParts(cuts, Set.of(), ReduceKind.SUM);
  }
}
