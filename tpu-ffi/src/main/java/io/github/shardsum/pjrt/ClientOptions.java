package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Upcalls;
import io.github.shardsum.internal.pjrt.host.NativeCallDeadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Options for the creation of a client. */
public final class ClientOptions {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final PjrtOptions options;
  private final Optional<KeyValueStore> store;
  private final Duration deadline;
  private final Consumer<String> onLeak;

  private ClientOptions(
      PjrtOptions options,
      Optional<KeyValueStore> store,
      Duration deadline,
      Consumer<String> onLeak) {
    NativeCallDeadline.checked(deadline);
    this.options = options;
    this.store = store;
    this.deadline = deadline;
    this.onLeak = onLeak;
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

  /** {@return options of the plugin, such as {@code cpu_device_count}} */
  public PjrtOptions options() {
    return options;
  }

  /** {@return the store that the processes of a job share; empty for one process} */
  public Optional<KeyValueStore> store() {
    return store;
  }

  /** {@return the longest time to wait for the plugin} */
  public Duration deadline() {
    return deadline;
  }

  /** {@return receives a text for each object that was not closed, on a thread of the JVM} */
  public Consumer<String> onLeak() {
    return onLeak;
  }

  private List<Object> values() {
    return List.of(options, store, deadline, onLeak);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClientOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "ClientOptions" + values();
  }
}
