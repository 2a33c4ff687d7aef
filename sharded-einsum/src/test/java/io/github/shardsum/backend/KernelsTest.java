package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KernelsTest {
  private static final Tensor X = Tensor.of(new float[] {1, 2, 3}, 3);

  /** A composite that doubles, beside another operation. */
  private static Program program(String composite) {
    ProgramBuilder inner = Program.builder("doubled");
    Value a = inner.input("a", "f32[i=3]");
    inner.output("b", inner.add(a, a));
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[i=3]");
    Value doubled = p.let("doubled", p.composite(composite, inner.build(), x).getFirst());
    p.output("y", p.cumulativeSum(doubled, "i", false, false));
    return p.build();
  }

  /** Counts its runs. */
  private static CompositeKernel.Factory doubling(AtomicInteger runs) {
    return _ ->
        Optional.of(
            (operands, results, _) -> {
              runs.incrementAndGet();
              for (int i = 0; i < 3; i++) {
                results.getFirst().set(2 * operands.getFirst().getDouble(i), i);
              }
            });
  }

  private static float[] run(Kernels kernels, String composite) {
    Backend backend = LocalBackend.of(Workers.sequential(), kernels);
    try (Executable executable = backend.compile(program(composite))) {
      return executable.run(X).getFirst().toFloatArray();
    }
  }

  private static String explain(Kernels kernels, Program program) {
    try (Executable executable = LocalBackend.of(Workers.sequential(), kernels).compile(program)) {
      return executable.explain();
    }
  }

  @Test
  void aCompositeRunsByItsKernelOrByItsDecomposition() {
    AtomicInteger runs = new AtomicInteger();
    Kernels kernels = Kernels.of("test.double", doubling(runs));
    float[] expected = {2, 6, 12};
    assertArrayEquals(expected, run(kernels, "test.double"));
    assertEquals(1, runs.get());
    assertArrayEquals(expected, run(kernels, "test.other"));
    assertArrayEquals(expected, run(Kernels.none(), "test.double"));
    assertArrayEquals(
        expected, run(Kernels.of("test.double", _ -> Optional.empty()), "test.double"));
    assertEquals(1, runs.get());
  }

  @Test
  void explainNotesWhichCompositesHaveNoKernel() {
    Kernels kernels = Kernels.of("test.double", doubling(new AtomicInteger()));
    assertFalse(explain(kernels, program("test.double")).contains("note:"));
    String text = explain(kernels, program("test.other"));
    assertTrue(text.contains("note: composite test.other runs as its decomposition"), text);
  }

  /** They change no value; but who wrote them should know that nothing is laid out. */
  @Test
  void explainNotesTheLayoutsThatAreLeftOut() {
    ProgramBuilder p = Program.builder("laid.out");
    Value x = p.input("x", "f32[i@x=3 j=2]");
    Value y = p.let("y", p.exp(x));
    p.output("z", p.split(y, "j", "y"));
    Program program = p.build();
    String note = "note: this is one device: the layouts of x, z are left out\n";
    String local = explain(Kernels.none(), program);
    assertTrue(local.endsWith(note), local);
    try (Executable reference = new ReferenceBackend().compile(program)) {
      assertTrue(reference.explain().endsWith(note), reference.explain());
    }
  }

  @Test
  void aCompositeInTheBodyOfALoopIsNotedOnce() {
    ProgramBuilder p = Program.builder("looped");
    Value x = p.input("x", "f32[i=3]");
    List<Value> once = p.scan(2, "t", program("test.other"), List.of(x), List.of(), List.of());
    p.output("y", p.scan(3, "t", program("test.other"), once, List.of(), List.of()).getFirst());
    String text = explain(Kernels.none(), p.build());
    assertEquals(2, text.split("note: composite test.other", -1).length, text);
  }

  @Test
  void joinedKernelsAreThoseOfBothAndTheLaterReplaces() {
    AtomicInteger first = new AtomicInteger();
    AtomicInteger second = new AtomicInteger();
    Kernels joined =
        Kernels.of(Map.of("a", doubling(first), "b", doubling(first)))
            .and(Kernels.of("a", doubling(second)))
            .and(Kernels.none());
    assertEquals(Set.of("a", "b"), joined.names());
    run(joined, "a");
    run(joined, "b");
    assertEquals(1, first.get());
    assertEquals(1, second.get());
  }
}
