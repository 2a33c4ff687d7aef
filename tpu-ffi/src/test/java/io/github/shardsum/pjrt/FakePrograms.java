package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Struct;
import io.github.shardsum.pjrt.FakePlugin.Thing;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Programs of a plugin made of Java, which give back their first argument. */
final class FakePrograms {
  private final FakePlugin plugin;
  private final FakeDevices devices;
  private int width = 1;

  FakePrograms(FakePlugin plugin, FakeDevices devices) {
    this.plugin = plugin;
    this.devices = devices;
    programs();
  }

  /** On how many devices programs run. */
  void width(int count) {
    width = count;
  }

  private void programs() {
    plugin.with(
        PjrtFunction.LOADED_EXECUTABLE_ADDRESSABLE_DEVICES,
        arguments -> {
          plugin.get(arguments.pointer("executable"), Thing.Program.class);
          arguments
              .set("addressable_devices", devices.array())
              .set("num_addressable_devices", width);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.COMPILE,
        arguments -> {
          plugin.get(arguments.pointer("topology"), Thing.Topology.class);
          arguments.set("executable", plugin.add(new Thing.Program(false)));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.CLIENT_COMPILE,
        arguments -> {
          checkTerminated(Fields.at(Struct.PROGRAM, arguments.pointer("program")));
          plugin.get(arguments.pointer("client"), Thing.Client.class);
          arguments.set("executable", plugin.add(new Thing.Program(true)));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.LOADED_EXECUTABLE_GET_EXECUTABLE,
        arguments -> {
          plugin.get(arguments.pointer("loaded_executable"), Thing.Program.class);
          arguments.set("executable", plugin.add(new Thing.Program(false)));
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.LOADED_EXECUTABLE_DESTROY, this::destroyProgram);
    plugin.with(PjrtFunction.EXECUTABLE_DESTROY, this::destroyProgram);
    plugin.with(
        PjrtFunction.EXECUTABLE_NUM_OUTPUTS,
        arguments -> {
          plugin.get(arguments.pointer("executable"), Thing.Program.class);
          arguments.set("num_outputs", 1);
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.LOADED_EXECUTABLE_EXECUTE, this::execute);
  }

  /** XLA's parser of text reads the byte after the last. */
  private void checkTerminated(Fields program) {
    long size = program.number("code_size");
    if (NativeMemory.at(program.pointer("code"), size + 1).get(JAVA_BYTE, size) != 0) {
      plugin.violations.add("a program of " + size + " bytes does not end with a zero");
    }
  }

  private MemorySegment destroyProgram(Fields arguments) {
    plugin.remove(arguments.pointer("executable"), Thing.Program.class);
    return MemorySegment.NULL;
  }

  private MemorySegment execute(Fields arguments) {
    return run(arguments, 1);
  }

  /** Gives so many copies of the first argument of each device. */
  MemorySegment run(Fields arguments, int count) {
    plugin.get(arguments.pointer("executable"), Thing.Program.class);
    long arity = arguments.number("num_args");
    List<MemorySegment> rows = NativeMemory.pointers(arguments.pointer("argument_lists"), width);
    List<MemorySegment> outputs = NativeMemory.pointers(arguments.pointer("output_lists"), width);
    for (int device = 0; device < width; device++) {
      List<MemorySegment> row = NativeMemory.pointers(rows.get(device), arity);
      Thing.Buffer first = plugin.get(row.getFirst(), Thing.Buffer.class);
      for (int i = 0; i < count; i++) {
        NativeMemory.at(outputs.get(device), 8L * count).setAtIndex(ADDRESS, i, plugin.add(first));
      }
    }
    if (!NativeMemory.isNull(arguments.pointer("device_complete_events"))) {
      MemorySegment events =
          NativeMemory.at(arguments.pointer("device_complete_events"), 8L * width);
      for (int device = 0; device < width; device++) {
        events.setAtIndex(ADDRESS, device, plugin.event());
      }
    }
    return MemorySegment.NULL;
  }
}
