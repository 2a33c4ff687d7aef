package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A group that a thread routes after another one has nothing of it. */
final class RouteScratchTest {
  private static final int TOKENS = 6;
  private static final int EXPERTS = 3;

  /** The result that says how many choices found their expert full. */
  private static final int OVERFLOW = 5;

  /** All tokens want the first expert, which has one slot; of the second group one is real. */
  private static RouteInput<Tensor> input(int from, int groups) {
    double[] gates = new double[2 * TOKENS * EXPERTS];
    byte[] real = new byte[2 * TOKENS];
    for (int token = 0; token < 2 * TOKENS; token++) {
      boolean isFirst = token < TOKENS;
      real[token] = (byte) (isFirst || token == 2 * TOKENS - 1 ? 1 : 0);
      for (int expert = 0; expert < EXPERTS; expert++) {
        gates[token * EXPERTS + expert] = isFirst || expert == 1 ? 0.5 / (1 + expert) : 0;
      }
    }
    int tokens = groups * TOKENS;
    double[] own =
        Arrays.copyOfRange(gates, from * TOKENS * EXPERTS, (from * TOKENS + tokens) * EXPERTS);
    byte[] kept = Arrays.copyOfRange(real, from * TOKENS, from * TOKENS + tokens);
    return RouteInput.gates(Tensor.of(own, groups, TOKENS, EXPERTS))
        .withNonPadding(Tensor.ofBool(kept, groups, TOKENS));
  }

  private static List<Tensor> run(Backend backend, int from, int groups, String notation) {
    return run(backend, input(from, groups), groups, notation);
  }

  private static List<Tensor> run(
      Backend backend, RouteInput<Tensor> input, int groups, String notation) {
    ProgramBuilder p = Program.builder("routed");
    long g = groups;
    long s = TOKENS;
    Value scores =
        p.input(
            "scores",
            ValueType.of(DType.F64, List.of("G", "S", "E"), List.of(g, s, (long) EXPERTS)));
    Value real = p.input("real", ValueType.of(DType.BOOL, List.of("G", "S"), List.of(g, s)));
    RouteInput<Value> all =
        input.kind() == RouteInput.Kind.GATES
            ? RouteInput.gates(scores)
            : RouteInput.logits(scores);
    RouteInput<Value> values = all.withNonPadding(real);
    List<Value> results =
        p.add(MoePrograms.route(values, RouteOptions.parse(notation), Randomness.seeded(1)));
    for (int i = 0; i < results.size(); i++) {
      p.output("result" + i, results.get(i));
    }
    try (Executable executable = backend.compile(p.build())) {
      return executable.run(List.of(input.scores(), input.nonPadding().orElseThrow()));
    }
  }

  private static double[] ofLastGroup(Tensor tensor, int groups) {
    double[] all = tensor.toDoubleArray();
    return Arrays.copyOfRange(all, all.length - all.length / groups, all.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "top2 second=all capacity=fixed:1 normalize=never",
        "top1 capacity=fixed:2 normalize=never",
        "experts3 capacity=fixed:2 normalize=never",
      })
  void aGroupHasNothingOfTheOneBefore(String notation) {
    try (Workers one = Workers.of(1)) {
      Backend backend = LocalBackend.of(one, MoePrograms.kernels());
      // Leaves full choices behind for whatever is routed next.
      run(backend, 0, 1, "top3 capacity=fixed:1 normalize=never");
      List<Tensor> both = run(backend, 0, 2, notation);
      List<Tensor> second =
          run(LocalBackend.of(Workers.sequential(), MoePrograms.kernels()), 1, 1, notation);
      assertEquals(second.size(), both.size());
      for (int i = 0; i < both.size(); i++) {
        double[] expected = second.get(i).toDoubleArray();
        assertArrayEquals(expected, ofLastGroup(both.get(i), 2), notation + ", result " + i);
      }
      assertEquals(0, second.get(OVERFLOW).getDouble(0));
    }
  }

  /** The only gate of the last token is NaN: it has one place, where its weight shows that. */
  @Test
  void aTokenWithoutANumberHasNoPlaceOfTheGroupBefore() {
    String notation = "experts3 gates=sigmoid capacity=fixed:6 normalize=after";
    double[] logits = new double[2 * TOKENS * EXPERTS];
    Arrays.fill(logits, TOKENS * EXPERTS, logits.length, Double.NEGATIVE_INFINITY);
    logits[logits.length - EXPERTS] = Double.NaN;
    byte[] real = new byte[2 * TOKENS];
    Arrays.fill(real, (byte) 1);
    RouteInput<Tensor> input =
        RouteInput.logits(Tensor.of(logits, 2, TOKENS, EXPERTS))
            .withNonPadding(Tensor.ofBool(real, 2, TOKENS));
    Backend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    double[] positions = ofLastGroup(run(backend, input, 2, notation).get(1), 2);
    double[] expected = new double[TOKENS * EXPERTS];
    Arrays.fill(expected, -1);
    expected[expected.length - EXPERTS] = 0;
    assertArrayEquals(expected, positions);
  }
}
