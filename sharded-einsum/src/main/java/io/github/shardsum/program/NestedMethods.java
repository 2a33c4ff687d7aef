package io.github.shardsum.program;

import java.util.List;
import java.util.Map;

/**
 * Builder methods of {@link Nested} operations. Public for languages that call by reflection; a
 * program names the builder.
 */
public sealed interface NestedMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * A loop from the first index to the last, see {@link Nested.Loop}.
   *
   * @param count how many rounds
   * @param label first label of the sequences and of stacked results
   * @param body one round
   * @param carried first values of what a round hands to the next
   * @param sequences values that each round reads one index of
   * @param invariants values that each round reads whole
   * @return the last carried values and then the stacked ones
   */
  default List<Value> loop(
      long count,
      String label,
      Program body,
      List<Value> carried,
      List<Value> sequences,
      List<Value> invariants) {
    return add(new Nested.Loop(count, label, false, body, carried, sequences, invariants));
  }

  /**
   * A composite without attributes that must be computed whole, see {@link Nested.Composite}.
   *
   * @param name its name, by which a backend looks its kernel up
   * @param decomposition its meaning
   * @param operands one an input of the decomposition
   * @return one value an output of the decomposition
   */
  default List<Value> composite(String name, Program decomposition, Value... operands) {
    return add(Nested.Composite.of(name, Map.of(), List.of(operands), decomposition, List.of()));
  }
}
