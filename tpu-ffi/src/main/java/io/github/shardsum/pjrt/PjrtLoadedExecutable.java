package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.internal.pjrt.Api;
import io.github.shardsum.internal.pjrt.Call;
import io.github.shardsum.internal.pjrt.Fields;
import io.github.shardsum.internal.pjrt.Handle;
import io.github.shardsum.internal.pjrt.Lazy;
import io.github.shardsum.internal.pjrt.Leaks;
import io.github.shardsum.internal.pjrt.Memory;
import io.github.shardsum.internal.pjrt.Slot;
import io.github.shardsum.internal.pjrt.Struct;
import io.github.shardsum.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * A compiled program on the devices of a client. Running it enqueues work and returns buffers at
 * once; programs on one device run in the order in which they were enqueued. Safe for use by many
 * threads at once.
 */
public final class PjrtLoadedExecutable implements AutoCloseable {
  /** More than the two structs of a call have, also with room for a newer plugin's fields. */
  private static final long STRUCTS = 1024;

  private final PjrtClient client;
  private final Handle handle;
  private final PjrtExecutable executable;
  private final List<PjrtDevice> devices;
  private final int outputs;
  private final Lazy<Optional<List<ArrayType>>> parameters;
  private final Lazy<List<Optional<ArrayType>>> resultTypes;
  private final AtomicBoolean deleted = new AtomicBoolean();
  private final Cleaner.Cleanable cleanable;

  private PjrtLoadedExecutable(PjrtClient client, Handle handle) {
    this.client = client;
    this.handle = handle;
    Api api = client.api();
    MemorySegment loaded = handle.enter();
    try (Arena arena = Arena.ofConfined()) {
      Call unloaded =
          api.prepare(arena, Slot.LOADED_EXECUTABLE_GET_EXECUTABLE)
              .set("loaded_executable", loaded)
              .invoke();
      this.executable =
          PjrtExecutable.of(api, handle, unloaded.pointer("executable"), client.onLeak());
      this.devices =
          ask(api, arena, Slot.LOADED_EXECUTABLE_ADDRESSABLE_DEVICES, loaded)
              .pointers("addressable_devices", "num_addressable_devices")
              .stream()
              .map(client::device)
              .toList();
      this.outputs = executable.outputs();
    } finally {
      handle.exit();
    }
    this.parameters = new Lazy<>(executable::parameters);
    this.resultTypes = new Lazy<>(() -> results(executable, outputs));
    this.cleanable = Leaks.watch(this, handle, client.onLeak());
  }

  /** The results' types as far as the plugin tells them before they are there. */
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
      // Unknown types only mean that the next program cannot be checked for them.
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
    try (Arena arena = Arena.ofConfined()) {
      ask(api, arena, Slot.LOADED_EXECUTABLE_DESTROY, loaded);
    }
  }

  private static Call ask(Api api, Arena arena, Slot slot, MemorySegment loaded) {
    return api.prepare(arena, slot).set("executable", loaded).invoke();
  }

  /**
   * What was compiled: its outputs, its costs, its bytes. It belongs to this object and is closed
   * with it.
   *
   * @return the program
   */
  public PjrtExecutable executable() {
    return executable;
  }

  /**
   * The devices of this process that it runs on, in the order of its rows of arguments.
   *
   * @return the devices; none for a program that runs on any one
   */
  public List<PjrtDevice> devices() {
    return devices;
  }

  /**
   * Frees the program on the devices now; what runs already goes on. The object is still to be
   * closed.
   *
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin refuses
   */
  public void delete() {
    MemorySegment loaded = handle.enter();
    try (Arena arena = Arena.ofConfined()) {
      ask(client.api(), arena, Slot.LOADED_EXECUTABLE_DELETE, loaded);
      deleted.set(true);
    } finally {
      handle.exit();
    }
  }

  /**
   * Whether {@link #delete} was called.
   *
   * @return true if it runs no more
   * @throws IllegalStateException if it was closed
   */
  public boolean isDeleted() {
    MemorySegment loaded = handle.enter();
    try (Arena arena = Arena.ofConfined()) {
      return deleted.get()
          || ask(client.api(), arena, Slot.LOADED_EXECUTABLE_IS_DELETED, loaded).flag("is_deleted");
    } finally {
      handle.exit();
    }
  }

  /**
   * Runs a program of one device.
   *
   * @param arguments buffers on that device, which stay the caller's to close
   * @return the results, to be closed; they may not be computed yet
   * @throws IllegalArgumentException if the program runs on several devices, or a buffer is another
   *     client's or of another type or shape than the program takes
   * @throws PjrtException if the number of the arguments is wrong
   * @throws IllegalStateException if it, or an argument, was closed
   */
  public List<PjrtBuffer> run(PjrtBuffer... arguments) {
    return launch(List.of(List.of(arguments)), ExecuteOptions.defaults()).getFirst();
  }

  /**
   * Enqueues the program on all its devices.
   *
   * @param arguments {@code [device][argument]}, devices as in {@link #devices}; they stay the
   *     caller's to close, also those that the program takes by donation
   * @param options which arguments are kept
   * @return results {@code [device][output]}, to be closed; they may not be computed yet, and
   *     reading one gives the error of a run that failed
   * @throws IllegalArgumentException if there is not a row for each device, or a buffer is another
   *     client's or of another type or shape than the program takes
   * @throws PjrtException if the number of the arguments is wrong
   * @throws IllegalStateException if it, or an argument, was closed
   */
  public List<List<PjrtBuffer>> launch(List<List<PjrtBuffer>> arguments, ExecuteOptions options) {
    return start(arguments, options, false).results();
  }

  /**
   * Runs the program on all its devices.
   *
   * @param arguments {@code [device][argument]}, devices as in {@link #devices}; they stay the
   *     caller's to close, also those that the program takes by donation
   * @param options which arguments are kept
   * @return results {@code [device][output]}, to be closed, when all devices are done; the failure
   *     is a {@link PjrtException}, and there is nothing to close then
   * @throws IllegalArgumentException if there is not a row for each device, or a buffer is another
   *     client's or of another type or shape than the program takes
   * @throws PjrtException if the number of the arguments is wrong
   * @throws IllegalStateException if it, or an argument, was closed
   */
  public CompletableFuture<List<List<PjrtBuffer>>> execute(
      List<List<PjrtBuffer>> arguments, ExecuteOptions options) {
    handle.enter();
    try {
      return whenDone(start(arguments, options, true));
    } finally {
      handle.exit();
    }
  }

  private CompletableFuture<List<List<PjrtBuffer>>> whenDone(Started started) {
    CompletableFuture<List<List<PjrtBuffer>>> done = new CompletableFuture<>();
    AtomicInteger left = new AtomicInteger(started.events().size());
    AtomicReference<Optional<PjrtException>> first = new AtomicReference<>(Optional.empty());
    for (MemorySegment event : started.events()) {
      client.consume(
          event,
          failure -> {
            failure.ifPresent(_ -> first.compareAndSet(Optional.empty(), failure));
            if (left.decrementAndGet() == 0) {
              finish(done, started, first.get());
            }
          });
    }
    return done;
  }

  private static void finish(
      CompletableFuture<List<List<PjrtBuffer>>> done,
      Started started,
      Optional<PjrtException> failure) {
    if (failure.isPresent()) {
      close(started.results());
      done.completeExceptionally(failure.get());
    } else if (!done.complete(started.results())) {
      // Somebody cancelled it, so nobody will close them.
      close(started.results());
    }
  }

  private static void close(List<List<PjrtBuffer>> rows) {
    rows.forEach(row -> row.forEach(PjrtBuffer::close));
  }

  private record Started(List<List<PjrtBuffer>> results, List<MemorySegment> events) {}

  private Started start(
      List<List<PjrtBuffer>> arguments, ExecuteOptions options, boolean withEvents) {
    int width = check(arguments, options);
    List<Handle> entered = new ArrayList<>(1 + arguments.size() * width);
    MemorySegment loaded = handle.enter();
    entered.add(handle);
    try (Arena arena = Arena.ofConfined()) {
      SegmentAllocator scratch = scratch(arena, arguments.size(), width, options);
      MemorySegment rows = scratch.allocate(ADDRESS, Math.max(1, arguments.size()));
      for (int device = 0; device < arguments.size(); device++) {
        MemorySegment row = scratch.allocate(ADDRESS, Math.max(1, width));
        for (int i = 0; i < width; i++) {
          Handle buffer = arguments.get(device).get(i).handle();
          row.setAtIndex(ADDRESS, i, buffer.enter());
          entered.add(buffer);
        }
        rows.setAtIndex(ADDRESS, device, row);
      }
      return invoke(scratch, loaded, rows, arguments.size(), width, options, withEvents);
    } finally {
      entered.forEach(Handle::exit);
    }
  }

  /**
   * All that a call needs in one piece: each allocation by itself costs as much as a simple call.
   */
  private SegmentAllocator scratch(Arena arena, int count, int width, ExecuteOptions options) {
    long words = 5L + options.keep().size() + (4L + width + outputs) * Math.max(1, count);
    return SegmentAllocator.slicingAllocator(
        arena.allocate(STRUCTS + words * ADDRESS.byteSize(), ADDRESS.byteAlignment()));
  }

  private Started invoke(
      SegmentAllocator scratch,
      MemorySegment loaded,
      MemorySegment rows,
      int count,
      int width,
      ExecuteOptions options,
      boolean withEvents) {
    Api api = client.api();
    MemorySegment outputRows = scratch.allocate(ADDRESS, Math.max(1, count));
    MemorySegment[] outputRow = new MemorySegment[count];
    for (int device = 0; device < count; device++) {
      outputRow[device] = scratch.allocate(ADDRESS, Math.max(1, outputs));
      outputRows.setAtIndex(ADDRESS, device, outputRow[device]);
    }
    MemorySegment events =
        withEvents ? scratch.allocate(ADDRESS, Math.max(1, count)) : MemorySegment.NULL;
    api.prepare(scratch, Slot.LOADED_EXECUTABLE_EXECUTE)
        .set("executable", loaded)
        .set("options", options(api, scratch, options))
        .set("argument_lists", rows)
        .set("num_devices", count)
        .set("num_args", width)
        .set("output_lists", outputRows)
        .set("device_complete_events", events)
        .invoke();
    return started(outputRow, events);
  }

  private Started started(MemorySegment[] outputRow, MemorySegment events) {
    List<List<PjrtBuffer>> all = new ArrayList<>(outputRow.length);
    List<MemorySegment> completions = new ArrayList<>(outputRow.length);
    for (int device = 0; device < outputRow.length; device++) {
      List<PjrtBuffer> row = new ArrayList<>(outputs);
      for (int output = 0; output < outputs; output++) {
        MemorySegment buffer = outputRow[device].getAtIndex(ADDRESS, output);
        row.add(PjrtBuffer.of(client, buffer, resultTypes.get().get(output)));
      }
      all.add(Collections.unmodifiableList(row));
      if (!Memory.isNull(events)) {
        completions.add(events.getAtIndex(ADDRESS, device));
      }
    }
    return new Started(Collections.unmodifiableList(all), completions);
  }

  private static MemorySegment options(Api api, SegmentAllocator arena, ExecuteOptions options) {
    Fields fields = api.allocate(arena, Struct.EXECUTE_OPTIONS);
    fields.setInt("launch_id", options.launchId());
    if (!options.keep().isEmpty()) {
      long[] kept = options.keep().stream().mapToLong(Integer::longValue).sorted().toArray();
      fields
          .set("non_donatable_input_indices", arena.allocateFrom(JAVA_LONG, kept))
          .set("num_non_donatable_input_indices", kept.length);
    }
    return fields.segment();
  }

  private int check(List<List<PjrtBuffer>> arguments, ExecuteOptions options) {
    // XLA CPU would run it all the same.
    if (deleted.get()) {
      throw new PjrtException(
          PjrtCode.FAILED_PRECONDITION,
          Slot.LOADED_EXECUTABLE_EXECUTE.symbol(),
          "the program was deleted; compile it again");
    }
    if (arguments.size() != devices.size()) {
      throw new IllegalArgumentException(
          "arguments: a row for each of %d devices is wanted, got %d"
              .formatted(devices.size(), arguments.size()));
    }
    int width = arguments.isEmpty() ? 0 : arguments.getFirst().size();
    for (List<PjrtBuffer> row : arguments) {
      if (row.size() != width) {
        throw new IllegalArgumentException(
            "arguments: rows of one length are wanted, got %d and %d".formatted(width, row.size()));
      }
      for (PjrtBuffer buffer : row) {
        if (buffer.client() != client) {
          throw new IllegalArgumentException(
              "arguments: buffers of the program's client are wanted, got one of "
                  + buffer.client());
        }
      }
    }
    checkTypes(arguments, width);
    for (int kept : options.keep()) {
      if (kept < 0 || kept >= width) {
        throw new IllegalArgumentException(
            "keep: arguments of 0 to %d are wanted, got %d".formatted(width - 1, kept));
      }
    }
    return width;
  }

  /** XLA compares sizes in bytes only: other shapes and types would compute nonsense. */
  private void checkTypes(List<List<PjrtBuffer>> arguments, int width) {
    List<ArrayType> wanted = parameters.get().orElse(List.of());
    if (wanted.size() != width) {
      return;
    }
    for (List<PjrtBuffer> row : arguments) {
      for (int i = 0; i < width; i++) {
        ArrayType want = wanted.get(i);
        Optional<ArrayType> given = row.get(i).arrayType();
        if (given.isPresent() && !given.get().equals(want)) {
          throw new IllegalArgumentException(
              "argument %d: %s is wanted, got %s".formatted(i, want, given.get()));
        }
      }
    }
  }

  /** Lets go of the program; what runs already goes on. Nothing if it is closed already. */
  @Override
  public void close() {
    executable.close();
    handle.close();
    cleanable.clean();
  }

  @Override
  public String toString() {
    return handle.isClosed()
        ? "PjrtLoadedExecutable, closed"
        : "PjrtLoadedExecutable " + executable.name();
  }
}
