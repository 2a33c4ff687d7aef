package io.github.shardsum.collective;

import java.util.List;

/** Processes could not reach each other, or the library between them reported an error. */
public final class TransportException extends CollectiveException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what happened
   * @param participants what the devices concerned asked for
   */
  public TransportException(String message, List<Participant> participants) {
    super(message, participants);
  }

  /**
   * As the other constructor, with a cause.
   *
   * @param message what happened
   * @param participants what the devices concerned asked for
   * @param cause what was thrown
   */
  public TransportException(String message, List<Participant> participants, Throwable cause) {
    super(message, participants, cause);
  }
}
