package io.github.shardsum.collective;

import java.util.List;

/**
 * A device ended while others needed it: by an exception, by an early return or with its process.
 */
public final class DeviceFailedException extends CollectiveException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message the failure in words
   * @param participants the requests of the devices concerned
   */
  public DeviceFailedException(String message, List<Participant> participants) {
    super(message, participants);
  }

  /**
   * As the other constructor, with a cause.
   *
   * @param message the failure in words
   * @param participants the requests of the devices concerned
   * @param cause the exception of the device
   */
  public DeviceFailedException(String message, List<Participant> participants, Throwable cause) {
    super(message, participants, cause);
  }
}
