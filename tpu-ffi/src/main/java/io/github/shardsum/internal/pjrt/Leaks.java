package io.github.shardsum.internal.pjrt;

import java.lang.ref.Cleaner;
import java.util.function.Consumer;

/** Finds objects that nobody closed and nobody can reach: reports them, and closes them. */
public final class Leaks {
  private static final Cleaner CLEANER = Cleaner.create();

  private Leaks() {}

  /**
   * Watches an object.
   *
   * @param owner what a user holds; the handle must not reach it
   * @param handle its native object
   * @param report told of a leak, on the cleaner's thread
   * @return cleans at once what needs no watching any more
   */
  public static Cleaner.Cleanable watch(Object owner, Handle handle, Consumer<String> report) {
    return CLEANER.register(owner, new Leak(handle, report));
  }

  private record Leak(Handle handle, Consumer<String> report) implements Runnable {
    @Override
    public void run() {
      if (!handle.isClosed()) {
        try {
          report.accept(
              handle.what() + ": was never closed; close it, e.g. with try-with-resources");
        } finally {
          handle.close();
        }
      }
    }
  }
}
