package io.github.shardsum.program;

import java.io.Serial;

/**
 * An operation that does not fit its operands, or a text that is not a program. The message names
 * the operation, every operand's type, what was wanted, what was given and what to do.
 */
public final class ProgramException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  /** What is to blame. */
  private final String where;

  private ProgramException(String where, String message) {
    super(where + ": " + message);
    this.where = where;
  }

  static ProgramException of(Operation operation, String message) {
    return new ProgramException(OperationText.heading(operation), message);
  }

  static ProgramException at(String where, String message) {
    return new ProgramException(where, message);
  }

  /**
   * What is to blame: the operation with its operands' types, or the place in a text.
   *
   * @return as {@code einsum(x: f32[i=2 j=3], y: f32[j=4 k=5]) {equation="ij,jk->ik"}}
   */
  public String where() {
    return where;
  }
}
