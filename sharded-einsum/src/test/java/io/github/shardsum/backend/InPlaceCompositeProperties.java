package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Composites whose results may lie where an operand lay, whoever else reads that. */
class InPlaceCompositeProperties {
  private static final int LENGTH = 1000;

  /** The sum of two operands, in the place of the first. */
  private record Sum(boolean inPlace) implements CompositeKernel {
    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      for (int i = 0; i < LENGTH; i++) {
        double sum = operands.get(0).getDouble(i) + operands.get(1).getDouble(i);
        results.getFirst().set(sum, i);
      }
    }

    @Override
    public int inPlaceOf(int result) {
      return inPlace ? 0 : -1;
    }
  }

  private static LocalBackend backend(boolean inPlace) {
    return LocalBackend.of(
        Workers.sequential(), Kernels.of("test.sum", _ -> Optional.of(new Sum(inPlace))));
  }

  private static Value sum(ProgramBuilder p, Value x, Value y) {
    ProgramBuilder inner = Program.builder("sum");
    String type = "f32[i=" + LENGTH + "]";
    inner.output("c", inner.add(inner.input("a", type), inner.input("b", type)));
    return p.composite("test.sum", inner.build(), x, y).getFirst();
  }

  /** Composites and other operations on what came before, and some of it as outputs. */
  private static Program program(Random random) {
    ProgramBuilder p = Program.builder("random");
    List<Value> all = new ArrayList<>();
    all.add(p.input("x", "f32[i=" + LENGTH + "]"));
    all.add(p.input("y", "f32[i=" + LENGTH + "]"));
    for (int i = 0; i < 12; i++) {
      Value a = all.get(random.nextInt(all.size()));
      Value b = all.get(random.nextInt(all.size()));
      all.add(
          switch (random.nextInt(6)) {
            case 0 -> p.scale(a, 0.5);
            case 1 -> p.subtract(a, b);
            case 2 -> p.cumulativeSum(p.scale(a, 1e-3), "i", false, false);
            default -> sum(p, a, b);
          });
    }
    for (int i = 0; i < 3; i++) {
      p.output("out" + i, p.scale(all.get(all.size() - 1 - random.nextInt(6)), 1));
    }
    p.output("last", all.getLast());
    return p.build();
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      executable.run(inputs);
      return executable.run(inputs);
    }
  }

  @Property(tries = 200)
  void valuesAreThoseOfResultsOfTheirOwn(@ForAll long seed) {
    Random random = new Random(seed);
    Program program = program(random);
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      inputs.add(Tensor.of(random.doubles(LENGTH).toArray(), LENGTH).convert(DType.F32));
    }
    List<Tensor> expected = run(backend(false), program, inputs);
    List<Tensor> given = run(backend(true), program, inputs);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i).toFloatArray(), given.get(i).toFloatArray(), program::toString);
    }
  }

  @Test
  void aChainOfThemTakesOneBuffer() {
    ProgramBuilder p = Program.builder("chain");
    Value x = p.input("x", "f32[i=" + LENGTH + "]");
    Value y = sum(p, x, x);
    for (int i = 0; i < 4; i++) {
      y = sum(p, y, x);
    }
    p.output("y", sum(p, y, x));
    Program chain = p.build();
    try (Executable own = backend(false).compile(chain);
        Executable same = backend(true).compile(chain)) {
      assertTrue(
          same.peakBytes() <= own.peakBytes() - LENGTH * Float.BYTES,
          () -> own.explain() + same.explain());
    }
  }
}
