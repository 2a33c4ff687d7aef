package io.github.shardsum.program;

import io.github.shardsum.internal.program.pass.Decomposition;
import io.github.shardsum.internal.program.pass.Mapping;
import io.github.shardsum.internal.program.pass.Rematerialization;
import io.github.shardsum.internal.program.pass.Simplification;
import io.github.shardsum.internal.program.pass.Unrolling;
import io.github.shardsum.program.Nested.Composite;
import java.util.HashMap;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Passes from programs to programs that compute the same values. They are pure functions. Inputs
 * and the number, order and types of outputs stay; names of outputs may change.
 */
public final class Passes {
  private Passes() {}

  /**
   * Computes repeated operations once; bodies of scans and decompositions are compared as a whole.
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
   * Replaces composites by their decompositions, including composites inside of decompositions.
   *
   * @param program the program
   * @param which selects the composites to replace
   * @return a program without such composites
   */
  public static Program decompose(Program program, Predicate<Composite> which) {
    return Decomposition.run(program, which);
  }

  /**
   * Computes named values again for their late uses instead of keeping them. The late uses of such
   * a value begin after the longest stretch of statements without a use. They read a second
   * computation, which is placed just before the first late use. Named values that this computation
   * reads are computed again too. A statement that is itself computed again never begins the late
   * uses of its operands. A first computation without readers is removed.
   *
   * @param program the program
   * @param names names of results to compute again
   * @return the program with second computations; {@link #commonSubexpressions} would undo it
   * @throws ProgramException if a name is not a result of the program
   */
  public static Program rematerialize(Program program, Set<String> names) {
    return names.isEmpty() ? program : Rematerialization.run(program, names);
  }

  /**
   * Replaces manual regions by the statements of all members: a chunk becomes a slice, a received
   * value is read directly, and a sum over members becomes a tree of sums of two. A backend of one
   * device can run the result.
   *
   * @param program the program
   * @return a program without regions; the same program if it has none
   * @throws ProgramException if nested regions together have more than 64 members, or a
   *     communication is in no region
   */
  public static Program unroll(Program program) {
    return Unrolling.run(program);
  }

  /**
   * The program once for each index of a label, as one program. A value that depends on a mapped
   * input has the label in front; its indices are independent of each other. Random numbers are the
   * same for all indices.
   *
   * <pre>{@code
   * input x: f32[B=2 D=8], input w: f32[D=8 E=8], y = einsum(x, w)   over S=4 of x and w:
   * input x: f32[S=4 B=2 D=8], input w: f32[S=4 D=8 E=8], y: f32[S=4 B=2 E=8]
   * }</pre>
   *
   * @param program the program, in which no value has the label
   * @param label the label
   * @param size the number of its indices
   * @param inputs names of the inputs that have the label
   * @return the program, whose outputs have the label in front
   * @throws ProgramException if a value has the label, or a mapped value enters a region or is the
   *     seed of random numbers
   */
  public static Program mapped(Program program, String label, long size, Set<String> inputs) {
    return Mapping.run(program, label, size, inputs);
  }
}
