package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A second choice that its policy rejects keeps its slot, or leaves it, whatever the policy is. */
class RejectedSecondTest {
  private static final int TOKENS = 9;
  private static final int EXPERTS = 4;
  private static final List<Backend> BACKENDS =
      List.of(
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
          LocalBackend.of(Workers.sequential()),
          new ReferenceBackend());

  /** Slots that experts are asked for, counted token by token. */
  private static long[] asked(double[] logits, boolean keeps) {
    long[] asked = new long[EXPERTS];
    for (int token = 0; token < TOKENS; token++) {
      int first = 0;
      for (int expert = 1; expert < EXPERTS; expert++) {
        first = logits[token * EXPERTS + expert] > logits[token * EXPERTS + first] ? expert : first;
      }
      int second = first == 0 ? 1 : 0;
      for (int expert = 0; expert < EXPERTS; expert++) {
        boolean higher = logits[token * EXPERTS + expert] > logits[token * EXPERTS + second];
        second = expert != first && higher ? expert : second;
      }
      asked[first]++;
      asked[second] += keeps ? 1 : 0;
    }
    return asked;
  }

  /** Each policy rejects every second choice: none has a gate above a half. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "threshold:1", "random:1e300"})
  void keepsItsSlotUnlessItIsToBeFree(String second) {
    double[] logits = new Random(7).doubles(TOKENS * EXPERTS, -3, 3).toArray();
    Tensor scores = Tensor.of(logits, 1, TOKENS, EXPERTS);
    for (boolean keeps : new boolean[] {true, false}) {
      String notation =
          String.format(
              Locale.ROOT,
              "top2 capacity=fixed:9 second=%s rejected=%s",
              second,
              keeps ? "keep" : "free");
      RouteOptions options = RouteOptions.parse(notation);
      long[] expected = asked(logits, keeps);
      Route route = Route.of(scores, options, Randomness.seeded(1));
      assertArrayEquals(expected, route.metrics().load().toLongArray(), notation);
      assertEquals(0, route.metrics().overflow(), notation);
      for (Backend backend : BACKENDS) {
        assertArrayEquals(expected, load(backend, scores, options), notation);
      }
    }
  }

  private static long[] load(Backend backend, Tensor scores, RouteOptions options) {
    ProgramBuilder p = Program.builder("rejected");
    ValueType type =
        ValueType.of(DType.F64, List.of("G", "S", "E"), List.of(1L, (long) TOKENS, (long) EXPERTS));
    Value given = p.input("scores", type);
    List<Value> results =
        p.add(MoePrograms.route(RouteInput.logits(given), options, Randomness.seeded(1)));
    p.output("asked", results.get(4));
    try (Executable executable = backend.compile(p.build())) {
      return executable.run(List.of(scores)).getFirst().toLongArray();
    }
  }
}
