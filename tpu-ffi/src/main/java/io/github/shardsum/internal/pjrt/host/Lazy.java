package io.github.shardsum.internal.pjrt.host;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value that is computed once, by the thread of the first request. */
public final class Lazy<T> {
  private final Lock lock = new ReentrantLock();
  private final Supplier<T> supplier;
  private volatile @Nullable T value;

  /** A value that is not computed yet. */
  public Lazy(Supplier<T> supplier) {
    this.supplier = supplier;
  }

  /** The value. A failure is not kept, so the next request computes again. */
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
