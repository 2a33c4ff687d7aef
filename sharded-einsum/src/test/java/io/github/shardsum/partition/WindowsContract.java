package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import org.junit.jupiter.api.Test;

/**
 * Einsums in windows on an engine that several processes share, where chunks travel. Not a name
 * that Maven runs: {@code .ci/mpi} does.
 */
class WindowsContract {
  @Test
  void windowsGiveTheEinsumBetweenProcesses() {
    int done = 0;
    for (WindowsTest.Case of : WindowsTest.cases()) {
      Mesh mesh = WindowsTest.mesh(of);
      Collectives collectives;
      try {
        collectives = Collectives.open(mesh);
      } catch (IllegalArgumentException undivided) {
        // Processes that do not divide the mesh find out before they wait for each other.
        continue;
      }
      try (collectives) {
        WindowsTest.check(of, collectives);
        done++;
      }
    }
    assertTrue(done > 0, "no mesh is divided by the processes");
  }
}
