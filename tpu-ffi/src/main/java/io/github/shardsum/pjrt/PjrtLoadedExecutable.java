package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.ExecuteCall;
import io.github.shardsum.internal.pjrt.client.ProgramArguments;
import io.github.shardsum.internal.pjrt.host.LaunchThrottle;
import io.github.shardsum.internal.pjrt.host.Lazy;
import io.github.shardsum.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A compiled program on the devices of a client. A run enqueues work and returns buffers
 * immediately; programs on one device run in the order in which they were enqueued. Safe for use by
 * many threads at once.
 *
 * <p>Programs over several devices are enqueued one at a time, in the same order on all devices.
 * After a CPU client has run such a program, at most 16 of its programs run at once, since XLA's
 * CPU client ends the process if there are too many. A further launch waits until one of these
 * programs ends.
 */
public final class PjrtLoadedExecutable implements AutoCloseable {
  private final PjrtClient client;
  private final Handle handle;
  private final PjrtExecutable executable;
  private final List<PjrtDevice> devices;
  private final int outputs;
  private final Lazy<ProgramArguments> checks;
  private final Lazy<List<Optional<ArrayType>>> resultTypes;
  private final AtomicBoolean deleted = new AtomicBoolean();

  private PjrtLoadedExecutable(PjrtClient client, Handle handle) {
    this.client = client;
    this.handle = handle;
    Api api = client.api();
    MemorySegment loaded = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      Call unloaded =
          api.prepare(scratch, PjrtFunction.LOADED_EXECUTABLE_GET_EXECUTABLE)
              .set("loaded_executable", loaded)
              .invoke();
      this.executable = PjrtExecutable.ofLoaded(api, handle, unloaded.pointer("executable"));
      this.devices =
          query(api, scratch, PjrtFunction.LOADED_EXECUTABLE_ADDRESSABLE_DEVICES, loaded)
              .pointers("addressable_devices", "num_addressable_devices")
              .stream()
              .map(client::device)
              .toList();
      this.outputs = executable.outputs();
    } finally {
      handle.exit();
    }
    this.checks =
        new Lazy<>(
            () -> new ProgramArguments(client, PjrtBuffer.ACCESS, devices, executable.signature()));
    this.resultTypes = new Lazy<>(() -> results(executable, outputs));
    HandleLeaks.watch(this, handle, client.onLeak());
  }

  /** The types of results, as far as the plugin reports them before a run. */
  private static List<Optional<ArrayType>> results(PjrtExecutable executable, int outputs) {
    try {
      List<PjrtType> types = executable.outputTypes();
      List<Shape> shapes = executable.outputShapes();
      if (types.size() == outputs && shapes.size() == outputs) {
        return IntStream.range(0, outputs)
            .mapToObj(i -> Optional.of(new ArrayType(types.get(i), shapes.get(i))))
            .toList();
      }
    } catch (PjrtException e) {
      // If types are unknown, they are not checked when the results become arguments of a program.
      return Collections.nCopies(outputs, Optional.empty());
    }
    return Collections.nCopies(outputs, Optional.empty());
  }

  static PjrtLoadedExecutable of(PjrtClient client, MemorySegment loaded) {
    Api api = client.api();
    Handle handle =
        client.handle().child("PjrtLoadedExecutable", loaded, dying -> destroy(api, dying));
    try {
      return new PjrtLoadedExecutable(client, handle);
    } catch (RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  private static void destroy(Api api, MemorySegment loaded) {
    try (CallArena scratch = api.scratch()) {
      query(api, scratch, PjrtFunction.LOADED_EXECUTABLE_DESTROY, loaded);
    }
  }

  private static Call query(
      Api api, CallArena scratch, PjrtFunction function, MemorySegment loaded) {
    return api.prepare(scratch, function).set("executable", loaded).invoke();
  }

  /**
   * The compiled program: its outputs, costs and bytes. The program belongs to this object, and is
   * closed only with it.
   *
   * @return the program
   */
  public PjrtExecutable executable() {
    return executable;
  }

  /**
   * The devices of this process on which the program runs, in the order of the rows of arguments.
   *
   * @return the devices; none for a program that may run on any device
   */
  public List<PjrtDevice> devices() {
    return devices;
  }

  /**
   * Frees the program on the devices now; current runs continue. The object must still be closed.
   *
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public void delete() {
    MemorySegment loaded = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      query(client.api(), scratch, PjrtFunction.LOADED_EXECUTABLE_DELETE, loaded);
      deleted.set(true);
    } finally {
      handle.exit();
    }
  }

  /**
   * Whether {@link #delete} was called.
   *
   * @return true if the program can no longer run
   * @throws IllegalStateException if the executable was closed
   */
  public boolean isDeleted() {
    MemorySegment loaded = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      return deleted.get()
          || query(client.api(), scratch, PjrtFunction.LOADED_EXECUTABLE_IS_DELETED, loaded)
              .flag("is_deleted");
    } finally {
      handle.exit();
    }
  }

  /**
   * Runs a program of one device. This suits a result that is needed immediately: {@link
   * PjrtBuffer#toTensor} or {@link PjrtEvent#await} then waits on this thread and needs no other
   * thread.
   *
   * @param arguments buffers on that device; the caller must still close them
   * @return the results, to be closed; they may not be computed yet
   * @throws IllegalArgumentException if the program runs on several devices, if the number of
   *     buffers is wrong, or if a buffer belongs to another client, is on another device, or has
   *     the wrong type or shape
   * @throws PjrtException if the plugin refuses, or an argument was donated or deleted; also for a
   *     wrong number of arguments if the plugin does not report the right one
   * @throws IllegalStateException if the executable or an argument was closed
   */
  public List<PjrtBuffer> run(PjrtBuffer... arguments) {
    checkRows(1);
    return start(arguments.clone(), ExecuteOptions.defaults(), false).results().getFirst();
  }

  /**
   * Enqueues the program on all its devices.
   *
   * @param arguments buffers {@code [device][argument]}, devices as in {@link #devices}; the caller
   *     must still close them, also the donated ones
   * @param options options, such as the arguments that are kept
   * @return results {@code [device][output]}, to be closed; they may not be computed yet, and
   *     reading a result reports the error of a failed run
   * @throws IllegalArgumentException if there is not one row for each device; if a buffer belongs
   *     to another client, is on another device than its row's, or has the wrong type or shape; if
   *     a row has the wrong number of buffers; or if a donated buffer is in a row twice
   * @throws PjrtException if the plugin refuses, or an argument was donated or deleted; also for a
   *     wrong number of arguments if the plugin does not report the right one
   * @throws IllegalStateException if the executable or an argument was closed
   */
  public List<List<PjrtBuffer>> launch(List<List<PjrtBuffer>> arguments, ExecuteOptions options) {
    return start(flat(arguments), options, false).results();
  }

  /**
   * Runs the program on all its devices.
   *
   * @param arguments buffers {@code [device][argument]}, devices as in {@link #devices}; the caller
   *     must still close them, also the donated ones
   * @param options options, such as the arguments that are kept
   * @return a future of the results {@code [device][output]}, to be closed, which is done when all
   *     devices are done; the failure is a {@link PjrtException}, and there is then nothing to
   *     close
   * @throws IllegalArgumentException if there is not one row for each device; if a buffer belongs
   *     to another client, is on another device than its row's, or has the wrong type or shape; if
   *     a row has the wrong number of buffers; or if a donated buffer is in a row twice
   * @throws PjrtException if the plugin refuses, or an argument was donated or deleted; also for a
   *     wrong number of arguments if the plugin does not report the right one
   * @throws IllegalStateException if the executable or an argument was closed
   */
  public CompletableFuture<List<List<PjrtBuffer>>> execute(
      List<List<PjrtBuffer>> arguments, ExecuteOptions options) {
    handle.enter();
    try {
      return whenDone(start(flat(arguments), options, true));
    } finally {
      handle.exit();
    }
  }

  private CompletableFuture<List<List<PjrtBuffer>>> whenDone(ExecuteCall.Started started) {
    CompletableFuture<List<List<PjrtBuffer>>> done = new CompletableFuture<>();
    if (started.events().isEmpty()) {
      return CompletableFuture.completedFuture(started.results());
    }
    afterAll(started, failure -> finish(done, started, failure));
    return done;
  }

  /** Runs an action with the first failure, when all events are done. */
  private void afterAll(ExecuteCall.Started started, Consumer<Optional<PjrtException>> then) {
    AtomicInteger left = new AtomicInteger(started.events().size());
    AtomicReference<Optional<PjrtException>> first = new AtomicReference<>(Optional.empty());
    for (MemorySegment event : started.events()) {
      client.consume(
          event,
          failure -> {
            failure.ifPresent(_ -> first.compareAndSet(Optional.empty(), failure));
            if (left.decrementAndGet() == 0) {
              if (started.isCounted()) {
                client.launches().leave();
              }
              then.accept(first.get());
            }
          });
    }
  }

  private static void finish(
      CompletableFuture<List<List<PjrtBuffer>>> done,
      ExecuteCall.Started started,
      Optional<PjrtException> failure) {
    if (failure.isPresent()) {
      close(started.results());
      done.completeExceptionally(failure.get());
    } else if (!done.complete(started.results())) {
      // The future was cancelled, so the caller does not close the results.
      close(started.results());
    }
  }

  private static void close(List<List<PjrtBuffer>> rows) {
    rows.forEach(row -> row.forEach(PjrtBuffer::close));
  }

  private ExecuteCall.Started start(
      PjrtBuffer[] arguments, ExecuteOptions options, boolean withEvents) {
    int width = devices.isEmpty() ? 0 : arguments.length / devices.size();
    handle.checkOpen();
    // XLA CPU would run a deleted program all the same.
    if (deleted.get()) {
      throw new PjrtException(
          PjrtCode.FAILED_PRECONDITION,
          PjrtFunction.LOADED_EXECUTABLE_EXECUTE.symbol(),
          "the program was deleted; compile it again");
    }
    ProgramArguments check = checks.get();
    check.check(arguments, width, options);
    ExecuteCall launch = new ExecuteCall(client.state(), resultTypes.get(), devices, arguments);
    if (devices.size() > 1 || client.launches().isCounted(1)) {
      Runnable look = devices.size() > 1 ? () -> check.checkLive(arguments, width) : () -> {};
      return startCounted(launch, look, options, withEvents);
    }
    return check.mayDonate() && client.addressableDevices().size() > 1
        ? client.launches().alone(() -> launch.start(handle, options, withEvents))
        : launch.start(handle, options, withEvents);
  }

  private ExecuteCall.Started startCounted(
      ExecuteCall launch, Runnable look, ExecuteOptions options, boolean withEvents) {
    LaunchThrottle launches = client.launches();
    boolean counted = launches.enter(devices.size());
    boolean started = false;
    try {
      ExecuteCall.Started now =
          launches.alone(
              () -> {
                look.run();
                return launch.start(handle, options, withEvents || counted).counted(counted);
              });
      started = true;
      if (!withEvents) {
        afterAll(now, _ -> {});
      }
      return now;
    } finally {
      if (counted && !started) {
        launches.leave();
      }
    }
  }

  private void checkRows(int rows) {
    if (rows != devices.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "arguments: expected a row for each of %d devices, got %d",
              devices.size(),
              rows));
    }
  }

  /** The rows one after the other, in a separate array, which no other thread can change. */
  private PjrtBuffer[] flat(List<List<PjrtBuffer>> arguments) {
    checkRows(arguments.size());
    int width = arguments.isEmpty() ? 0 : arguments.getFirst().size();
    PjrtBuffer[] flat = new PjrtBuffer[arguments.size() * width];
    int at = 0;
    for (List<PjrtBuffer> row : arguments) {
      if (row.size() != width) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "arguments: expected rows of one length, got %d and %d",
                width,
                row.size()));
      }
      for (int i = 0; i < width; i++) {
        flat[at++] = row.get(i);
      }
    }
    return flat;
  }

  /** Releases the program; current runs continue. Does nothing if the program is already closed. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return handle.isClosed()
        ? "PjrtLoadedExecutable, closed"
        : "PjrtLoadedExecutable " + executable.name();
  }
}
