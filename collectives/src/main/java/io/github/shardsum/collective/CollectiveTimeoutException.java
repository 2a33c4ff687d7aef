package io.github.shardsum.collective;

import java.util.List;

/**
 * Some devices did not enter a collective, or a process did not answer, within the deadline. It is
 * also thrown immediately when devices can never arrive because they wait for each other.
 */
public final class CollectiveTimeoutException extends CollectiveException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   */
  public CollectiveTimeoutException(String message, List<Participant> participants) {
    super(message, participants);
  }

  /**
   * As the other constructor, with a cause.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   * @param cause the original exception
   */
  public CollectiveTimeoutException(
      String message, List<Participant> participants, Throwable cause) {
    super(message, participants, cause);
  }
}
