package io.github.shardsum.internal.pjrt.host;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * A thread with a large stack, since compilers recurse as deep as a program is long. On a Java
 * thread's usual stack of 1 MiB a chain of some thousand operations ends the JVM; on a smaller
 * stack or a virtual thread a shorter chain is enough.
 */
public final class LargeStackThread {
  /** Bytes of address space; only the used part takes memory. */
  private static final long BYTES = 256L << 20;

  private LargeStackThread() {}

  /**
   * Makes a call on a separate thread and waits for its end. An interrupt does not end the wait,
   * since nothing stops a compiler.
   *
   * @param name name of the thread
   * @param call the native call, with all its arguments made inside
   */
  public static <T> T call(String name, Supplier<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    NativeCallDeadline.start(name, result, BYTES, call);
    try {
      return result.join();
    } catch (CompletionException e) {
      throw NativeCallDeadline.failure(e.getCause());
    }
  }
}
