package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.vector.DotLoop;
import io.github.shardsum.ops.KernelInfo;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Scores of vectors by a handwritten loop of the Vector API: a dot product of each document with
 * each query, in four sums, on one thread.
 */
final class PanamaLoop implements Competitor {
  static final String NAME = "panama";

  private @Nullable Run run;

  private record Run(float[] documents, float[] queries, int dimensions, float[] scores) {}

  private PanamaLoop() {}

  static PanamaLoop start(int threads) throws MeasurementException {
    if (threads != 1) {
      throw new MeasurementException("the loop has one thread; use --threads 1");
    }
    if (KernelInfo.current().vectorBits() == 0) {
      throw new MeasurementException("no vectors; pass --add-modules jdk.incubator.vector to java");
    }
    return new PanamaLoop();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean supports(BenchCase subject) {
    return subject.dtype() == DType.F32 && isSearch(subject.bound());
  }

  /** Whether an equation is nd,d->n or nd,qd->nq, with any names of labels. */
  static boolean isSearch(BoundEquation bound) {
    if (bound.operandCount() != 2) {
      return false;
    }
    int[] documents = bound.operandLabels(0);
    int[] queries = bound.operandLabels(1);
    int[] scores = bound.outputLabels();
    if (documents.length != 2 || queries.length == 0 || queries.length > 2) {
      return false;
    }
    int n = documents[0];
    int d = documents[1];
    int q = queries[0];
    return n != d
        && (queries.length == 1
            ? q == d && Arrays.equals(scores, new int[] {n})
            : q != d && q != n && queries[1] == d && Arrays.equals(scores, new int[] {n, q}));
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) {
    BoundEquation bound = subject.bound();
    Run prepared =
        new Run(
            PeerInputs.heap(0, bound.operandShape(0), DType.F32).toFloatArray(),
            PeerInputs.heap(1, bound.operandShape(1), DType.F32).toFloatArray(),
            Math.toIntExact(bound.operandShape(0).size(1)),
            new float[Math.toIntExact(bound.outputShape().elementCount())]);
    run = prepared;
    score(prepared);
    double[] values = new double[samples.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = prepared.scores[Math.toIntExact(samples[i])];
    }
    return values;
  }

  @Override
  public double seconds(long calls) {
    Run prepared = Objects.requireNonNull(run, "prepare first");
    long begin = System.nanoTime();
    for (long call = 0; call < calls; call++) {
      score(prepared);
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  private static void score(Run run) {
    int d = run.dimensions;
    int at = 0;
    for (int row = 0; row < run.documents.length; row += d) {
      for (int query = 0; query < run.queries.length; query += d) {
        run.scores[at++] = DotLoop.dot(run.documents, row, run.queries, query, d);
      }
    }
  }

  @Override
  public void forget() {
    run = null;
  }
}
