package io.github.shardsum.internal.io;

/** An action that runs if the JVM ends, by a signal too, before this is closed. */
public final class ShutdownHook implements AutoCloseable {
  private final Thread thread;

  private ShutdownHook(Thread thread) {
    this.thread = thread;
  }

  public static ShutdownHook of(Runnable action) {
    ShutdownHook hook = new ShutdownHook(new Thread(action, "shardsum-shutdown"));
    hook.whileRunning(() -> Runtime.getRuntime().addShutdownHook(hook.thread));
    return hook;
  }

  @Override
  public void close() {
    whileRunning(() -> Runtime.getRuntime().removeShutdownHook(thread));
  }

  /** While the JVM is ending its hooks cannot be changed any more. */
  private void whileRunning(Runnable change) {
    try {
      change.run();
    } catch (IllegalStateException ending) {
      // Then the hooks that it has are running, and that is all there is.
    }
  }
}
