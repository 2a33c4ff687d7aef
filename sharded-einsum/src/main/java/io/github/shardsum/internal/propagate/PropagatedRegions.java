package io.github.shardsum.internal.propagate;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.propagation.PropagationException;
import java.util.Locale;

/** Whether a mesh has the axes of a program's manual regions. */
final class PropagatedRegions {
  private PropagatedRegions() {}

  static void check(Program program, Mesh mesh) {
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Nested.Scan scan) {
        check(scan.body(), mesh);
      } else if (statement.operation() instanceof Nested.Manual manual) {
        manual.axes().forEach(axis -> check(statement, axis, mesh));
        check(manual.body(), mesh);
      }
    }
  }

  private static void check(Statement statement, MeshAxis axis, Mesh mesh) {
    boolean has = mesh.axisNames().contains(axis.name()) && mesh.size(axis.name()) == axis.size();
    if (!has) {
      throw new PropagationException(
          String.format(
              Locale.ROOT,
              "the region of %s: axes must be of mesh \"%s\", got %s",
              statement.result().name(),
              mesh.notation(),
              axis));
    }
  }
}
