package io.github.shardsum.internal.auto;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The bytes of inputs and outputs that the largest device holds at the end of every plan: each
 * value is split over all devices, or as its type says.
 */
final class LeastMemory {
  private LeastMemory() {}

  /**
   * Refuses a limit that no plan can meet, before any plan is made.
   *
   * @param program a program without equal or unused statements
   * @param mesh the devices
   * @param limit bytes a device
   * @throws PlanException if inputs and outputs alone need more
   */
  static void check(Program program, Mesh mesh, long limit) {
    long least = bytes(program, mesh);
    if (least > limit) {
      throw new PlanException(
          String.format(
              Locale.ROOT,
              "program %s: no plan stays within the memory limit of %d bytes a device; inputs and"
                  + " outputs alone need %d on a mesh of %d devices; use more devices",
              program.name(),
              limit,
              least,
              mesh.size()));
    }
  }

  /** Bytes of all inputs and of the outputs that statements make, each value once. */
  static long bytes(Program program, Mesh mesh) {
    Map<Value, Value> annotated = new HashMap<>();
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Movement.Annotate annotate) {
        Value same = annotated.getOrDefault(annotate.x(), annotate.x());
        statement.results().forEach(result -> annotated.put(result, same));
      }
    }
    Set<Value> held = new LinkedHashSet<>(program.inputs());
    program.outputs().forEach(output -> held.add(annotated.getOrDefault(output, output)));
    return held.stream().mapToLong(value -> bytes(value, mesh)).reduce(0, Math::addExact);
  }

  private static long bytes(Value value, Mesh mesh) {
    long elements =
        value.type().labels().isAnnotated()
            ? new Layout(mesh, value.type().labels())
                .largestShape(value.type().shape())
                .elementCount()
            : Math.ceilDiv(value.type().shape().elementCount(), (long) mesh.size());
    return Math.multiplyExact(elements, value.type().dtype().byteSize());
  }
}
