package io.github.shardsum.pjrt;

/** Kinds of errors that a plugin reports; the codes of Abseil's status, in their order. */
public enum PjrtCode {
  /** No error. */
  OK,
  /** The caller gave up. */
  CANCELLED,
  /** An error of no known kind. */
  UNKNOWN,
  /** An argument is wrong in itself. */
  INVALID_ARGUMENT,
  /** It took too long. */
  DEADLINE_EXCEEDED,
  /** There is no such thing. */
  NOT_FOUND,
  /** It exists already. */
  ALREADY_EXISTS,
  /** It is forbidden. */
  PERMISSION_DENIED,
  /** Memory or a quota is used up. */
  RESOURCE_EXHAUSTED,
  /** It cannot be done in this state. */
  FAILED_PRECONDITION,
  /** It was broken off. */
  ABORTED,
  /** A number is out of range. */
  OUT_OF_RANGE,
  /** The plugin does not do this. */
  UNIMPLEMENTED,
  /** The plugin broke its own rules. */
  INTERNAL,
  /** Try again later. */
  UNAVAILABLE,
  /** Data is lost. */
  DATA_LOSS,
  /** The caller is not authenticated. */
  UNAUTHENTICATED;

  /**
   * The code of a number.
   *
   * @param number as in the C API
   * @return the code; {@link #UNKNOWN} if no code has that number
   */
  public static PjrtCode of(int number) {
    return number >= 0 && number < values().length ? values()[number] : UNKNOWN;
  }
}
