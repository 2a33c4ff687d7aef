package io.github.shardsum.program;

import io.github.shardsum.internal.program.pass.Decomposition;
import io.github.shardsum.internal.program.pass.Rematerialization;
import io.github.shardsum.internal.program.pass.Simplification;
import io.github.shardsum.internal.program.pass.Unrolling;
import io.github.shardsum.program.Nested.Composite;
import java.util.HashMap;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Passes from programs to programs that compute the same values. Pure functions, deterministic;
 * inputs and the number, order and types of outputs stay, names of outputs may not.
 */
public final class Passes {
  private Passes() {}

  /**
   * Operations that are computed twice are computed once; bodies of scans and decompositions are
   * compared whole.
   *
   * @param program the program
   * @return a program in which no two statements have the same operation
   */
  public static Program commonSubexpressions(Program program) {
    return Simplification.commonSubexpressions(program, Set.of(), new HashMap<>());
  }

  /**
   * Removes statements that no output needs.
   *
   * @param program the program
   * @return a program in which every statement is needed
   */
  public static Program deadCode(Program program) {
    return Simplification.deadCode(program);
  }

  /**
   * Composites become their decompositions, those inside of decompositions too.
   *
   * @param program the program
   * @param which selects the composites
   * @return one without such composites
   */
  public static Program decompose(Program program, Predicate<Composite> which) {
    return Decomposition.run(program, which);
  }

  /**
   * Computes named values again for their late uses instead of keeping them. The uses of such a
   * value are cut at the longest stretch of statements without a use. The uses after it read a
   * second computation, which stands just before the first of them. Named values that this
   * computation reads are computed again too; the operands of the first computation are no late
   * uses. A first computation that nothing reads any more is removed.
   *
   * @param program the program
   * @param names names of results to compute again
   * @return the program with second computations; {@link #commonSubexpressions} would undo it
   * @throws ProgramException if a name is no result of the program
   */
  public static Program rematerialize(Program program, Set<String> names) {
    return names.isEmpty() ? program : Rematerialization.run(program, names);
  }

  /**
   * Replaces manual regions by their members' statements: a chunk is a slice, a received value is
   * read directly, and a sum over members is a tree of sums of two. A backend of one device runs
   * the result.
   *
   * @param program the program
   * @return one without regions; the program itself if it has none
   * @throws ProgramException if regions in each other have more than 64 members, or a communication
   *     is in no region
   */
  public static Program unroll(Program program) {
    return Unrolling.run(program);
  }
}
