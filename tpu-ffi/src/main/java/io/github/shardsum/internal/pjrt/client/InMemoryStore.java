package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.pjrt.KeyValueStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** A key-value store of one process. */
public final class InMemoryStore implements KeyValueStore {
  private final Map<String, byte[]> values = new HashMap<>();
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @Override
  public Optional<byte[]> get(byte[] key, Duration timeout) throws InterruptedException {
    String name = name(key);
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (!values.containsKey(name) && left > 0) {
        left = changed.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
      }
      return Optional.ofNullable(values.get(name)).map(byte[]::clone);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<byte[]> tryGet(byte[] key) {
    lock.lock();
    try {
      return Optional.ofNullable(values.get(name(key))).map(byte[]::clone);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void put(byte[] key, byte[] value) {
    lock.lock();
    try {
      values.put(name(key), value.clone());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static String name(byte[] key) {
    return HexFormat.of().formatHex(key);
  }
}
