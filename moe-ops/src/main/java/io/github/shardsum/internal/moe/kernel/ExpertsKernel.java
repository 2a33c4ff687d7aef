package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A kernel that computes one expert at a time.
 *
 * @param stage the products that it computes
 * @param form the sizes and the kind of the layer
 * @param backward whether the kernel computes gradients
 * @param startAt the number of the operand with the index of the first expert, a scalar of i64;
 *     present if the experts are a chunk of a split along E
 * @param sharing the cost of shared tasks in earlier runs of this kernel
 */
record ExpertsKernel(
    ExpertStage stage,
    ExpertsForm form,
    Composite composite,
    boolean backward,
    OptionalInt startAt,
    SharedExpertCost sharing)
    implements CompositeKernel {
  /** The kernel of a composite or of its gradient, if it has the form of one. */
  static Optional<CompositeKernel> of(ExpertStage stage, Composite composite, boolean backward) {
    return form(stage, composite, backward)
        .map(
            form ->
                new ExpertsKernel(
                    stage,
                    form,
                    composite,
                    backward,
                    startAt(stage, composite),
                    new SharedExpertCost()));
  }

  /** The form of a composite or of its gradient; empty if it has other operands. */
  static Optional<ExpertsForm> form(ExpertStage stage, Composite composite, boolean backward) {
    int others = startAt(stage, composite).isPresent() ? 1 : 0;
    int given = composite.operands().size() - others;
    return ExpertsForm.of(composite, stage.positionsAt(), stage.matricesAt())
        .filter(form -> given == stage.operands(form, backward).size());
  }

  /** The number of the last operand, if this operand is the first index of a chunk of experts. */
  private static OptionalInt startAt(ExpertStage stage, Composite composite) {
    int last = composite.operands().size() - 1;
    ValueType type = composite.operands().get(last).type();
    return stage == ExpertStage.WHOLE && type.dtype() == DType.I64 && type.rank() == 0
        ? OptionalInt.of(last)
        : OptionalInt.empty();
  }

  /** The gradient of the whole computes the first products again. */
  @Override
  public double flops() {
    int passes = !backward ? 1 : stage == ExpertStage.WHOLE ? 3 : 2;
    return passes * stage.flops(form);
  }

  /**
   * Scratch for all rows if the run holds them, for their order, for one chunk that all threads
   * share, and for one more chunk for each other thread that can have a task. Tasks of one thread
   * run inside the region that holds the shared chunk.
   */
  @Override
  public long scratchBytes(Workers workers) {
    long choices = (long) form.groups() * form.tokens() * form.choices();
    long order = Integer.BYTES * (choices + form.rows() + 2L * form.experts());
    boolean holdsRows = stage != (backward ? ExpertStage.OUT : ExpertStage.IN);
    long rows = holdsRows ? form.rows() * form.model() * form.math().dtype().byteSize() : 0;
    return order
        + rows
        + ExpertChunkSize.plannedBytes(form, backward, workers.parallelism(), workers.threads());
  }

  @Override
  public Optional<CompositeKernel> in(SumOrder sums) {
    if (!sums.isTree()) {
      return Optional.of(this);
    }
    return stage == ExpertStage.WHOLE
        ? ExpertsInOrder.of(form, composite, sums, backward)
        : Optional.empty();
  }

  @Override
  public long packedBytes(Workers workers) {
    return ExpertChunkSize.packedBytes(
        form, ExpertChunkSize.rows(form, backward, workers.parallelism()));
  }

  /** Gradients of z and v may reuse the memory of z and v: a row is read before it is written. */
  @Override
  public int inPlaceOf(int result) {
    if (!backward) {
      return -1;
    }
    ExpertTensor of = stage.gradients(form).get(result);
    boolean isKept = of == ExpertTensor.HIDDEN || of == ExpertTensor.GATE;
    return isKept ? stage.operands(form, true).indexOf(of) : -1;
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    workers.run(1, (_, scratch) -> run(form.math(), operands, results, workers, scratch));
  }

  private <A> void run(
      ExpertRowMath<A> math,
      List<Tensor> operands,
      List<Tensor> results,
      Workers workers,
      Scratch scratch) {
    Tensor positions = operands.get(stage.positionsAt());
    long first = startAt.isPresent() ? operands.get(startAt.getAsInt()).getLong() : 0;
    DispatchOrder dispatch =
        DispatchOrder.of(positions, first, form.experts(), form.capacity(), scratch);
    int threads = workers.parallelism();
    ExpertRun<A> run =
        new ExpertRun<>(
            form,
            ExpertChunkSize.rows(form, backward, threads),
            math,
            dispatch,
            operands,
            results,
            workers,
            scratch,
            sharing);
    if (backward) {
      ExpertsGradient.run(run, stage);
    } else {
      Experts.run(run, stage);
    }
  }
}
