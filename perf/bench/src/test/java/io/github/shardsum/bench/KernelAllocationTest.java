package io.github.shardsum.bench;

import io.github.shardsum.testsupport.TestDepth;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A kernel whose vectors C2 cannot keep in registers makes objects of them and computes the right
 * values a hundred times too slowly. Each allocates for a larger operand what it does for a smaller
 * one, however much that is on this machine.
 */
class KernelAllocationTest {
  @TempDir private Path folder;

  @Test
  void noKernelAllocatesForEveryRow() throws Exception {
    List<String> depth = List.of("-Dshardsum.test.depth=" + TestDepth.current());
    KernelJvm.assertNoneGrows(KernelJvm.run(folder, HotLoops.class, depth));
  }
}
