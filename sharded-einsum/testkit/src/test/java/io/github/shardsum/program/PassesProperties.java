package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Programs;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PassesProperties {
  /** About half of the results. */
  private static Set<String> some(Program program, long seed) {
    Random random = new Random(seed);
    return program.statements().stream()
        .flatMap(each -> each.results().stream())
        .map(Value::name)
        .filter(_ -> random.nextBoolean())
        .collect(Collectors.toSet());
  }

  @Property(tries = 100)
  void passesChangeNoValue(@ForAll long seed) {
    Program program = Programs.exact(DType.I64, 20).of(seed);
    List<Tensor> inputs = Programs.inputs(program, true).of(seed);
    List<String> results =
        program.statements().stream().map(each -> each.result().name()).limit(5).toList();
    List<Program> others =
        List.of(
            Passes.commonSubexpressions(program),
            Passes.deadCode(program),
            Passes.decompose(program, _ -> true),
            Passes.rematerialize(program, Set.copyOf(results)),
            Passes.rematerialize(program, some(program, seed)));
    try (Executable wanted = new ReferenceBackend().compile(program)) {
      List<Tensor> a = wanted.run(inputs);
      for (Program other : others) {
        assertEquals(other, Program.parse(other.toString()));
        try (Executable given = new ReferenceBackend().compile(other)) {
          List<Tensor> b = given.run(inputs);
          for (int i = 0; i < a.size(); i++) {
            assertTrue(
                Arrays.equals(a.get(i).toLongArray(), b.get(i).toLongArray()),
                () -> program + "\n" + other);
          }
        }
      }
    }
  }
}
