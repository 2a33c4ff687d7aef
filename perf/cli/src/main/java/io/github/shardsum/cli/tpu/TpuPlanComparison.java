package io.github.shardsum.cli.tpu;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.pjrt.CompiledMemory;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtExecutable;
import io.github.shardsum.pjrt.PjrtValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Memory, FLOPs and collectives of a device, by our plan and by a compiler.
 *
 * @param plan ours
 * @param compiled the compiler's
 */
record TpuPlanComparison(SpmdPlan plan, PjrtExecutable compiled) {
  String table() {
    StringBuilder table = new StringBuilder();
    line(table, "a device", "our plan", "the compiler");
    List<PlannedValue> outputs = plan.outputs().stream().map(plan::value).toList();
    try {
      CompiledMemory memory = compiled.memory();
      line(table, "arguments, bytes", held(plan.inputs()), memory.arguments());
      line(table, "results, bytes", held(outputs), memory.outputs());
      line(table, "temporary, bytes", "", bytes(memory.temporary()));
      line(table, "peak, bytes", plan.peakBytes(), peak(memory));
      line(table, "code, bytes", "", bytes(memory.code()));
    } catch (PjrtException e) {
      table.append("memory: ").append(e.getMessage()).append('\n');
    }
    try {
      Map<String, PjrtValue> cost = compiled.costAnalysis();
      line(table, "FLOPs", real(plan.flops()), text(Optional.ofNullable(cost.get("flops"))));
      line(table, "bytes accessed", "", text(Optional.ofNullable(cost.get("bytes accessed"))));
    } catch (PjrtException e) {
      table.append("cost: ").append(e.getMessage()).append('\n');
    }
    return table.toString();
  }

  /** Puts the plan's figures of a device into an object, under the names of {@link TpuJson}. */
  void into(ObjectNode json) {
    List<PlannedValue> outputs = plan.outputs().stream().map(plan::value).toList();
    json.put("argumentBytes", held(plan.inputs()))
        .put("resultBytes", held(outputs))
        .put("peakBytes", plan.peakBytes())
        .put("flops", plan.flops());
  }

  /** The compiler's peak, or the sum of its arrays if it does not report a peak. */
  static long peak(CompiledMemory memory) {
    return memory.peak() > 0
        ? memory.peak()
        : memory.arguments() + memory.outputs() - memory.aliased() + memory.temporary();
  }

  private static long held(List<PlannedValue> values) {
    return values.stream()
        .distinct()
        .mapToLong(value -> value.localElements() * value.dtype().byteSize())
        .sum();
  }

  private static String text(Optional<PjrtValue> value) {
    String text = value.map(PjrtValue::toString).orElse("");
    try {
      return real(Double.parseDouble(text));
    } catch (NumberFormatException notOne) {
      return text;
    }
  }

  private static String real(double value) {
    return format("%.4g", value);
  }

  private static String bytes(long value) {
    return format("%,d", value);
  }

  private static void line(StringBuilder table, String what, long ours, long theirs) {
    line(table, what, bytes(ours), bytes(theirs));
  }

  private static void line(StringBuilder table, String what, String ours, String theirs) {
    table.append(format("%-20s %20s %20s%n", what, ours, theirs));
  }
}
