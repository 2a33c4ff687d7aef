package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the sum of the products of the elements of two values, which nothing else reads, as an
 * einsum, so that the products are never stored. In f32 they are then not rounded.
 */
final class ProductSumRewrite {
  /** With rows of fewer elements an einsum takes longer than a product that is stored. */
  private static final long SHORTEST_ROW = 8;

  private ProductSumRewrite() {}

  static Program of(Program program) {
    LocalValueUses uses = new LocalValueUses(program);
    List<Statement> statements = new ArrayList<>();
    for (Statement statement : program.statements()) {
      statements.add(
          product(program, uses, statement)
              .map(product -> new Statement(statement.results(), product))
              .orElse(statement));
    }
    return statements.equals(program.statements())
        ? program
        : Passes.deadCode(
            new Program(program.name(), program.inputs(), statements, program.outputs()));
  }

  private static Optional<Einsum> product(
      Program program, LocalValueUses uses, Statement statement) {
    if (!(statement.operation() instanceof Reduce(ReduceKind kind, Value x, List<String> labels))
        || kind != ReduceKind.SUM
        || labels.isEmpty()) {
      return Optional.empty();
    }
    int definition = uses.definition(x);
    boolean alone = uses.of(x).size() == 1 && !uses.isOutput(x);
    boolean isReal = x.type().dtype() == DType.F32 || x.type().dtype() == DType.F64;
    return alone
            && isReal
            && x.type().sizes().getLast() >= SHORTEST_ROW
            && definition >= 0
            && program.statements().get(definition).operation()
                instanceof Binary(BinaryKind by, Value left, Value right)
            && by == BinaryKind.MULTIPLY
            && isWhole(left, x)
            && isWhole(right, x)
            && !isOfOneHot(program, uses, left)
            && !isOfOneHot(program, uses, right)
        ? Optional.of(einsum(left, right, statement.result()))
        : Optional.empty();
  }

  /** Whether no element of a factor is repeated in the product. */
  private static boolean isWhole(Value factor, Value product) {
    return factor.type().rank() == product.type().rank();
  }

  /**
   * Whether an einsum may read a value as the positions of one-hots. It picks elements, and a zero
   * times a NaN or an infinity that it does not pick would be lost.
   */
  private static boolean isOfOneHot(Program program, LocalValueUses uses, Value value) {
    int definition = uses.definition(value);
    return definition >= 0
        && switch (program.statements().get(definition).operation()) {
          case Selection.OneHot _ -> true;
          case Movement.Split split -> isOfOneHot(program, uses, split.x());
          case Reduce reduce -> isOfOneHot(program, uses, reduce.x());
          case Einsum einsum ->
              einsum.operands().stream()
                  .filter(operand -> operand.type().rank() == value.type().rank() + 1)
                  .anyMatch(operand -> isOfOneHot(program, uses, operand));
          case Operation _ -> false;
        };
  }

  private static Einsum einsum(Value left, Value right, Value sum) {
    Equation equation = new Equation(List.of(term(left), term(right)), term(sum));
    return new Einsum(equation, List.of(left, right), sum.type().dtype(), Map.of());
  }

  private static Term term(Value value) {
    return Term.of(value.type().names().toArray(String[]::new));
  }
}
