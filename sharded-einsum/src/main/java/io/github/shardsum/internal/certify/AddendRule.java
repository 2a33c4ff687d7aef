package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the operands of an operation that may be addends: the sum of the results must be the result
 * of the sum, for all values. Operands that may be addends together have the same number; an
 * operand that must not be an addend has 0.
 *
 * <p>The numbers follow from the definitions of operations. An operation that chooses elements by
 * their places, and puts zeros between them, passes sums of every dtype. An operation that adds and
 * multiplies passes sums of integers, which are numbers modulo a power of two; an OR of ANDs passes
 * sums of bool. Sums of floating numbers are not passed: 2 - 1 times infinity is infinity, two
 * infinities of both signs are NaN, and addends may overflow where their sum does not.
 */
final class AddendRule {
  private AddendRule() {}

  static List<Integer> of(Operation operation) {
    return switch (operation) {
      case Movement.Annotate _,
          Movement.Slice _,
          Movement.Concatenate _,
          Movement.Window _,
          Movement.Split _,
          Movement.Merge _ ->
          together(operation);
      case Movement.Pad pad -> isZero(pad.fill()) ? together(operation) : none(operation);
      case Movement.Shift shift -> isZero(shift.fill()) ? together(operation) : none(operation);
      case Pointwise.Select _ -> List.of(0, 1, 1);
      case Pointwise.Ragged ragged -> isZero(ragged.fill()) ? List.of(1, 0) : none(operation);
      case Pointwise.Unary(Pointwise.UnaryKind kind, Value x) ->
          kind == Pointwise.UnaryKind.NEGATE && isModular(x)
              ? together(operation)
              : none(operation);
      case Pointwise.Binary binary -> binary(binary);
      case Pointwise.Convert(Value x, DType to) ->
          isResidue(x.type().dtype(), to) ? together(operation) : none(operation);
      case Contraction.Einsum(Equation equation, List<Value> operands, _, _) ->
          isChoice(equation) || !isFloating(operands.getFirst())
              ? each(operands.size())
              : none(operation);
      case Contraction.Reduce(ReduceKind kind, Value x, _) ->
          kind == ReduceKind.SUM && isModular(x) ? together(operation) : none(operation);
      case Contraction.CumulativeSum sum ->
          isModular(sum.x()) ? together(operation) : none(operation);
      case Contraction.Softmax _,
          Selection _,
          Source _,
          Pointwise.Compare _,
          Pointwise.Uniform _,
          Nested _,
          Communication _ ->
          none(operation);
    };
  }

  /**
   * The same numbers, for an operation inside a composite whose kernel has promised to compute a
   * part of a label. Additions and multiplications then pass sums of floating numbers too, since
   * the promise is about finite numbers and their sums.
   */
  static List<Integer> promised(Operation operation) {
    boolean ofNumbers = operation.operands().stream().allMatch(AddendRule::isFloating);
    if (!ofNumbers) {
      return of(operation);
    }
    return switch (operation) {
      case Pointwise.Unary unary ->
          unary.kind() == Pointwise.UnaryKind.NEGATE ? together(operation) : none(operation);
      case Pointwise.Binary binary ->
          switch (binary.kind()) {
            case ADD, SUBTRACT -> together(operation);
            case MULTIPLY -> each(2);
            case DIVIDE -> List.of(1, 0);
            case REMAINDER, POWER, MAXIMUM, MINIMUM, AND, OR, XOR -> none(operation);
          };
      case Pointwise.Convert convert ->
          convert.dtype().isFloating() ? together(operation) : none(operation);
      case Contraction.Einsum einsum -> each(einsum.operands().size());
      case Contraction.Reduce reduce ->
          reduce.kind() == ReduceKind.SUM ? together(operation) : none(operation);
      case Contraction.CumulativeSum _ -> together(operation);
      default -> of(operation);
    };
  }

  private static List<Integer> binary(Pointwise.Binary binary) {
    if (!isModular(binary.x())) {
      return none(binary);
    }
    return switch (binary.kind()) {
      case ADD, SUBTRACT -> together(binary);
      case MULTIPLY -> each(2);
      case DIVIDE, REMAINDER, POWER, MAXIMUM, MINIMUM, AND, OR, XOR -> none(binary);
    };
  }

  /** One operand at a time. */
  static List<Integer> each(int operands) {
    return IntStream.rangeClosed(1, operands).boxed().toList();
  }

  private static List<Integer> together(Operation operation) {
    return Collections.nCopies(operation.operands().size(), 1);
  }

  private static List<Integer> none(Operation operation) {
    return Collections.nCopies(operation.operands().size(), 0);
  }

  /** Whether elements of the result are elements of the operand: nothing is multiplied or added. */
  private static boolean isChoice(Equation equation) {
    return equation.operandCount() == 1
        && Set.copyOf(BlockRule.labels(equation.output()))
            .containsAll(BlockRule.labels(equation.operand(0)));
  }

  private static boolean isFloating(Value value) {
    return value.type().dtype().isFloating();
  }

  private static boolean isModular(Value value) {
    return value.type().dtype() == DType.I32 || value.type().dtype() == DType.I64;
  }

  /** Whether a conversion keeps the number, or takes the number modulo a lower power of two. */
  private static boolean isResidue(DType from, DType to) {
    return from == to || (from == DType.I64 && to == DType.I32);
  }

  private static boolean isZero(Scalar fill) {
    return fill.toDouble() == 0;
  }
}
