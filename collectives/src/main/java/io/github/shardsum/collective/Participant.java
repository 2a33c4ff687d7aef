package io.github.shardsum.collective;

import java.util.Objects;

/**
 * The request of one device.
 *
 * @param device the device's number, at least 0
 * @param process the process that holds the device, at least 0
 * @param sequence number of collectives that the device had entered before this one, at least 0
 * @param request the collective, the dtype and the shape, for example {@code all-reduce SUM over x
 *     of f32 [2, 3]}; or, for a participant that did not enter, its state
 * @param site the place in the caller's program, for example {@code Train.step(Train.java:42)};
 *     empty if it is not known
 */
public record Participant(int device, int process, long sequence, String request, String site) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the device, the process or the sequence is negative
   */
  public Participant {
    checkNumber("a device", device);
    checkNumber("a process", process);
    checkNumber("a sequence", sequence);
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(site, "site");
  }

  private static void checkNumber(String what, long number) {
    if (number < 0) {
      throw new IllegalArgumentException(
          "participant: " + what + " must be at least 0, got " + number);
    }
  }

  /** As in {@code device 3 (process 1), call 7: barrier over x, at Train.step(Train.java:42)}. */
  @Override
  public String toString() {
    return "device "
        + device
        + " (process "
        + process
        + "), call "
        + sequence
        + ": "
        + request
        + (site.isEmpty() ? "" : ", at " + site);
  }
}
