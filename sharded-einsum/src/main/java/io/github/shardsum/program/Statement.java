package io.github.shardsum.program;

import java.util.List;

/**
 * One operation of a program and the values that it defines.
 *
 * @param results one value a result, of the operation's result types
 * @param operation what is computed
 */
public record Statement(List<Value> results, Operation operation) {
  /** Copies the list. */
  public Statement {
    results = List.copyOf(results);
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
