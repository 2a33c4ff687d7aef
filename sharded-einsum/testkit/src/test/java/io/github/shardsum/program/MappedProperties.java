package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Programs;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A program that is mapped over a label computes for each index what the program computes. */
class MappedProperties {
  private static final int SIZE = 3;

  private static List<Tensor> run(Program program, List<Tensor> inputs) {
    try (Executable executable = new ReferenceBackend().compile(program)) {
      return executable.run(inputs);
    }
  }

  private static boolean isSeed(Program program, Value value) {
    return program.statements().stream()
        .map(Statement::operation)
        .anyMatch(
            operation ->
                switch (operation) {
                  case Source.Random random -> random.seed().equals(value);
                  case Pointwise.Uniform uniform -> uniform.seed().equals(value);
                  default -> false;
                });
  }

  private static Tensor stacked(List<Tensor> parts) {
    Tensor first = parts.getFirst();
    long[] shape = new long[first.rank() + 1];
    shape[0] = parts.size();
    for (int axis = 0; axis < first.rank(); axis++) {
      shape[axis + 1] = first.size(axis);
    }
    Tensor all = Tensor.zeros(first.dtype(), Shape.of(shape));
    for (int i = 0; i < parts.size(); i++) {
      all.select(0, i).assign(parts.get(i));
    }
    return all;
  }

  @Property(tries = 150)
  void eachIndexIsTheProgramsOwn(@ForAll long seed) {
    Random random = new Random(seed);
    Program program = Programs.exact(DType.I64, 20).of(seed);
    Set<String> mapped =
        program.inputs().stream()
            .filter(input -> !isSeed(program, input) && random.nextInt(3) > 0)
            .map(Value::name)
            .collect(Collectors.toSet());
    Program all = Passes.mapped(program, "mapped", SIZE, mapped);
    assertEquals(all, Program.parse(all.toString()));
    List<List<Tensor>> each = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      each.add(new ArrayList<>(Programs.inputs(program, true).of(seed + i)));
    }
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < program.inputs().size(); i++) {
      int place = i;
      boolean isMapped = mapped.contains(program.inputs().get(i).name());
      for (List<Tensor> own : each) {
        own.set(place, isMapped ? own.get(place) : each.getFirst().get(place));
      }
      List<Tensor> parts = each.stream().map(own -> own.get(place)).toList();
      inputs.add(isMapped ? stacked(parts) : parts.getFirst());
    }
    List<Tensor> together = run(all, inputs);
    for (int i = 0; i < SIZE; i++) {
      List<Tensor> alone = run(program, each.get(i));
      for (int output = 0; output < alone.size(); output++) {
        assertArrayEquals(
            alone.get(output).toLongArray(),
            together.get(output).select(0, i).toLongArray(),
            () -> program + "\n" + all);
      }
    }
  }

  @Test
  void regionsAndTakenLabelsAreRefused() {
    Program region =
        Program.parse(
            """
            program p {
              input a: f32[i=4]
              r = manual(a) {axes=["x=2"], in=["i@x"], out=["i@x"], body=program member {
                input b: f32[i=2]
                output b
              }}
              output r
            }
            """);
    ProgramException refused =
        assertThrows(ProgramException.class, () -> Passes.mapped(region, "s", 2, Set.of("a")));
    assertTrue(refused.getMessage().contains("cannot be mapped over s"), refused.getMessage());
    assertThrows(ProgramException.class, () -> Passes.mapped(region, "i", 2, Set.of("a")));
  }
}
