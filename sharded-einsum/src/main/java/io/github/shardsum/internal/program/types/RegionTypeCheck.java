package io.github.shardsum.internal.program.types;

import io.github.shardsum.program.Communication;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import java.util.HashSet;
import java.util.Set;

/** The places of communications and regions in a program. */
public final class RegionTypeCheck {
  private RegionTypeCheck() {}

  /**
   * Refuses a program with a communication over an axis that no region around it has.
   *
   * @param program a whole program
   * @throws ProgramException if there is such a communication
   */
  public static void check(Program program) {
    check(program, Set.of());
  }

  private static void check(Program program, Set<MeshAxis> around) {
    for (Statement statement : program.statements()) {
      switch (statement.operation()) {
        case Communication communication -> inside(communication, around);
        case Nested.Scan scan -> check(scan.body(), around);
        case Nested.Manual manual -> {
          Set<MeshAxis> all = new HashSet<>(around);
          all.addAll(manual.axes());
          check(manual.body(), all);
        }
        case Nested.Composite composite -> check(composite.decomposition(), Set.of());
        default -> {}
      }
    }
  }

  private static void inside(Communication communication, Set<MeshAxis> around) {
    for (MeshAxis axis : communication.axes()) {
      if (!around.contains(axis)) {
        throw ProgramException.of(
            communication, "it must be in a manual region over " + axis + ", got none around it");
      }
    }
  }

  /**
   * Whether a program has a region, or a communication.
   *
   * @return whether a statement of the program or of a nested body is a region or a communication
   */
  public static boolean any(Program program) {
    return program.statements().stream().anyMatch(each -> is(each.operation()));
  }

  private static boolean is(Operation operation) {
    return switch (operation) {
      case Communication _, Nested.Manual _ -> true;
      case Nested.Scan scan -> any(scan.body());
      case Nested.Composite composite -> any(composite.decomposition());
      default -> false;
    };
  }
}
