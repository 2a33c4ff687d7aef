package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes native calls that may never return. Each runs on a separate thread, for which the JVM does
 * not wait at its end.
 */
public final class NativeCallDeadline {
  /**
   * Bytes of the stack: C++ start-up code may recurse deeper than Java's default of 1 MiB allows.
   */
  private static final long STACK_BYTES = 8L << 20;

  private NativeCallDeadline() {}

  /** Refuses a deadline that has passed before it begins. */
  public static Duration checked(Duration deadline) {
    if (Objects.requireNonNull(deadline, "deadline").compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(
          "deadline: expected more than no time, such as Duration.ofMinutes(5), got " + deadline);
    }
    return deadline;
  }

  /** Starts a call whose result, or whose failure, completes a future. */
  static <T> void start(String name, CompletableFuture<T> result, Supplier<T> call) {
    start(name, result, STACK_BYTES, call);
  }

  /** Starts a call on a thread with a stack of the given number of bytes. */
  static <T> void start(
      String name, CompletableFuture<T> result, long stackBytes, Supplier<T> call) {
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                result.complete(call.get());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            },
            "pjrt " + name,
            stackBytes);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Makes a call under a deadline.
   *
   * @param name name of the thread
   * @param call the native call
   * @param deadline the longest time to wait
   * @param function the function's name, for the error
   * @param advice the message if the result does not come
   * @param late receives a result that comes after the deadline
   */
  public static <T> T call(
      String name,
      Supplier<T> call,
      Duration deadline,
      String function,
      String advice,
      Consumer<T> late) {
    CompletableFuture<T> result = new CompletableFuture<>();
    start(name, result, call);
    try {
      return await(result, deadline, function, advice);
    } catch (PjrtException e) {
      CompletableFuture<Void> _ = result.thenAccept(late);
      throw e;
    }
  }

  static <T> T await(CompletableFuture<T> result, Duration deadline, String call, String advice) {
    try {
      return result.get(TimeUnit.NANOSECONDS.convert(deadline), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new PjrtException(
          PjrtCode.DEADLINE_EXCEEDED, call, "no answer within " + deadline + ": " + advice);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PjrtException(PjrtCode.CANCELLED, call, "the waiting thread was interrupted");
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  static RuntimeException failure(@Nullable Throwable cause) {
    return switch (cause) {
      case PjrtException ours -> new PjrtException(ours.code(), ours.call(), ours.detail(), ours);
      case RuntimeException other -> other;
      case Error error -> throw error;
      case null, default -> new IllegalStateException(cause);
    };
  }
}
