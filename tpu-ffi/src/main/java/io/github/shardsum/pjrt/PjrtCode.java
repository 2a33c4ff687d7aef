package io.github.shardsum.pjrt;

/** Kinds of errors that a plugin reports; the codes of Abseil's status, in their order. */
public enum PjrtCode {
  /** No error. */
  OK,
  /** The call was cancelled. */
  CANCELLED,
  /** An error of no known kind. */
  UNKNOWN,
  /** An argument is invalid. */
  INVALID_ARGUMENT,
  /** The call took too long. */
  DEADLINE_EXCEEDED,
  /** The requested object does not exist. */
  NOT_FOUND,
  /** The object exists already. */
  ALREADY_EXISTS,
  /** The caller has no permission. */
  PERMISSION_DENIED,
  /** Memory or a quota is used up. */
  RESOURCE_EXHAUSTED,
  /** The call is not possible in this state. */
  FAILED_PRECONDITION,
  /** The call was aborted. */
  ABORTED,
  /** A number is out of range. */
  OUT_OF_RANGE,
  /** The plugin does not implement the call. */
  UNIMPLEMENTED,
  /** The plugin has an internal error. */
  INTERNAL,
  /** The service is not available now. */
  UNAVAILABLE,
  /** Data is lost. */
  DATA_LOSS,
  /** The caller is not authenticated. */
  UNAUTHENTICATED;

  /**
   * The code with a number.
   *
   * @param number the number in the C API
   * @return the code; {@link #UNKNOWN} if no code has that number
   */
  public static PjrtCode of(int number) {
    return number >= 0 && number < values().length ? values()[number] : UNKNOWN;
  }
}
