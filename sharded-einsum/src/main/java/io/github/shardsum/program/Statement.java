package io.github.shardsum.program;

import io.github.shardsum.internal.program.text.ProgramPrinter;
import io.github.shardsum.internal.program.types.TypeInference;
import java.util.List;

/**
 * One operation of a program and the values that it defines; an immutable value. The operation
 * determines the types of the values.
 *
 * @param results one value for each result, of the operation's result types
 * @param operation the operation
 */
public record Statement(List<Value> results, Operation operation) {
  /**
   * Checks the types.
   *
   * @throws ProgramException if operands or attributes do not fit the operation, or the values have
   *     other types than the operation's results
   */
  public Statement {
    results = List.copyOf(results);
    List<ValueType> types = TypeInference.infer(operation);
    if (!types.equals(results.stream().map(Value::type).toList())) {
      throw ProgramException.of(
          operation, "results must have the types " + types + ", got " + results);
    }
  }

  /**
   * The only result.
   *
   * @return the first result
   */
  public Value result() {
    return results.getFirst();
  }

  /** The statement's line in the program's text. */
  @Override
  public String toString() {
    return ProgramPrinter.print(this);
  }
}
