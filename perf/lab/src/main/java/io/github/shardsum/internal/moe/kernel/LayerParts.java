package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The parts of {@code moe.experts} other than products, each run alone by the composite's own code.
 * The class is in the package of that code because the code is not public.
 */
public final class LayerParts {
  /** A part. */
  public enum Part {
    /** The order of rows, by counting. */
    SORT,
    /** The sum of each token's rows. */
    COMBINE
  }

  private final ExpertsForm form;
  private final Workers workers;
  private final List<Tensor> operands;
  private final float[] rows;
  private final Tensor out;

  private LayerParts(ExpertsForm form, Workers workers, List<Tensor> operands) {
    this.form = form;
    this.workers = workers;
    this.operands = operands;
    this.rows = new float[Math.toIntExact(form.rows() * form.model())];
    this.out = Tensor.zeros(form.dtype(), form.groups(), form.tokens(), form.model());
  }

  /**
   * The parts of a layer.
   *
   * @param layer a program with one {@code moe.experts}, of f32
   * @param workers the threads
   * @param operands the operands of that composite: tokens, weights and positions
   */
  public static LayerParts of(Program layer, Workers workers, List<Tensor> operands) {
    ExpertsForm form =
        layer.statements().stream()
            .map(Statement::operation)
            .filter(Composite.class::isInstance)
            .map(Composite.class::cast)
            .filter(composite -> composite.name().equals(LayerComposites.EXPERTS))
            .findFirst()
            .flatMap(composite -> ExpertsKernel.form(ExpertStage.WHOLE, composite, false))
            .filter(each -> each.dtype() == DType.F32)
            .orElseThrow(() -> new IllegalArgumentException("layer: must have moe.experts of f32"));
    return new LayerParts(form, workers, List.copyOf(operands));
  }

  private ExpertRun<float[]> run(Scratch scratch) {
    int threads = workers.parallelism();
    return new ExpertRun<>(
        form,
        ExpertChunkSize.rows(form, false, threads),
        new FloatExpertRowMath(),
        sort(scratch),
        operands,
        List.of(out),
        workers,
        scratch,
        new SharedExpertCost());
  }

  private DispatchOrder sort(Scratch scratch) {
    return DispatchOrder.of(
        operands.get(ExpertStage.WHOLE.positionsAt()), 0, form.experts(), form.capacity(), scratch);
  }

  /**
   * Runs a part.
   *
   * @param calls the number of runs
   * @return seconds of all runs; a sort that must come first is not included
   */
  public double seconds(Part part, long calls) {
    double[] seconds = new double[1];
    workers.run(1, (_, scratch) -> seconds[0] = seconds(part, calls, run(scratch)));
    return seconds[0];
  }

  private double seconds(Part part, long calls, ExpertRun<float[]> run) {
    long begin = System.nanoTime();
    for (long i = 0; i < calls; i++) {
      switch (part) {
        case SORT -> sort(run.scratch());
        case COMBINE -> Combine.run(run, rows, out);
      }
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  /** The summands, {@code [R, M]}, which the caller writes before they are summed. */
  public float[] summands() {
    return rows;
  }

  /** The sums, {@code [G, S, M]}. */
  public Tensor sums() {
    return out;
  }

  /** The row of each choice, {@code [G, S, K]}, or -1. */
  public int[] rows() {
    return copy((permutation, choices) -> Arrays.copyOf(permutation.rows(), choices));
  }

  /** The token of each row. */
  public int[] tokens() {
    return copy(
        (permutation, _) -> {
          int[] tokens = new int[permutation.count(form.experts())];
          Arrays.setAll(tokens, permutation::token);
          return tokens;
        });
  }

  /** The parts of a layer, from an order of rows and the number of choices. */
  private interface Copy {
    int[] of(DispatchOrder order, int choices);
  }

  private int[] copy(Copy copy) {
    int choices = form.groups() * form.tokens() * form.choices();
    int[][] result = new int[1][];
    workers.run(1, (_, scratch) -> result[0] = copy.of(sort(scratch), choices));
    return result[0];
  }
}
