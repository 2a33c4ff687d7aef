package io.github.shardsum.internal.certify;

/**
 * That a plan was replayed and gives every device exactly its part of the result.
 *
 * @param devices number of devices, each of which was followed
 * @param steps number of steps
 */
public record Certificate(int devices, int steps) {
  @Override
  public String toString() {
    return "certified: %d steps replayed on %d devices, each ends with exactly its part"
        .formatted(steps, devices);
  }
}
