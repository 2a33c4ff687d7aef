package io.github.shardsum.pjrt;

import java.io.Serial;

/** A plugin refused a call, or could not be loaded. */
public final class PjrtException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /** The kind of error. */
  private final PjrtCode code;

  /** The function that failed. */
  private final String call;

  /** The failure and the remedy. */
  private final String detail;

  /**
   * Makes an exception.
   *
   * @param code the kind of error
   * @param call the function of the C API that failed
   * @param detail the failure, the rule and the remedy
   */
  public PjrtException(PjrtCode code, String call, String detail) {
    super(call + ": " + code + ": " + detail);
    this.code = code;
    this.call = call;
    this.detail = detail;
  }

  /**
   * Makes an exception with a cause.
   *
   * @param code the kind of error
   * @param call the function of the C API that failed
   * @param detail the failure, the rule and the remedy
   * @param cause the exception of another thread
   */
  public PjrtException(PjrtCode code, String call, String detail, Throwable cause) {
    super(call + ": " + code + ": " + detail, cause);
    this.code = code;
    this.call = call;
    this.detail = detail;
  }

  /**
   * The kind of error.
   *
   * @return the code
   */
  public PjrtCode code() {
    return code;
  }

  /**
   * The function of the C API that failed, such as {@code PJRT_Client_Compile}.
   *
   * @return its name
   */
  public String call() {
    return call;
  }

  /**
   * The plugin's message.
   *
   * @return the message without the code and the call
   */
  public String detail() {
    return detail;
  }
}
