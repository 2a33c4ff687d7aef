package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.decomposition.RowComposites;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernels of {@code moe.rows_experts} and of its gradient: this device's experts compute the
 * rows that all members of a group sent. The rows are in the order of sources, and within a source
 * in the order of experts. They form a layer with one group, whose tokens have one choice each, so
 * each expert has its rows in the same order as on one device. The counts give the number of rows;
 * memory behind these rows is not touched.
 *
 * <p>A kernel may compute a piece: the rows of a chunk of this device's experts. The rows of pieces
 * then follow each other, and within a piece they are in the order of sources.
 *
 * @param form the sizes; the number of tokens is the most rows that may be received
 * @param chunk the most rows of an expert in one chunk
 * @param isGradient whether the kernel computes gradients
 * @param memberAt the number of the operand with the device's index along the axes of the hidden
 *     width; the device with index 0 adds the last bias. -1 if the hidden width is whole
 * @param pieces the number of pieces; a run computes the piece whose index is the last operand. 1
 *     for all rows
 * @param sharing the cost of shared tasks in earlier runs of this kernel
 */
record RowsExperts(
    ExpertsForm form,
    int chunk,
    boolean isGradient,
    int memberAt,
    int pieces,
    SharedExpertCost sharing)
    implements CompositeKernel {
  private static final int COUNTS = 2;
  private static final String NUMBER = "[1-9][0-9]{0,8}";

  /** The factory of {@code moe.rows_experts}. */
  static Optional<CompositeKernel> forward(Composite composite) {
    return of(composite, false);
  }

  /** The factory of the gradient of {@code moe.rows_experts}. */
  static Optional<CompositeKernel> gradient(Composite composite) {
    return of(composite, true);
  }

  private static Optional<CompositeKernel> of(Composite composite, boolean isGradient) {
    int first = ExpertStage.WHOLE.matricesAt();
    String chunk = composite.attributes().getOrDefault(RowComposites.CHUNK, "");
    String pieces = composite.attributes().getOrDefault(Part.Run.PIECES, "1");
    if (composite.operands().size() <= first || !chunk.matches(NUMBER) || !pieces.matches(NUMBER)) {
      return Optional.empty();
    }
    int ofPiece = pieces.equals("1") ? 0 : 1;
    return form(composite)
        .flatMap(
            form -> {
              int least = first + form.weights() + (isGradient ? 1 : 0);
              int given = composite.operands().size() - ofPiece;
              boolean hasMember = given == least + 1;
              return given == least || hasMember
                  ? Optional.of(
                      new RowsExperts(
                          form,
                          Math.min(Integer.parseInt(chunk), ExpertChunkSize.MOST_ROWS),
                          isGradient,
                          hasMember ? given - 1 : -1,
                          Integer.parseInt(pieces),
                          new SharedExpertCost()))
                  : Optional.empty();
            });
  }

  /** The form of a layer with the most rows that may be received. */
  private static Optional<ExpertsForm> form(Composite composite) {
    ValueType rows = composite.operands().getFirst().type();
    ValueType matrix = composite.operands().get(ExpertStage.WHOLE.matricesAt()).type();
    if (rows.rank() != 2 || !matrix.names().equals(List.of("E", "M", "H"))) {
      return Optional.empty();
    }
    long count = rows.shape().size(0);
    int capacity = Math.clamp(count, 1, Integer.MAX_VALUE);
    return ExpertsForm.of(composite.attributes(), Shape.of(1, count, 1), capacity, matrix);
  }

  @Override
  public double flops() {
    return (isGradient ? 3 : 1) * form.flops() / pieces;
  }

  @Override
  public long scratchBytes(Workers workers) {
    long order = Integer.BYTES * (2L * form.tokens() + form.experts() + 1);
    long rows = (long) form.tokens() * form.model() * form.math().dtype().byteSize();
    return order + rows + workers.threads() * ExpertChunkSize.bytes(form, isGradient, chunk);
  }

  @Override
  public long packedBytes(Workers workers) {
    return ExpertChunkSize.packedBytes(form, chunk);
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
    Piece piece = piece(operands);
    Tensor counts = operands.get(COUNTS).slice(1, piece.first(), piece.end());
    DispatchOrder order = DispatchOrder.ofCounts(counts, form.tokens(), scratch);
    int experts = (int) (piece.end() - piece.first());
    ExpertsForm own = form.ofTokens(order.count(experts)).ofExperts(experts);
    ExpertRun<A> run =
        new ExpertRun<>(
            own,
            chunk,
            math,
            order,
            operands(operands, piece, own.tokens()),
            results(results, piece, own.tokens()),
            workers,
            scratch,
            sharing);
    if (isGradient) {
      ExpertsGradient.run(run, ExpertStage.WHOLE);
    } else {
      Experts.run(run, ExpertStage.WHOLE);
    }
  }

  /**
   * Some experts of this device, and the position of their rows.
   *
   * @param first the first of the experts
   * @param end the end of the experts, exclusive
   * @param row the first of their rows
   */
  private record Piece(long first, long end, long row) {
    Tensor experts(Tensor all) {
      return all.slice(0, first, end);
    }

    /** Rows {@code [R, M]} or {@code [R]} as {@code [1, R, M]} or {@code [1, R, 1]}. */
    Tensor rows(Tensor all, int count) {
      long width = all.rank() > 1 ? all.size(1) : 1;
      return all.slice(0, row, row + count).reshape(1, count, width);
    }
  }

  private Piece piece(List<Tensor> operands) {
    if (pieces == 1) {
      return new Piece(0, form.experts(), 0);
    }
    int index = Math.toIntExact(operands.getLast().getLong());
    Cut cut = Cut.chunks(form.experts(), pieces);
    Tensor counts = operands.get(COUNTS);
    long before = 0;
    for (long source = 0; source < counts.size(0); source++) {
      for (long expert = 0; expert < cut.start(index); expert++) {
        before += counts.getLong(source, expert);
      }
    }
    return new Piece(cut.start(index), cut.end(index), before);
  }

  /**
   * The operands in the shapes of a layer with one group. Counts take the place of positions,
   * because rows are already in order.
   */
  private List<Tensor> operands(List<Tensor> operands, Piece piece, int rows) {
    List<Tensor> all = new ArrayList<>();
    all.add(piece.rows(operands.get(0), rows));
    all.add(piece.rows(operands.get(1), rows));
    all.add(operands.get(COUNTS));
    ExpertWeights<Tensor> weights =
        form.weights(operands, ExpertStage.WHOLE.matricesAt()).map(piece::experts);
    all.addAll(isFirst(operands) ? weights.all() : withoutLastBias(weights).all());
    if (isGradient) {
      all.add(piece.rows(operands.get(ExpertStage.WHOLE.matricesAt() + form.weights()), rows));
    }
    return all;
  }

  private boolean isFirst(List<Tensor> operands) {
    return memberAt < 0 || operands.get(memberAt).getLong() == 0;
  }

  /**
   * The weights with a last bias of 0. Outputs are addends along the hidden width, and only one
   * device adds the last bias.
   */
  private static ExpertWeights<Tensor> withoutLastBias(ExpertWeights<Tensor> weights) {
    return new ExpertWeights<>(
        weights.in(),
        weights.out(),
        weights.linear(),
        weights.inBias(),
        weights.outBias().map(bias -> Tensor.zeros(bias.dtype()).broadcastTo(bias.shape())),
        weights.linearBias());
  }

  private List<Tensor> results(List<Tensor> results, Piece piece, int rows) {
    List<Tensor> all = new ArrayList<>();
    for (Tensor result : results) {
      boolean isOfRows = all.size() < (isGradient ? 2 : 1);
      all.add(isOfRows ? piece.rows(result, rows) : piece.experts(result));
    }
    return all;
  }

  /**
   * The dtype of output rows while they travel; they are not rounded to bf16 before they are
   * summed.
   */
  static DType outputs(DType dtype) {
    return dtype == DType.F64 ? DType.F64 : DType.F32;
  }
}
