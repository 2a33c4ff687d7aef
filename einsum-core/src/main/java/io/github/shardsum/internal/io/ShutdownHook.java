package io.github.shardsum.internal.io;

/** An action that runs if the JVM ends, by a signal too, before this is closed. */
public final class ShutdownHook implements AutoCloseable {
  private final Thread thread;

  private ShutdownHook(Thread thread) {
    this.thread = thread;
  }

  public static ShutdownHook of(Runnable action) {
    ShutdownHook hook = new ShutdownHook(new Thread(action, "shardsum-shutdown"));
    try {
      Runtime.getRuntime().addShutdownHook(hook.thread);
    } catch (IllegalStateException ending) {
      // The JVM is ending already, and takes no hooks any more.
      action.run();
    }
    return hook;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException ending) {
      // While the JVM is ending its hooks cannot be changed any more.
    }
  }
}
