package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Rows of experts one after the other, padded to a multiple or not, and the bits of each. */
class ExpertRowsProperties {
  private static final int CAPACITY = 50;
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  /** Positions of which some are -1; slots do not matter to rows. */
  private static Tensor positions(Random random, long groups, long tokens, long k, int experts) {
    int[] all = new int[(int) (groups * tokens * k)];
    for (int i = 0; i < all.length; i++) {
      all[i] =
          random.nextInt(5) == 0
              ? -1
              : random.nextInt(experts) * CAPACITY + random.nextInt(CAPACITY);
    }
    return Tensor.of(all, groups, tokens, k);
  }

  @Property(tries = 100)
  void eachExpertsRowsAreItsChoicesInOrderFromAMultipleOn(@ForAll long seed) {
    Random random = new Random(seed);
    long groups = random.nextInt(4);
    long tokens = random.nextInt(9);
    long choices = 1L + random.nextInt(3);
    int experts = 1 + random.nextInt(6);
    int multiple = 1 + random.nextInt(9);
    ProgramBuilder p = Program.builder("rows");
    Value given =
        p.input(
            "positions",
            String.format(Locale.ROOT, "i32[G=%d S=%d K=%d]", groups, tokens, choices));
    List<Value> results = p.add(MoePrograms.expertRows(given, experts, CAPACITY, multiple));
    p.output("rows", results.get(0));
    p.output("sizes", results.get(1));
    Program program = p.build();
    Tensor positions = positions(random, groups, tokens, choices, experts);
    long[] wanted = positions.toLongArray();
    long[] rows = new long[wanted.length];
    long[] sizes = new long[experts];
    long start = 0;
    for (int expert = 0; expert < experts; expert++) {
      long next = start;
      for (int i = 0; i < wanted.length; i++) {
        if (wanted[i] < 0) {
          rows[i] = -1;
        } else if (wanted[i] / CAPACITY == expert) {
          rows[i] = next++;
        }
      }
      sizes[expert] = Math.ceilDiv(next - start, multiple) * (long) multiple;
      start += sizes[expert];
    }
    for (Backend backend : List.of(KERNELS, new ReferenceBackend())) {
      List<Tensor> found = run(backend, program, List.of(positions));
      assertArrayEquals(rows, found.get(0).toLongArray());
      assertArrayEquals(sizes, found.get(1).toLongArray());
    }
  }

  /** Dispatch, a product and back, with rows to a multiple. */
  private static Program product(Shape positions, long experts, long m, long n, int multiple) {
    long groups = positions.size(0);
    long tokens = positions.size(1);
    long choices = positions.size(2);
    ProgramBuilder p = Program.builder("padded");
    Value x = p.input("x", String.format(Locale.ROOT, "f32[G=%d S=%d M=%d]", groups, tokens, m));
    Value w = p.input("w", String.format(Locale.ROOT, "f32[E=%d M=%d N=%d]", experts, m, n));
    Value given =
        p.input(
            "positions",
            String.format(Locale.ROOT, "i32[G=%d S=%d K=%d]", groups, tokens, choices));
    List<Value> rows = p.add(MoePrograms.expertRows(given, experts, CAPACITY, multiple));
    long bound = positions.elementCount() + experts * (multiple - 1);
    Value hot = p.oneHot(rows.get(0), "R", bound, DType.F32);
    Value dispatched = p.einsum("GSKR,GSM->RM", hot, x);
    Value y = p.add(MoePrograms.expertProduct(dispatched, w, rows.get(1))).getFirst();
    p.output("y", p.einsum("GSKR,RN->GSKN", hot, y));
    return p.build();
  }

  @Property(tries = 30)
  void aMultipleOfRowsChangesNoBit(@ForAll long seed) {
    Random random = new Random(seed);
    int experts = 1 + random.nextInt(4);
    Tensor positions = positions(random, 1 + random.nextInt(2), 1 + random.nextInt(20), 2, experts);
    long m = 1L + random.nextInt(300);
    long n = 1L + random.nextInt(200);
    List<Tensor> inputs =
        List.of(
            real(random, positions.size(0), positions.size(1), m),
            real(random, experts, m, n),
            positions);
    float[] plain =
        run(KERNELS, product(positions.shape(), experts, m, n, 1), inputs)
            .getFirst()
            .toFloatArray();
    for (int multiple : new int[] {2, 8, 1 + random.nextInt(70)}) {
      Program padded = product(positions.shape(), experts, m, n, multiple);
      assertArrayEquals(plain, run(KERNELS, padded, inputs).getFirst().toFloatArray());
    }
  }

  private static Tensor real(Random random, long... shape) {
    int count = Math.toIntExact(Shape.of(shape).elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), shape).convert(DType.F32);
  }

  /** Numbers whose sums of some hundred products have no rounding, so that logits are exact. */
  private static Tensor coarse(Random random, long... shape) {
    int count = Math.toIntExact(Shape.of(shape).elementCount());
    double[] values = random.ints(count, -16, 17).mapToDouble(i -> i / 16.0).toArray();
    return Tensor.of(values, shape).convert(DType.F32);
  }

  @Property(tries = 20)
  void aTokensOutputHasTheSameBitsWhateverElseThereIs(@ForAll long seed) {
    Random random = new Random(seed);
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=load");
    long tokens = 1L + random.nextInt(12);
    long model = 8L + random.nextInt(200);
    long hidden = 8L + random.nextInt(200);
    Activation activation = Activation.values()[random.nextInt(4)];
    Tensor x = coarse(random, 3, tokens, model);
    List<Tensor> weights = new ArrayList<>(List.of(coarse(random, model, 4)));
    weights.add(real(random, 4, model, hidden));
    weights.add(real(random, 4, hidden, model));
    if (activation.isGated()) {
      weights.add(real(random, 4, model, hidden));
    }
    float[] whole = layer(options, activation, x, weights, hidden);
    int length = (int) (tokens * model);
    for (int group = 0; group < 3; group++) {
      Tensor own = x.slice(0, group, group + 1).contiguous();
      assertArrayEquals(
          Arrays.copyOfRange(whole, group * length, (group + 1) * length),
          layer(options, activation, own, weights, hidden));
    }
  }

  private static float[] layer(
      RouteOptions options, Activation activation, Tensor x, List<Tensor> weights, long hidden) {
    MoeSizes sizes = MoeSizes.of(x.size(0), x.size(1), 4, x.size(2), hidden, options);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(1)).withActivation(activation);
    List<Tensor> inputs = new ArrayList<>(List.of(x));
    inputs.addAll(weights);
    return run(KERNELS, MoePrograms.raggedLayer(spec), inputs).getFirst().toFloatArray();
  }

  @Test
  void numbersBelowOneAndOtherPositionsAreErrors() {
    ProgramBuilder p = Program.builder("rows");
    Value positions = p.input("positions", "i32[G=2 S=3 K=2]");
    Value floats = p.input("floats", "f32[G=2 S=3 K=2]");
    for (Runnable bad :
        List.<Runnable>of(
            () -> MoePrograms.expertRows(positions, 0, 4, 1),
            () -> MoePrograms.expertRows(positions, 4, 0, 1),
            () -> MoePrograms.expertRows(positions, 4, 4, 0),
            () -> MoePrograms.expertRows(floats, 4, 4, 1))) {
      String why =
          String.valueOf(assertThrows(IllegalArgumentException.class, bad::run).getMessage());
      assertTrue(why.contains("moe.expert_rows") && why.contains("got"), why);
    }
  }
}
