package io.github.shardsum.collective;

import java.util.List;

/**
 * Devices that must enter the same collective asked for different things: another kind, count,
 * dtype, reduction, order or group. Nothing was computed.
 */
public final class CollectiveMismatchException extends CollectiveException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception with the requests of the participants.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   */
  public CollectiveMismatchException(String message, List<Participant> participants) {
    super(message, participants);
  }

  /**
   * As the other constructor, with a cause.
   *
   * @param message the event, in a sentence
   * @param participants the requests of the devices concerned
   * @param cause the original exception
   */
  public CollectiveMismatchException(
      String message, List<Participant> participants, Throwable cause) {
    super(message, participants, cause);
  }
}
