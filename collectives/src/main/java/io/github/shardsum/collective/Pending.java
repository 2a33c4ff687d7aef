package io.github.shardsum.collective;

/**
 * A collective that was started and may still run. Thread-safe.
 *
 * <p>Until it is done its operands must not be written and its results not be read.
 *
 * @param <T> the type of the result
 */
public interface Pending<T> {
  /**
   * Waits for the result; may be called again.
   *
   * @return the result
   * @throws CollectiveException if the collective failed
   */
  T await();

  /**
   * Whether {@link #await()} would return or throw at once.
   *
   * @return true once the collective has ended
   */
  boolean isDone();
}
