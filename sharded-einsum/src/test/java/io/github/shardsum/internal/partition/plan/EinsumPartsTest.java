package io.github.shardsum.internal.partition.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An einsum in parts is the einsum, and each round reads one part of one operand. */
final class EinsumPartsTest {
  /** Names and labels that the parts would take are there already. */
  private static Program program(String equation) {
    return Program.parse(
        """
        program p {
          input part0: i32[part=4 k=6]
          input part2: i32[k=6 n=8]
          part1 = einsum(part0, part2) {equation="EQUATION"}
          r = negate(part1)
          output r
          output part1
        }
        """
            .replace("EQUATION", equation));
  }

  private static Statement einsum(Program program) {
    return program.statements().getFirst();
  }

  private static List<Tensor> run(Program program) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      int[] data = new int[(int) input.type().shape().elementCount()];
      for (int i = 0; i < data.length; i++) {
        data[i] = (7 * i + 3 * inputs.size()) % 11 - 5;
      }
      inputs.add(Tensor.of(data, input.type().shape().toArray()));
    }
    try (Executable executable = new ReferenceBackend().compile(program)) {
      return executable.run(inputs);
    }
  }

  private static List<Long> numbers(Tensor tensor) {
    List<Long> all = new ArrayList<>();
    for (long i = 0; i < tensor.shape().size(0); i++) {
      for (long j = 0; j < tensor.shape().size(1); j++) {
        all.add(tensor.getLong(i, j));
      }
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "part k, k n -> part n # 0 # part # 2",
        "part k, k n -> part n # 1 # n # 4",
        "part k, k n -> part n # 1 # n # 2",
        "part k, k n -> n part # 0 # part # 2",
        "part k, k n -> n part # 1 # n # 4",
        "a k, k n -> n a # 0 # a # 2",
      })
  void theProgramHasTheSameValues(String equation, int operand, String label, long parts) {
    Program program = program(equation);
    Contraction.Einsum einsum = (Contraction.Einsum) einsum(program).operation();
    assertEquals(List.of(label), EinsumParts.labels(einsum, operand));
    Program cut = EinsumParts.cut(program, einsum(program), operand, label, parts).orElseThrow();
    List<Tensor> expected = run(program);
    List<Tensor> values = run(cut);
    assertEquals(2, values.size());
    for (int i = 0; i < 2; i++) {
      assertEquals(expected.get(i).shape(), values.get(i).shape());
      assertEquals(numbers(expected.get(i)), numbers(values.get(i)));
    }
    Nested.Scan loop =
        cut.statements().stream()
            .map(Statement::operation)
            .filter(Nested.Scan.class::isInstance)
            .map(Nested.Scan.class::cast)
            .findFirst()
            .orElseThrow();
    assertEquals(parts, loop.count());
    long whole = einsum.operands().get(operand).type().shape().elementCount();
    assertEquals(whole / parts, loop.body().inputs().getFirst().type().shape().elementCount());
  }

  @Test
  void partsAreEqualAndNotOfOneIndex() {
    Program program = program("part k, k n -> part n");
    Statement statement = einsum(program);
    assertEquals(Optional.empty(), EinsumParts.cut(program, statement, 0, "part", 3));
    assertEquals(Optional.empty(), EinsumParts.cut(program, statement, 0, "part", 4));
    assertEquals(Optional.empty(), EinsumParts.cut(program, statement, 1, "n", 8));
    assertTrue(EinsumParts.cut(program, statement, 1, "n", 2).isPresent());
  }

  /** A label that is summed, or that both operands have, cannot be cut so. */
  @Test
  void onlyLabelsOfOneOperandAndTheResultAreCut() {
    Program program =
        Program.parse(
            """
            program p {
              input a: i32[b=2 m=4 k=6 s=3]
              input c: i32[b=2 k=6 n=8]
              r = einsum(a, c) {equation="b m k s, b k n -> b m n"}
              output r
            }
            """);
    Contraction.Einsum einsum = (Contraction.Einsum) einsum(program).operation();
    assertEquals(List.of("m"), EinsumParts.labels(einsum, 0));
    assertEquals(List.of("n"), EinsumParts.labels(einsum, 1));
  }
}
