package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A split along G: a chunk of the groups, given the index of its first, is that part of all. */
class RouteChunkProperties {
  private static final int EXPERTS = 5;
  private static final List<String> NAMES =
      List.of(
          "weights",
          "positions",
          "aux_loss",
          "squared_log_z",
          "asked",
          "overflow",
          "placed",
          "unusable");

  private static ValueType scores(long groups, long tokens) {
    return ValueType.parse("f64[G=" + groups + " S=" + tokens + " E=" + EXPERTS + "]");
  }

  private static Program whole(
      long groups, long tokens, RouteOptions options, Randomness randomness) {
    ProgramBuilder p = Program.builder("whole");
    Value scores = p.input("scores", scores(groups, tokens));
    return outputs(p, MoePrograms.route(RouteInput.logits(scores), options, randomness));
  }

  private static Program outputs(ProgramBuilder p, Composite composite) {
    List<Value> results = p.add(composite);
    for (int i = 0; i < NAMES.size(); i++) {
      p.output(NAMES.get(i), results.get(i));
    }
    return p.build();
  }

  /** The composite of the whole on a chunk: the numbers of its groups are picked from all. */
  private static Program chunk(
      long all, long groups, long tokens, RouteOptions options, Randomness randomness) {
    ProgramBuilder p = Program.builder("chunk");
    Value scores = p.input("scores", scores(groups, tokens));
    Value start = p.input("start", "i64[]");
    Composite route = MoePrograms.route(RouteInput.logits(scores), options, randomness);
    ProgramBuilder d = Program.builder("route");
    Value chunkScores = d.input("scores", scores.type());
    Value chunkStart = d.input("start", start.type());
    Value seed = d.constant(DType.I64, randomness.seed());
    Value drawn =
        d.random(seed, randomness.stream(), ValueType.parse("f64[W=" + all + " S=" + tokens + "]"));
    Value index = d.add(d.iota(ValueType.parse("i64[G=" + groups + "]"), "G"), chunkStart);
    Value picked = d.einsum("GW,WS->GS", d.oneHot(index, "W", all, DType.F64), drawn);
    Program decomposition =
        outputs(
            d,
            MoePrograms.route(
                RouteInput.logits(chunkScores).withUniform(picked), options, randomness));
    return outputs(
        p,
        Composite.of(
            route.name(),
            route.attributes(),
            List.of(scores, start),
            decomposition,
            route.splittable()));
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  private static Tensor random(Random random, long... shape) {
    int count = (int) Tensor.zeros(DType.BOOL, shape).shape().elementCount();
    return Tensor.of(random.doubles(count, -1, 1).toArray(), shape);
  }

  @Property(tries = 100)
  void aChunkIsThatPartOfTheWholeForwardAndBackward(@ForAll long seed) {
    Random random = new Random(seed);
    int all = 1 + random.nextInt(4);
    int from = random.nextInt(all);
    int to = from + 1 + random.nextInt(all - from);
    int tokens = 1 + random.nextInt(9);
    String second = List.of("random:0.6", "sample", "all").get(random.nextInt(3));
    RouteOptions options = RouteOptions.parse("top2 capacity=factor:0.8 second=" + second);
    Randomness randomness = Randomness.seeded(seed).stream(3);
    Program whole = whole(all, tokens, options, randomness);
    Program chunk = chunk(all, to - from, tokens, options, randomness);
    assertEquals(List.of("G"), composite(chunk).splittable());
    List<Tensor> inputs = new ArrayList<>(List.of(random(random, all, tokens, EXPERTS)));
    inputs.add(random(random, all, tokens, 2));
    inputs.add(random(random, all));
    inputs.add(random(random, all));
    List<Tensor> part = new ArrayList<>(inputs.stream().map(x -> x.slice(0, from, to)).toList());
    part.add(1, Tensor.of(new long[] {from}, 1).select(0, 0));
    LocalBackend kernels = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    List<Tensor> expected = run(kernels, gradient(whole), inputs);
    check(expected, run(kernels, gradient(chunk), part), from, to, 0);
    check(expected, run(new ReferenceBackend(), gradient(chunk), part), from, to, 1e-11);
  }

  private static Composite composite(Program program) {
    return (Composite) program.statements().getFirst().operation();
  }

  private static Program gradient(Program program) {
    return Gradients.valueAndPullback(
        program, List.of("weights", "aux_loss", "squared_log_z"), List.of("scores"));
  }

  private static void check(
      List<Tensor> expected, List<Tensor> given, int from, int to, double within) {
    assertEquals(expected.size(), given.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i).slice(0, from, to).contiguous().toDoubleArray(),
          given.get(i).toDoubleArray(),
          within == 0 ? Double.MIN_VALUE : within);
    }
  }
}
