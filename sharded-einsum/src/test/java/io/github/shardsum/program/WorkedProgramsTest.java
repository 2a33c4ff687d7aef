package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Programs that the operations must be enough for: greedy decoding, a loss with an update. */
class WorkedProgramsTest {
  private static final int B = 3;
  private static final int T = 7;
  private static final int V = 11;
  private static final int D = 4;

  private static List<Backend> backends() {
    return List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential()));
  }

  private static Tensor random(long seed, long... shape) {
    int count = 1;
    for (long size : shape) {
      count *= (int) size;
    }
    return Tensor.of(new Random(seed).doubles(count, -1.5, 1.5).toArray(), shape);
  }

  /** One layer of attention over a cache; the next token is the most likely one. */
  private static Program decoder() {
    ProgramBuilder p = Program.builder("decoder");
    Value first = p.input("first", "i32[b=3]");
    Value embed = p.input("embed", "f64[v=11 d=4]");
    Value wq = p.input("wq", "f64[d=4 e=4]");
    Value wk = p.input("wk", "f64[d=4 e=4]");
    Value wv = p.input("wv", "f64[d=4 e=4]");
    ProgramBuilder r = Program.builder("token");
    Value token = r.input("token", "i32[b=3]");
    Value keys = r.input("keys", "f64[b=3 s=7 e=4]");
    Value values = r.input("values", "f64[b=3 s=7 e=4]");
    Value position = r.input("position", "i32[]");
    Value table = r.input("embed", "f64[v=11 d=4]");
    Value q = r.input("wq", "f64[d=4 e=4]");
    Value k = r.input("wk", "f64[d=4 e=4]");
    Value v = r.input("wv", "f64[d=4 e=4]");
    Value x = r.einsum("bv,vd->bd", r.oneHot(token, "v", V, DType.F64), table);
    Value slots = r.iota("i32[s=7]", "s");
    Value here = r.compare(Comparison.EQ, slots, position);
    Value newKeys = r.select(here, r.einsum("bd,de->be", x, k), keys);
    Value newValues = r.select(here, r.einsum("bd,de->be", x, v), values);
    Value scores = r.einsum("be,bse->bs", r.einsum("bd,de->be", x, q), newKeys);
    Value past = r.compare(Comparison.LE, slots, position);
    Value masked = r.select(past, scores, r.constant(DType.F64, Double.NEGATIVE_INFINITY));
    Value mixed = r.einsum("bs,bse->be", r.softmax(masked, "s"), newValues);
    Value logits = r.einsum("be,ve->bv", r.add(x, r.rename(mixed, "e", "d")), table);
    Value next = r.let("next", r.argMax(logits, "v"));
    r.output(next);
    r.output(newKeys);
    r.output(newValues);
    r.output(next);
    Value cache = p.constant(ValueType.parse("f64[b=3 s=7 e=4]"), 0);
    List<Value> results =
        p.add(
            new Nested.Scan(
                T,
                "t",
                false,
                r.build(),
                List.of(first, cache, cache),
                List.of(p.iota("i32[t=7]", "t")),
                List.of(embed, wq, wk, wv)));
    p.output("tokens", results.getLast());
    return p.build();
  }

  @Test
  void greedyDecodingChoosesWhatPlainLoopsChoose() {
    Program decoder = decoder();
    assertEquals(decoder, Program.parse(decoder.toString()));
    List<Tensor> inputs =
        List.of(
            Tensor.of(new int[] {0, 4, 9}, B),
            random(1, V, D),
            random(2, D, D),
            random(3, D, D),
            random(4, D, D));
    long[] expected = decode(inputs);
    for (Backend backend : backends()) {
      try (Executable executable = backend.compile(decoder)) {
        assertArrayEquals(
            expected, executable.run(inputs).getFirst().toLongArray(), backend.name());
      }
    }
    assertTrue(java.util.Arrays.stream(expected).distinct().count() > 2, "a dull choice of seeds");
  }

  private static double[] row(Tensor matrix, double[] x) {
    double[] y = new double[D];
    for (int i = 0; i < D; i++) {
      for (int j = 0; j < D; j++) {
        y[j] += x[i] * matrix.getDouble(i, j);
      }
    }
    return y;
  }

  /** Tokens {@code [t, b]}. */
  private static long[] decode(List<Tensor> in) {
    long[] tokens = new long[T * B];
    for (int b = 0; b < B; b++) {
      long token = in.getFirst().getLong(b);
      List<double[]> keys = new ArrayList<>();
      List<double[]> values = new ArrayList<>();
      for (int t = 0; t < T; t++) {
        double[] x = in.get(1).select(0, token).toDoubleArray();
        double[] q = row(in.get(2), x);
        keys.add(row(in.get(3), x));
        values.add(row(in.get(4), x));
        double[] y = x.clone();
        double sum = 0;
        double[] mixed = new double[D];
        for (int s = 0; s <= t; s++) {
          double weight = 0;
          for (int i = 0; i < D; i++) {
            weight += q[i] * keys.get(s)[i];
          }
          weight = Math.exp(weight);
          sum += weight;
          for (int i = 0; i < D; i++) {
            mixed[i] += weight * values.get(s)[i];
          }
        }
        for (int i = 0; i < D; i++) {
          y[i] += mixed[i] / sum;
        }
        token = best(in.get(1), y);
        tokens[t * B + b] = token;
      }
    }
    return tokens;
  }

  private static long best(Tensor embed, double[] y) {
    long best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < V; v++) {
      double score = 0;
      for (int i = 0; i < D; i++) {
        score += y[i] * embed.getDouble(v, i);
      }
      if (score > most) {
        most = score;
        best = v;
      }
    }
    return best;
  }

  /** Cross-entropy of a linear classifier, its gradient, and a step of Adam: one program. */
  @Test
  void aStepOfAdamLowersTheLoss() {
    ProgramBuilder m = Program.builder("model");
    Value x = m.input("x", "f64[b=8 d=4]");
    Value w = m.input("w", "f64[d=4 v=3]");
    Value classes = m.input("classes", "i32[b=8]");
    Value logits = m.einsum("bd,dv->bv", x, w);
    Value logs = m.unary(UnaryKind.LOG, m.softmax(logits, "v"));
    Value picked = m.einsum("bv,bv->", logs, m.oneHot(classes, "v", 3, DType.F64));
    m.output("loss", m.scale(picked, -1.0 / 8));
    Program model = m.build();
    Program both = Gradients.valueAndGradient(model, List.of("loss"), List.of("w"));
    ProgramBuilder p = Program.builder("step");
    List<Value> in = new ArrayList<>();
    both.inputs().forEach(input -> in.add(p.input(input.name(), input.type())));
    Value mean = p.input("mean", "f64[d=4 v=3]");
    Value square = p.input("square", "f64[d=4 v=3]");
    List<Value> lossAndGradient = p.inline(both, in);
    Value g = lossAndGradient.get(1);
    Value newMean = p.add(p.scale(mean, 0.9), p.scale(g, 0.1));
    Value newSquare = p.add(p.scale(square, 0.999), p.scale(p.multiply(g, g), 0.001));
    Value corrected = p.unary(UnaryKind.SQRT, p.scale(newSquare, 1000));
    Value below = p.add(corrected, p.constant(DType.F64, 1e-8));
    Value change = p.binary(BinaryKind.DIVIDE, p.scale(newMean, 10 * 0.05), below);
    p.output("loss", lossAndGradient.getFirst());
    p.output("new_w", p.subtract(in.get(1), change));
    Program step = p.build();
    List<Tensor> inputs = new ArrayList<>();
    inputs.add(random(7, 8, D));
    inputs.add(random(8, D, 3));
    inputs.add(Tensor.of(new int[] {0, 1, 2, 0, 1, 2, 0, 1}, 8));
    inputs.add(Tensor.zeros(DType.F64, D, 3));
    inputs.add(Tensor.zeros(DType.F64, D, 3));
    List<double[]> weights = new ArrayList<>();
    for (Backend backend : backends()) {
      try (Executable executable = backend.compile(step)) {
        List<Tensor> results = executable.run(inputs);
        List<Tensor> next = new ArrayList<>(inputs);
        next.set(1, results.get(1));
        double before = results.getFirst().getDouble();
        double after = executable.run(next).getFirst().getDouble();
        assertTrue(after < before, before + " to " + after);
        weights.add(results.get(1).toDoubleArray());
        // The first step of Adam moves each weight by the rate, against its gradient's sign.
        for (int i = 0; i < 12; i++) {
          double moved = weights.getLast()[i] - inputs.get(1).toDoubleArray()[i];
          assertEquals(0.05, Math.abs(moved), 1e-6);
        }
      }
    }
    assertArrayEquals(weights.get(0), weights.get(1), 1e-12);
  }
}
