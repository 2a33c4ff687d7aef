package io.github.shardsum.internal.pjrt.host;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value that is computed once, at the first request, by the thread of that request. */
public final class Lazy<T> {
  private final Lock lock = new ReentrantLock();
  private final Supplier<T> supplier;
  private volatile @Nullable T value;

  /** Computes nothing yet. */
  public Lazy(Supplier<T> supplier) {
    this.supplier = supplier;
  }

  /** The value; a failure is not kept. */
  public T get() {
    T known = value;
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      T now = value;
      if (now == null) {
        now = supplier.get();
        value = now;
      }
      return now;
    } finally {
      lock.unlock();
    }
  }
}
