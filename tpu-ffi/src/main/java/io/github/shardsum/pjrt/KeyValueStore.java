package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.client.InMemoryStore;
import java.time.Duration;
import java.util.Optional;

/**
 * Messages between the processes of a job while they create their clients. CUDA plugins use the
 * store to exchange the addresses and topologies of their nodes.
 *
 * <p>A plugin calls from its own threads, several at the same time. Keys and values are bytes. An
 * exception becomes an error of the plugin with its message.
 */
public interface KeyValueStore {
  /**
   * Waits for a value.
   *
   * @param key the key
   * @param timeout the longest time to wait
   * @return the value; empty if there is none before the timeout
   * @throws InterruptedException if the waiting thread is interrupted
   */
  Optional<byte[]> get(byte[] key, Duration timeout) throws InterruptedException;

  /**
   * Looks for a value without waiting.
   *
   * @param key the key
   * @return the value, if there is one
   */
  Optional<byte[]> tryGet(byte[] key);

  /**
   * Stores a value for all processes.
   *
   * @param key the key
   * @param value the value
   */
  void put(byte[] key, byte[] value);

  /**
   * A store for clients within this process, for tests of several nodes.
   *
   * @return an empty store
   */
  static KeyValueStore inMemory() {
    return new InMemoryStore();
  }
}
