package io.github.shardsum.internal.local.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.local.run.ElementLoop;
import io.github.shardsum.internal.local.run.FusedInstruction;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Which kernels are made by loops over whole arrays. Blocks 0 to 3 are whole inputs, 4 a factor.
 */
class ElementLoopMatcherTest {
  private static final int INPUTS = 5;
  private static final int FACTOR = 4;

  private final List<FusedInstruction> instructions = new ArrayList<>();

  private int add(FusedInstruction instruction) {
    instructions.add(instruction);
    return INPUTS + instructions.size() - 1;
  }

  private int binary(BinaryKind kind, int x, int y) {
    return add(new FusedInstruction.Binary(DType.F32, kind, x, y));
  }

  private int number() {
    return add(new FusedInstruction.Fill(DType.F32, new Scalar.Real(0.5)));
  }

  private int times(int x, int y) {
    return binary(BinaryKind.MULTIPLY, x, y);
  }

  private List<ElementLoop> loops(Integer... results) {
    return new ElementLoopMatcher(instructions, INPUTS, Set.of(0, 1, 2, 3), Set.of(FACTOR))
        .loops(List.of(results));
  }

  @Test
  void adamWithItsRunningMeanHasALoopForEachResult() {
    int keep = number();
    int take = number();
    int gradient = times(3, FACTOR);
    int mean = binary(BinaryKind.ADD, times(1, keep), times(gradient, take));
    int squares = binary(BinaryKind.ADD, times(2, keep), times(times(gradient, gradient), take));
    int root = add(new FusedInstruction.Unary(DType.F32, UnaryKind.SQRT, squares));
    int quotient = binary(BinaryKind.DIVIDE, mean, binary(BinaryKind.ADD, root, FACTOR));
    int next = binary(BinaryKind.SUBTRACT, 0, times(quotient, take));
    int way = binary(BinaryKind.SUBTRACT, next, 1);
    int average = binary(BinaryKind.ADD, 1, times(way, keep));
    assertEquals(
        List.of(
            new ElementLoop.Mean(mean, 1, keep, 3, FACTOR, take),
            new ElementLoop.MeanOfSquares(squares, 2, keep, 3, FACTOR, take),
            new ElementLoop.Move(next, 0, mean, squares, FACTOR, take),
            new ElementLoop.Approach(average, 1, next, keep)),
        loops(next, mean, squares, average));
  }

  @Test
  void aMeanOfWhatIsNotScaledHasNoFactor() {
    int keep = number();
    int mean = binary(BinaryKind.ADD, times(0, keep), times(1, FACTOR));
    assertEquals(
        List.of(new ElementLoop.Mean(mean, 0, keep, 1, ElementLoop.NO_FACTOR, FACTOR)),
        loops(mean));
  }

  @Test
  void oneResultWithoutALoopLeavesAllToBlocks() {
    int mean = binary(BinaryKind.ADD, times(0, FACTOR), times(1, FACTOR));
    int product = times(0, 1);
    assertEquals(List.of(), loops(mean, product));
  }

  @Test
  void otherOrdersAreOtherRoundings() {
    int ofMean = binary(BinaryKind.ADD, times(FACTOR, 0), times(1, FACTOR));
    assertEquals(List.of(), loops(ofMean));
    int way = binary(BinaryKind.SUBTRACT, 0, 1);
    assertEquals(List.of(), loops(binary(BinaryKind.ADD, 0, times(way, FACTOR))));
    assertEquals(List.of(), loops(binary(BinaryKind.SUBTRACT, 1, times(way, FACTOR))));
    int root = add(new FusedInstruction.Unary(DType.F32, UnaryKind.RSQRT, 2));
    int quotient = binary(BinaryKind.DIVIDE, 1, binary(BinaryKind.ADD, root, FACTOR));
    assertEquals(List.of(), loops(binary(BinaryKind.SUBTRACT, 0, times(quotient, FACTOR))));
    int wide =
        add(
            new FusedInstruction.Binary(
                DType.F64, BinaryKind.ADD, times(0, FACTOR), times(1, FACTOR)));
    assertEquals(List.of(), loops(wide));
  }
}
