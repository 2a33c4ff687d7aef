package io.github.shardsum.internal.io;

/** An action that runs if the JVM ends before this is closed, even by a signal. */
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
      // The JVM is ending and accepts no more hooks.
      action.run();
    }
    return hook;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException ending) {
      // Hooks cannot be removed while the JVM is ending.
    }
  }
}
