package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.pjrt.FakePlugin.Behaviour;
import io.github.shardsum.pjrt.FakePlugin.Thing;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The client, the devices and the topologies of a plugin made of Java. */
final class FakeDevices {
  private final FakePlugin plugin;
  private int devices = 2;
  private MemorySegment deviceArray = MemorySegment.NULL;

  FakeDevices(FakePlugin plugin) {
    this.plugin = plugin;
    client();
    devices();
    topology();
  }

  /** How many devices the next client has. */
  void count(int count) {
    devices = count;
  }

  /** The address of the first one in the array. */
  MemorySegment array() {
    return deviceArray;
  }

  private void client() {
    plugin.with(
        PjrtFunction.CLIENT_CREATE,
        arguments -> {
          deviceArray = plugin.arena().allocate(ADDRESS, Math.max(1, devices));
          for (int i = 0; i < devices; i++) {
            deviceArray.setAtIndex(ADDRESS, i, plugin.add(new Thing.Device(i)));
          }
          arguments.set("client", plugin.add(new Thing.Client()));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.CLIENT_DESTROY,
        arguments -> {
          for (Class<? extends Thing> owned :
              List.of(Thing.Buffer.class, Thing.Program.class, Thing.Event.class)) {
            if (plugin.count(owned) > 0) {
              plugin.violations.add("a client was destroyed before its " + owned.getSimpleName());
            }
          }
          plugin.remove(arguments.pointer("client"), Thing.Client.class);
          plugin.live.values().removeIf(Thing.Device.class::isInstance);
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.CLIENT_PLATFORM_NAME, ofClient("platform_name", "fake"));
    plugin.with(PjrtFunction.CLIENT_PLATFORM_VERSION, ofClient("platform_version", "1"));
    plugin.with(PjrtFunction.CLIENT_DEVICES, listing("devices", "num_devices"));
    plugin.with(
        PjrtFunction.CLIENT_ADDRESSABLE_DEVICES,
        listing("addressable_devices", "num_addressable_devices"));
  }

  private Behaviour ofClient(String field, String text) {
    return arguments -> {
      plugin.get(arguments.pointer("client"), Thing.Client.class);
      plugin.text(arguments, field, text);
      return MemorySegment.NULL;
    };
  }

  private Behaviour listing(String field, String count) {
    return arguments -> {
      plugin.get(arguments.pointer("client"), Thing.Client.class);
      arguments.set(field, deviceArray).set(count, devices);
      return MemorySegment.NULL;
    };
  }

  private void devices() {
    plugin.with(
        PjrtFunction.DEVICE_GET_DESCRIPTION,
        arguments -> {
          arguments.set("device_description", arguments.pointer("device"));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.DEVICE_IS_ADDRESSABLE,
        arguments -> {
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_addressable"), true);
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.DEVICE_LOCAL_HARDWARE_ID, ofDevice("device", "local_hardware_id"));
    plugin.with(PjrtFunction.DEVICE_DESCRIPTION_ID, ofDevice("device_description", "id"));
    plugin.with(
        PjrtFunction.DEVICE_DESCRIPTION_PROCESS_INDEX,
        arguments -> {
          arguments.setInt("process_index", 0);
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.DEVICE_DESCRIPTION_KIND, described("device_kind"));
    plugin.with(PjrtFunction.DEVICE_DESCRIPTION_TO_STRING, described("to_string"));
    plugin.with(PjrtFunction.DEVICE_DESCRIPTION_ATTRIBUTES, _ -> MemorySegment.NULL);
  }

  private Behaviour ofDevice(String device, String field) {
    return arguments -> {
      arguments.setInt(field, plugin.get(arguments.pointer(device), Thing.Device.class).id());
      return MemorySegment.NULL;
    };
  }

  private Behaviour described(String field) {
    return arguments -> {
      int id = plugin.get(arguments.pointer("device_description"), Thing.Device.class).id();
      plugin.text(arguments, field, "fake:" + id);
      return MemorySegment.NULL;
    };
  }

  private void topology() {
    plugin.with(
        PjrtFunction.TOPOLOGY_DESCRIPTION_CREATE,
        arguments -> {
          arguments.set("topology", plugin.add(new Thing.Topology()));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.TOPOLOGY_DESCRIPTION_DESTROY,
        arguments -> {
          plugin.remove(arguments.pointer("topology"), Thing.Topology.class);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS,
        arguments -> {
          arguments.set("num_descriptions", devices);
          return MemorySegment.NULL;
        });
  }
}
