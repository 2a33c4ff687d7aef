package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Checks that a mesh has the axes that a program's layouts name. */
public final class ModuleMeshCheck {
  private ModuleMeshCheck() {}

  /**
   * Checks every layout, also in bodies and decompositions.
   *
   * @throws IllegalArgumentException if a layout names an axis that the mesh does not have
   */
  public static void check(Program program, Mesh mesh) {
    check(program, mesh, Set.of());
  }

  private static void check(Program program, Mesh mesh, Set<MeshAxis> around) {
    program
        .inputs()
        .forEach(
            input ->
                input
                    .type()
                    .labels()
                    .axes()
                    .forEach(axis -> check("input " + input.name(), axis.mesh(), mesh)));
    for (Statement statement : program.statements()) {
      switch (statement.operation()) {
        case Movement.Annotate(_, var annotation) -> {
          for (LabelSpec spec : annotation.labels()) {
            check(statement.result().name(), spec.axes(), mesh);
          }
        }
        case Nested.Composite composite -> check(composite.decomposition(), mesh, Set.of());
        case Nested.Scan scan -> check(scan.body(), mesh, around);
        case Nested.Manual manual -> {
          manual.axes().forEach(axis -> check(statement.result().name(), axis, mesh));
          Set<MeshAxis> inside = new HashSet<>(around);
          inside.addAll(manual.axes());
          check(manual.body(), mesh, inside);
        }
        case Communication communication ->
            communication.axes().forEach(axis -> inRegion(statement, axis, around));
        case Movement _, Pointwise _, Contraction _, Selection _, Source _ -> {}
      }
    }
  }

  private static void inRegion(Statement statement, MeshAxis axis, Set<MeshAxis> around) {
    if (!around.contains(axis)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: it must be in a manual region over %s, got none around it",
              statement.result().name(),
              axis));
    }
  }

  private static void check(String what, MeshAxis axis, Mesh mesh) {
    check(what, List.of(axis.name()), mesh);
    if (mesh.size(axis.name()) != axis.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: axis %s of a region must have its size on the mesh %s",
              what,
              axis,
              mesh.notation()));
    }
  }

  private static void check(String what, List<String> axes, Mesh mesh) {
    for (String axis : axes) {
      if (!mesh.axisNames().contains(axis)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: axis %s must be one of the mesh %s",
                what,
                axis,
                mesh.notation()));
      }
    }
  }
}
