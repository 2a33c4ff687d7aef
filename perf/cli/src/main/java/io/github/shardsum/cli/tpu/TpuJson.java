package io.github.shardsum.cli.tpu;

import io.github.shardsum.pjrt.CompiledMemory;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtExecutable;
import io.github.shardsum.pjrt.PjrtValue;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** A compiled program as JSON: bytes and FLOPs of one device, times in seconds. */
final class TpuJson {
  private TpuJson() {}

  /**
   * {@code {"name":..,"topology":..,"devices":..,"partitions":..,"compileSeconds":..,"results":..,
   * "memory":{..},"cost":{..}}}; for a figure that the plugin does not report, a text has the
   * reason.
   */
  static void into(
      ObjectNode json, String topology, int devices, PjrtExecutable compiled, double seconds) {
    json.put("name", compiled.name())
        .put("topology", topology)
        .put("devices", devices)
        .put("partitions", compiled.partitions())
        .put("compileSeconds", seconds)
        .put("results", compiled.outputShapes().toString());
    try {
      memory(json, compiled.memory());
    } catch (PjrtException e) {
      json.put("memory", e.getMessage());
    }
    try {
      cost(json, compiled);
    } catch (PjrtException e) {
      json.put("cost", e.getMessage());
    }
  }

  private static void memory(ObjectNode json, CompiledMemory memory) {
    json.putObject("memory")
        .put("codeBytes", memory.code())
        .put("argumentBytes", memory.arguments())
        .put("resultBytes", memory.outputs())
        .put("aliasedBytes", memory.aliased())
        .put("temporaryBytes", memory.temporary())
        .put("peakBytes", TpuPlanComparison.peak(memory));
  }

  private static void cost(ObjectNode json, PjrtExecutable compiled) {
    ObjectNode cost = json.putObject("cost");
    new TreeMap<>(compiled.costAnalysis()).forEach((name, value) -> put(cost, name, value));
  }

  private static void put(ObjectNode cost, String name, PjrtValue value) {
    String text = value.toString();
    try {
      cost.put(name, Double.parseDouble(text));
    } catch (NumberFormatException notOne) {
      cost.put(name, text);
    }
  }
}
