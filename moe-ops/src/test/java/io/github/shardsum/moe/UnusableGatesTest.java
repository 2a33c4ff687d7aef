package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

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
import org.junit.jupiter.api.Test;

/** Choices by NaN, and by what an epsilon leaves of the second gate; worked by hand. */
class UnusableGatesTest {
  private static final double NAN = Double.NaN;
  private static final List<Backend> BACKENDS =
      List.of(
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
          LocalBackend.of(Workers.sequential()),
          new ReferenceBackend());

  /** Routes one token by its gates, with a capacity of 1, so that a position is an expert. */
  private static void check(
      String options, double[] gates, double[] weights, long[] experts, double... uniform) {
    ProgramBuilder p = Program.builder("one");
    List<Long> sizes = List.of(1L, 1L, (long) gates.length);
    Value scores = p.input("gates", ValueType.of(DType.F64, List.of("G", "S", "E"), sizes));
    Value drawn = p.input("drawn", ValueType.of(DType.F64, List.of("G", "S"), List.of(1L, 1L)));
    RouteInput<Value> input = RouteInput.gates(scores);
    List<Value> results =
        p.add(
            MoePrograms.route(
                uniform.length == 0 ? input : input.withUniform(drawn),
                RouteOptions.parse(options + " capacity=fixed:1"),
                Randomness.seeded(1)));
    p.output("weights", results.get(0));
    p.output("positions", results.get(1));
    Program program = p.build();
    Tensor number = Tensor.of(new double[] {uniform.length == 0 ? 0 : uniform[0]}, 1, 1);
    for (Backend backend : BACKENDS) {
      try (Executable executable = backend.compile(program)) {
        List<Tensor> route = executable.run(List.of(Tensor.of(gates, 1, 1, gates.length), number));
        assertArrayEquals(weights, route.get(0).toDoubleArray(), 1e-15, options);
        assertArrayEquals(experts, route.get(1).toLongArray(), options);
      }
    }
  }

  @Test
  void nanIsTheHighestGate() {
    String two = "top2 second=all normalize=never";
    check(two, new double[] {0.1, NAN, 0.9, 0.2}, new double[] {NAN, 0.9}, new long[] {1, 2});
    check(two, new double[] {0.9, 0.1, 0.2, NAN}, new double[] {NAN, 0.9}, new long[] {3, 0});
    check(two, new double[] {0.5, NAN, 0.1, NAN}, new double[] {NAN, NAN}, new long[] {1, 3});
    check(
        "top3",
        new double[] {0.1, 0.3, NAN, 0.2},
        new double[] {NAN, NAN, NAN},
        new long[] {2, 1, 3});
  }

  @Test
  void aGroupOfExpertsWithNanIsTheHighest() {
    for (String score : List.of("limit=1/2", "limit=1/2,best")) {
      String options = "top2 second=all normalize=never " + score;
      check(options, new double[] {0.9, 0.8, 0.1, NAN}, new double[] {NAN, 0.1}, new long[] {3, 2});
      check(options, new double[] {NAN, 0.1, 0.9, 0.8}, new double[] {NAN, 0.1}, new long[] {0, 1});
      check(options, new double[] {NAN, 0.1, NAN, 0.8}, new double[] {NAN, 0.1}, new long[] {0, 1});
    }
  }

  @Test
  void aSecondGateOfNanIsAboveNoThreshold() {
    double[] gates = {NAN, 0.4, NAN};
    for (String second : List.of("threshold:0", "random:0.5")) {
      String options = "top2 normalize=never second=" + second;
      check(options, gates, new double[] {NAN, 0}, new long[] {0, -1}, 0);
    }
  }

  /** Of 0.6 and 0.4 the second share is 0.4 without an epsilon and 0.2 with one of 1. */
  @Test
  void anEpsilonCountsInTheShareThatASecondChoiceGoesBy() {
    double[] gates = {0.6, 0.4, 0.1};
    double[] both = {0.6, 0.4};
    long[] twoExperts = {0, 1};
    double[] first = {0.3, 0};
    long[] oneExpert = {0, -1};
    check("top2 second=threshold:0.3", gates, both, twoExperts);
    check("top2 second=threshold:0.3 epsilon=1", gates, first, oneExpert);
    check("top2 second=threshold:0.19 epsilon=1", gates, new double[] {0.3, 0.2}, twoExperts);
    check("top2 second=random:0.5", gates, both, twoExperts, 0.75);
    check("top2 second=random:0.5 epsilon=1", gates, first, oneExpert, 0.75);
    check("top2 second=random:0.5 epsilon=1", gates, new double[] {0.3, 0.2}, twoExperts, 0.375);
  }

  /** Two gates of a finite sum that is none with the epsilon: shares of 8, 4 and 10. */
  @Test
  void anEpsilonMayBringTheSumBeyondAllNumbers() {
    double[] gates = {8e307, 4e307, 0};
    double[] both = {8 / 22.0, 4 / 22.0};
    check("top2 second=threshold:0.18 epsilon=1e308", gates, both, new long[] {0, 1});
    double[] first = {8 / 22.0, 0};
    check("top2 second=threshold:0.19 epsilon=1e308", gates, first, new long[] {0, -1});
  }
}
