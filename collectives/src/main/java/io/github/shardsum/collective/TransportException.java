package io.github.shardsum.collective;

import java.util.List;

/** Processes could not reach each other, or the library between them reported an error. */
public final class TransportException extends CollectiveException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   */
  public TransportException(String message, List<Participant> participants) {
    super(message, participants);
  }

  /**
   * As the other constructor, with a cause.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   * @param cause the original exception
   */
  public TransportException(String message, List<Participant> participants, Throwable cause) {
    super(message, participants, cause);
  }
}
