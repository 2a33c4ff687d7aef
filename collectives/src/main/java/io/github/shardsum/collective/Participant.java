package io.github.shardsum.collective;

/**
 * What one device asked for.
 *
 * @param device the device's number
 * @param process the process that holds it
 * @param sequence how many collectives it had entered before this one
 * @param request the collective, the dtype and the shape, for example {@code all-reduce SUM over x
 *     of f32 [2, 3]}; or, of one that did not enter, what it did instead
 * @param site the place in the caller's program, for example {@code Train.step(Train.java:42)};
 *     empty if it is not known
 */
public record Participant(int device, int process, long sequence, String request, String site) {
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
