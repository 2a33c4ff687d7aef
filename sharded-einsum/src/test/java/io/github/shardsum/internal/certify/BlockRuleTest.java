package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The checker's rule of an operation on blocks holds for values. */
final class BlockRuleTest {
  private static final int DRAWS = TestDepth.cases(15, 40, 160);
  private static final MeshAxis AXIS = new MeshAxis("x", 2);

  /** How the first result of a program's statement lies if a label of its operands is cut. */
  private static Optional<CheckedParts> claimed(Program program, String label) {
    Statement statement = program.statements().getFirst();
    List<CheckedParts> read =
        statement.operation().operands().stream().map(x -> held(x.type(), label)).toList();
    try {
      List<CheckedParts> made =
          BlockRule.results(statement, read, held(statement.result().type(), label), false);
      return Optional.of(made.getFirst());
    } catch (PlanRefusedException notOfBlocks) {
      return Optional.empty();
    }
  }

  private static CheckedParts held(ValueType type, String label) {
    List<CheckedCut> cuts = new ArrayList<>();
    for (String name : type.names()) {
      CheckedCut whole = CheckedCut.whole(name, type.size(name));
      cuts.add(name.equals(label) ? whole.by(List.of(AXIS)) : whole);
    }
    return new CheckedParts(cuts, Set.of(), ReduceKind.SUM);
  }

  private static List<String> labels(Program program) {
    Stream<Value> operands = program.statements().getFirst().operation().operands().stream();
    return operands.flatMap(x -> x.type().names().stream()).distinct().toList();
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void ofBlocksItGivesBlocksOrAddends(DType dtype) {
    int claims = 0;
    List<String> wrong = new ArrayList<>();
    for (String operation : AddendRuleTest.OPERATIONS) {
      Optional<Program> program = AddendRuleTest.program(operation, dtype, 2, 3);
      for (String label : program.map(BlockRuleTest::labels).orElse(List.of())) {
        Optional<CheckedParts> claim = claimed(program.orElseThrow(), label);
        // The place of a chunk of a ragged label is the executor's matter.
        if (claim.isPresent() && !(operation.startsWith("ragged") && label.equals("j"))) {
          claims++;
          refuted(operation, dtype, label, claim.get()).ifPresent(wrong::add);
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(claims > 20, claims + " claims");
  }

  private static Optional<String> refuted(
      String operation, DType dtype, String label, CheckedParts claim) {
    boolean isFirst = label.equals("i");
    Program whole = AddendRuleTest.program(operation, dtype, 2, 3).orElseThrow();
    List<Program> parts = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      int rows = isFirst ? 1 : 2;
      int columns = isFirst ? 3 : 2 - part;
      parts.add(AddendRuleTest.program(operation, dtype, rows, columns).orElseThrow());
    }
    return new DrawnBlocks(1).refuted(whole, parts, label, claim, DRAWS);
  }
}
