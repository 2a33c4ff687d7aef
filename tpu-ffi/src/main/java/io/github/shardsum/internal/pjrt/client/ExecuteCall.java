package io.github.shardsum.internal.pjrt.client;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Struct;
import io.github.shardsum.internal.pjrt.host.LaunchThrottle;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One call of PJRT_LoadedExecutable_Execute: pointers to pointers in, buffers and events out.
 *
 * <p>All pointers are in one block of memory: the table of argument rows, the argument rows, the
 * table of result rows, the result rows, and the events.
 */
public final class ExecuteCall {
  // Offsets of the call's arguments. They are looked up once, since a small program runs in less
  // than two microseconds.
  private static final long EXECUTABLE =
      PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("executable");
  private static final long OPTIONS = PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("options");
  private static final long ARGUMENTS =
      PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("argument_lists");
  private static final long DEVICES =
      PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("num_devices");
  private static final long WIDTH = PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("num_args");
  private static final long OUTPUTS =
      PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("output_lists");
  private static final long EVENTS =
      PjrtFunction.LOADED_EXECUTABLE_EXECUTE.offsetOf("device_complete_events");

  private final ClientState client;
  private final List<Optional<ArrayType>> types;
  private final PjrtBuffer[] arguments;
  private final List<PjrtDevice> places;
  private final int devices;
  private final int width;

  /**
   * A launch.
   *
   * @param client the client of the program and the arguments
   * @param types the type of each result
   * @param arguments the checked arguments, {@code [device * argument]}; no thread may change them
   */
  public ExecuteCall(
      ClientState client,
      List<Optional<ArrayType>> types,
      List<PjrtDevice> places,
      PjrtBuffer[] arguments) {
    this.client = client;
    this.types = types;
    this.places = places;
    this.devices = places.size();
    this.arguments = arguments;
    this.width = devices == 0 ? 0 : arguments.length / devices;
  }

  /**
   * Results and events of a launch.
   *
   * @param results the buffers, {@code [device][output]}
   * @param events one for each device, to be consumed; none if none were requested
   * @param isCounted whether the launch has a place of the {@link LaunchThrottle}, which it gives
   *     back at its end
   */
  public record Started(
      List<List<PjrtBuffer>> results, List<MemorySegment> events, boolean isCounted) {
    /** The same launch, with or without a place of the throttle. */
    public Started counted(boolean counted) {
      return new Started(results, events, counted);
    }
  }

  /**
   * Enqueues the program. Each argument is kept from being destroyed until the plugin has taken it
   * over.
   */
  public Started start(Handle program, ExecuteOptions options, boolean withEvents) {
    MemorySegment loaded = program.enter();
    int entered = 0;
    try (CallArena scratch = client.api().scratch()) {
      MemorySegment pointers = scratch.allocate(words() * ADDRESS.byteSize(), ADDRESS.byteSize());
      for (; entered < arguments.length; entered++) {
        long argument = client.objects().handle(arguments[entered]).enter().address();
        pointers.setAtIndex(JAVA_LONG, (long) devices + entered, argument);
      }
      tables(pointers);
      invoke(scratch, loaded, pointers, options, withEvents);
      return started(pointers, withEvents);
    } finally {
      while (entered > 0) {
        client.objects().handle(arguments[--entered]).exit();
      }
      program.exit();
    }
  }

  private long results() {
    return (long) devices * (1 + width);
  }

  private long events() {
    return results() + (long) devices * (1 + types.size());
  }

  private long words() {
    return events() + Math.max(1, devices);
  }

  /** Makes each table point to its rows, which follow the table. */
  private void tables(MemorySegment pointers) {
    long base = pointers.address();
    for (int device = 0; device < devices; device++) {
      long row = devices + (long) device * width;
      pointers.setAtIndex(JAVA_LONG, device, base + row * ADDRESS.byteSize());
      long outputs = results() + devices + (long) device * types.size();
      pointers.setAtIndex(JAVA_LONG, results() + device, base + outputs * ADDRESS.byteSize());
    }
  }

  private void invoke(
      CallArena scratch,
      MemorySegment loaded,
      MemorySegment pointers,
      ExecuteOptions options,
      boolean withEvents) {
    Api api = client.api();
    long base = pointers.address();
    api.prepare(scratch, PjrtFunction.LOADED_EXECUTABLE_EXECUTE)
        .setAt(EXECUTABLE, loaded.address())
        .setAt(OPTIONS, options(api, scratch, options).address())
        .setAt(ARGUMENTS, base)
        .setAt(DEVICES, devices)
        .setAt(WIDTH, width)
        .setAt(OUTPUTS, base + results() * ADDRESS.byteSize())
        .setAt(EVENTS, withEvents ? base + events() * ADDRESS.byteSize() : 0)
        .invoke();
  }

  private static MemorySegment options(Api api, CallArena scratch, ExecuteOptions options) {
    if (options.launchId() == 0 && options.keep().isEmpty()) {
      return api.defaultExecuteOptions();
    }
    Fields fields = api.allocate(scratch, Struct.EXECUTE_OPTIONS);
    fields.setInt("launch_id", options.launchId());
    if (!options.keep().isEmpty()) {
      long[] kept = options.keep().stream().mapToLong(Integer::longValue).sorted().toArray();
      fields
          .set("non_donatable_input_indices", scratch.allocateFrom(JAVA_LONG, kept))
          .set("num_non_donatable_input_indices", kept.length);
    }
    return fields.segment();
  }

  private Started started(MemorySegment pointers, boolean withEvents) {
    int outputs = types.size();
    long next = results() + devices;
    List<MemorySegment> events = withEvents ? events(pointers) : List.of();
    // The inner lists are made first, since the outer list does not copy them.
    @SuppressWarnings({"unchecked", "rawtypes"})
    List<PjrtBuffer>[] rows = new List[devices];
    try {
      for (int device = 0; device < devices; device++) {
        PjrtBuffer[] row = new PjrtBuffer[outputs];
        for (int output = 0; output < outputs; output++) {
          MemorySegment buffer = pointers.getAtIndex(ADDRESS, next++);
          row[output] = client.objects().of(places.get(device), buffer, types.get(output));
        }
        rows[device] = List.of(row);
      }
      return new Started(List.of(rows), events, false);
    } catch (IllegalStateException e) {
      // The client was closed meanwhile, with all objects that it knew. The client did not know
      // these buffers.
      for (; next < events(); next++) {
        client.objects().destroy(client.api(), pointers.getAtIndex(ADDRESS, next));
      }
      events.forEach(event -> client.consume(event, _ -> {}));
      throw e;
    }
  }

  private List<MemorySegment> events(MemorySegment pointers) {
    List<MemorySegment> events = new ArrayList<>(devices);
    for (int device = 0; device < devices; device++) {
      events.add(pointers.getAtIndex(ADDRESS, events() + device));
    }
    return events;
  }
}
