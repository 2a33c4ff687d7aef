package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sigmoids that are all 1, whose logits differ, and sigmoids that are all 0. */
class SaturatedGatesTest {
  private static final int GROUPS = 3;
  private static final int TOKENS = 12;
  private static final int EXPERTS = 8;
  private static final Randomness SEEDED = Randomness.seeded(1);
  private static final List<Backend> BACKENDS =
      List.of(
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
          LocalBackend.of(Workers.sequential()),
          new ReferenceBackend());

  /** From where gates differ by a bit or two to where they are all 1, some of them equal. */
  private static double[] logits(long seed) {
    return new Random(seed)
        .ints(GROUPS * TOKENS * EXPERTS, 0, 40)
        .mapToDouble(number -> 35.5 + number / 4.0)
        .toArray();
  }

  /** Zeros of either sign, which are equal, and numbers below and above them. */
  private static double[] zeros() {
    double[] values = {-0.0, 0.0, -0.0, 0.0, -1, 2};
    return new Random(7)
        .ints(GROUPS * TOKENS * EXPERTS, 0, values.length)
        .mapToDouble(number -> values[number])
        .toArray();
  }

  /** The experts of a token, highest logit first, by going through all of them for each. */
  private static long[] highest(double[] logits, int from, boolean[] open, int choices) {
    long[] chosen = new long[choices];
    boolean[] left = open.clone();
    for (int choice = 0; choice < choices; choice++) {
      int best = -1;
      for (int expert = 0; expert < EXPERTS; expert++) {
        if (left[expert] && (best < 0 || logits[from + expert] > logits[from + best])) {
          best = expert;
        }
      }
      left[best] = false;
      chosen[choice] = best;
    }
    return chosen;
  }

  /** The experts of the one group of four that has the highest logit. */
  private static boolean[] bestHalf(double[] logits, int from) {
    int best = 0;
    for (int expert = 1; expert < EXPERTS; expert++) {
      best = logits[from + expert] > logits[from + best] ? expert : best;
    }
    boolean[] open = new boolean[EXPERTS];
    Arrays.fill(open, best / 4 * 4, best / 4 * 4 + 4, true);
    return open;
  }

  /** Weights of all experts in the program's form {@code [G, S, E, C]}, not 0 where one is sent. */
  private static void checkSent(
      RouteInput<Tensor> input, RouteOptions options, boolean[][] sent, int capacity) {
    RouteCase route = RouteCase.of(input, options, SEEDED, DType.F64);
    for (Backend backend : BACKENDS) {
      double[] weights = route.run(backend).getFirst().toDoubleArray();
      for (int token = 0; token < GROUPS * TOKENS; token++) {
        for (int expert = 0; expert < EXPERTS; expert++) {
          int from = (token * EXPERTS + expert) * capacity;
          boolean some = Arrays.stream(weights, from, from + capacity).anyMatch(w -> w != 0);
          assertEquals(sent[token][expert], some, backend.name() + " " + token + " " + expert);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "top1 gates=sigmoid",
        "top2 gates=sigmoid second=all",
        "top3 gates=sigmoid",
        "top5 gates=sigmoid",
        "top3 gates=sigmoid limit=1/2,best"
      })
  void areChosenByTheirLogits(String notation) {
    RouteOptions options =
        RouteOptions.parse(notation).toBuilder().capacity(Capacity.fixed(TOKENS)).build();
    int choices = options.router().choices();
    for (long seed = 0; seed < 6; seed++) {
      double[] logits = seed < 5 ? logits(seed) : zeros();
      Tensor scores = Tensor.of(logits, GROUPS, TOKENS, EXPERTS);
      long[] expected = new long[GROUPS * TOKENS * choices];
      boolean[][] sent = new boolean[GROUPS * TOKENS][EXPERTS];
      for (int token = 0; token < GROUPS * TOKENS; token++) {
        boolean[] all = new boolean[EXPERTS];
        Arrays.fill(all, true);
        boolean[] open = options.groupLimit().isPresent() ? bestHalf(logits, token * EXPERTS) : all;
        long[] chosen = highest(logits, token * EXPERTS, open, choices);
        System.arraycopy(chosen, 0, expected, token * choices, choices);
        for (long expert : chosen) {
          sent[token][(int) expert] = true;
        }
      }
      assertArrayEquals(
          expected, Route.of(scores, options, SEEDED).choices().toLongArray(), notation);
      checkSent(RouteInput.logits(scores), options, sent, TOKENS);
    }
  }

  @Test
  void expertsTakeTokensByTheirLogits() {
    int capacity = 3;
    RouteOptions options =
        RouteOptions.parse("experts2 gates=sigmoid").toBuilder()
            .capacity(Capacity.fixed(capacity))
            .build();
    for (long seed = 0; seed < 5; seed++) {
      double[] logits = logits(seed);
      Tensor scores = Tensor.of(logits, GROUPS, TOKENS, EXPERTS);
      boolean[][] sent = new boolean[GROUPS * TOKENS][EXPERTS];
      for (int column = 0; column < GROUPS * EXPERTS; column++) {
        int group = column / EXPERTS;
        int expert = column % EXPERTS;
        for (int slot = 0; slot < capacity; slot++) {
          int best = -1;
          for (int token = group * TOKENS; token < (group + 1) * TOKENS; token++) {
            if (!sent[token][expert]
                && (best < 0
                    || logits[token * EXPERTS + expert] > logits[best * EXPERTS + expert])) {
              best = token;
            }
          }
          sent[best][expert] = true;
        }
      }
      double[] weights = Route.of(scores, options, SEEDED).combine().toDense().toDoubleArray();
      for (int at = 0; at < sent.length * EXPERTS; at++) {
        boolean some =
            Arrays.stream(weights, at * capacity, (at + 1) * capacity).anyMatch(w -> w != 0);
        assertEquals(sent[at / EXPERTS][at % EXPERTS], some, "token and expert " + at);
      }
      checkSent(RouteInput.logits(scores), options, sent, capacity);
    }
  }

  /** Numbers far below the range of the exponential function, but finite. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "top1",
        "top2 second=all",
        "top2 second=sample",
        "top2 normalize=after epsilon=1e-9",
        "top3 limit=1/2",
        "top3 limit=1/2,best slots=gate",
        "top2 second=all normalize=never aux=squared,all",
        "experts2"
      })
  void ofNoTokenAreNoRoute(String notation) {
    RouteOptions options = RouteOptions.parse(notation + " gates=sigmoid capacity=fixed:2");
    double[] logits = new Random(3).doubles(GROUPS * TOKENS * EXPERTS, -2000, -800).toArray();
    Tensor scores = Tensor.of(logits, GROUPS, TOKENS, EXPERTS);
    Route route = Route.of(scores, options, SEEDED);
    assertArrayEquals(new long[GROUPS * EXPERTS], route.metrics().load().toLongArray());
    assertArrayEquals(new double[GROUPS], route.metrics().auxLoss().toDoubleArray());
    assertEquals(GROUPS * TOKENS, route.metrics().tokensDropped());
    assertEquals(0, route.metrics().overflow());
    RouteCase composite = RouteCase.of(RouteInput.logits(scores), options, SEEDED, DType.F64);
    Program both =
        Gradients.valueAndPullback(
            composite.program(), List.of("combine_weights", "aux_loss"), List.of("scores"));
    List<Tensor> inputs =
        List.of(
            scores,
            Tensor.full(DType.F64, 1).broadcastTo(both.inputs().get(1).type().shape()),
            Tensor.full(DType.F64, 1).broadcastTo(both.inputs().get(2).type().shape()));
    for (Backend backend : BACKENDS) {
      List<Tensor> results = composite.run(backend);
      assertTrue(Arrays.stream(results.get(0).toDoubleArray()).allMatch(w -> w == 0), notation);
      assertArrayEquals(new double[GROUPS], results.get(2).toDoubleArray());
      try (Executable executable = backend.compile(both)) {
        double[] gradient = executable.run(inputs).getLast().toDoubleArray();
        assertTrue(Arrays.stream(gradient).allMatch(x -> x == 0), backend.name() + " " + notation);
      }
    }
  }
}
