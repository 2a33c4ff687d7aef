package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * A kernel that computes one expert at a time.
 *
 * @param form the sizes and the kind of the layer
 * @param positionsAt the number of the operand with the positions
 * @param startAt the number of the operand with the index of the first expert, a scalar of i64;
 *     present if the experts are a chunk of a split along E
 * @param flops floating-point operations of a run
 * @param backward whether the kernel computes gradients
 * @param holdsRows whether a run uses {@link ExpertRun#rows}
 * @param inPlace the number of the operand whose memory a result may reuse, for each such result
 * @param inOrder makes the kernel with sums in a fixed order, if there is one
 * @param work the computation
 * @param sharing the cost of shared tasks in earlier runs of this kernel
 */
record ExpertsKernel(
    ExpertsForm form,
    int positionsAt,
    OptionalInt startAt,
    double flops,
    boolean backward,
    boolean holdsRows,
    Map<Integer, Integer> inPlace,
    Function<SumOrder, Optional<CompositeKernel>> inOrder,
    Work work,
    SharedExpertCost sharing)
    implements CompositeKernel {
  /** The work of a run, in arrays of either kind. */
  interface Work {
    <A> void run(ExpertRun<A> run);
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
    long rows = holdsRows ? form.rows() * form.model() * form.math().dtype().byteSize() : 0;
    return order
        + rows
        + ExpertChunkSize.plannedBytes(form, backward, workers.parallelism(), workers.threads());
  }

  @Override
  public Optional<CompositeKernel> in(SumOrder sums) {
    return sums.isTree() ? inOrder.apply(sums) : Optional.of(this);
  }

  @Override
  public long packedBytes(Workers workers) {
    return ExpertChunkSize.packedBytes(
        form, ExpertChunkSize.rows(form, backward, workers.parallelism()));
  }

  @Override
  public int inPlaceOf(int result) {
    return inPlace.getOrDefault(result, -1);
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
    Tensor positions = operands.get(positionsAt);
    long first = startAt.isPresent() ? operands.get(startAt.getAsInt()).getLong() : 0;
    DispatchOrder dispatch =
        DispatchOrder.of(positions, first, form.experts(), form.capacity(), scratch);
    int threads = workers.parallelism();
    work.run(
        new ExpertRun<>(
            form,
            ExpertChunkSize.rows(form, backward, threads),
            math,
            dispatch,
            operands,
            results,
            workers,
            scratch,
            sharing));
  }
}
