package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Upcalls;
import io.github.shardsum.internal.pjrt.host.NativeCallDeadline;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Options for the creation of a client.
 *
 * @param options options of the plugin, such as {@code cpu_device_count}
 * @param store the store that the processes of a job share; empty for one process
 * @param deadline the longest time to wait for the plugin
 * @param onLeak receives a text for each object that was not closed, on a thread of the JVM
 */
public record ClientOptions(
    PjrtOptions options,
    Optional<KeyValueStore> store,
    Duration deadline,
    Consumer<String> onLeak) {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * Checks the deadline.
   *
   * @throws IllegalArgumentException if the deadline is zero or negative
   */
  public ClientOptions {
    NativeCallDeadline.checked(deadline);
  }

  /**
   * The default options: no options of the plugin, one process, five minutes, and leaks reported to
   * the log {@code io.github.shardsum.pjrt}.
   *
   * @return the defaults
   */
  public static ClientOptions defaults() {
    return new ClientOptions(PjrtOptions.none(), Optional.empty(), PATIENCE, Upcalls::warn);
  }

  /**
   * The same options, with other options of the plugin.
   *
   * @param other the options
   * @return a copy
   */
  public ClientOptions withOptions(PjrtOptions other) {
    return new ClientOptions(other, store, deadline, onLeak);
  }

  /**
   * The same options with a store.
   *
   * @param other the store
   * @return a copy
   */
  public ClientOptions withStore(KeyValueStore other) {
    return new ClientOptions(options, Optional.of(other), deadline, onLeak);
  }

  /**
   * The same options with another deadline.
   *
   * @param other the longest time to wait
   * @return a copy
   * @throws IllegalArgumentException if the deadline is zero or negative
   */
  public ClientOptions withDeadline(Duration other) {
    return new ClientOptions(options, store, other, onLeak);
  }

  /**
   * The same options with another listener for leaks.
   *
   * @param other the listener
   * @return a copy
   */
  public ClientOptions withOnLeak(Consumer<String> other) {
    return new ClientOptions(options, store, deadline, other);
  }
}
