package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Map;

/**
 * Description of a device, which may exist only in a topology.
 *
 * @param id its number over all processes
 * @param processIndex the process to which it belongs
 * @param kind the maker's name, such as {@code TPU v5 lite}
 * @param text a short description
 * @param attributes further facts from the plugin, such as {@code coords}
 */
public record PjrtDeviceDescription(
    int id, int processIndex, String kind, String text, Map<String, PjrtValue> attributes) {
  /** Copies the attributes. */
  public PjrtDeviceDescription {
    attributes = Collections.unmodifiableMap(attributes);
  }

  static PjrtDeviceDescription read(Api api, MemorySegment address) {
    try (CallArena scratch = api.scratch()) {
      Call attributes = query(api, scratch, PjrtFunction.DEVICE_DESCRIPTION_ATTRIBUTES, address);
      return new PjrtDeviceDescription(
          query(api, scratch, PjrtFunction.DEVICE_DESCRIPTION_ID, address).integer("id"),
          query(api, scratch, PjrtFunction.DEVICE_DESCRIPTION_PROCESS_INDEX, address)
              .integer("process_index"),
          query(api, scratch, PjrtFunction.DEVICE_DESCRIPTION_KIND, address).text("device_kind"),
          query(api, scratch, PjrtFunction.DEVICE_DESCRIPTION_TO_STRING, address).text("to_string"),
          NamedValues.read(attributes.pointer("attributes"), attributes.number("num_attributes")));
    }
  }

  private static Call query(
      Api api, CallArena scratch, PjrtFunction function, MemorySegment address) {
    return api.prepare(scratch, function).set("device_description", address).invoke();
  }
}
