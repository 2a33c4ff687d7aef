package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Some rows of one expert and the results of their products. Products gather the rows of tokens
 * while they read them. The arrays of results are small enough to stay in the cache. A chunk
 * belongs to one thread; other threads may share its work.
 *
 * @param <A> the type of arrays
 */
final class ExpertChunk<A> {
  /** Rows of a task, if several threads share the work. */
  private static final int TASK_ROWS = 64;

  private final ExpertsForm form;
  private final ExpertRowMath<A> math;
  private final int expert;
  private final int from;
  private final int end;
  private final int most;
  private final Workers workers;
  private final Scratch scratch;
  private final DispatchOrder dispatch;
  private int first;
  private int rows;

  /**
   * A chunk that has no rows yet.
   *
   * @param run the run that the rows belong to
   * @param from the first of the expert's parts that the chunk takes
   * @param end the end of these parts, exclusive
   * @param workers threads that share the work
   * @param scratch the scratch that holds the arrays
   */
  ExpertChunk(ExpertRun<A> run, int expert, int from, int end, Workers workers, Scratch scratch) {
    this.form = run.form();
    this.math = run.math();
    this.dispatch = run.dispatch();
    this.expert = expert;
    this.from = from;
    this.end = end;
    this.most = run.mostRows();
    this.workers = workers;
    this.scratch = scratch;
  }

  /** Whether tensors of the layer's dtype are operands of products without conversion. */
  boolean isDirect() {
    return form.dtype() == math.dtype();
  }

  /** Whether the expert has no rows. */
  boolean isEmpty() {
    return dispatch.size(expert) == 0;
  }

  /**
   * Takes the rows of the expert's parts one after another.
   *
   * @param work the work on the rows of a part, given the part's index
   */
  void eachPart(IntConsumer work) {
    for (int part = from; part < end; part++) {
      take(part);
      work.accept(part);
    }
  }

  private void take(int part) {
    int start = dispatch.starts()[expert];
    int all = dispatch.size(expert);
    int parts = Math.ceilDiv(all, most);
    first = start + (int) ((long) all * part / parts);
    rows = start + (int) ((long) all * (part + 1) / parts) - first;
  }

  int rows() {
    return rows;
  }

  /** The index of the chunk's first row among all rows. */
  int first() {
    return first;
  }

  ExpertsForm form() {
    return form;
  }

  ExpertRowMath<A> math() {
    return math;
  }

  Workers workers() {
    return workers;
  }

  /** An array with room for one number for each row. */
  double[] weights() {
    return scratch.doubles(ExpertScratchArray.WEIGHTS.slot(), rows);
  }

  /** The choice of a row of the chunk: an index into {@code [G, S, K]}. */
  int choice(int row) {
    return dispatch.choices()[first + row];
  }

  /** A task that runs once for each row. */
  @FunctionalInterface
  interface RowTask {
    /** Runs the task on the row of this index in the chunk. */
    void run(int row, Scratch own);
  }

  /** Runs a task on each row, on all threads. */
  void eachRow(RowTask task) {
    int tasks = Math.min(Math.ceilDiv(rows, TASK_ROWS), 4 * workers.parallelism());
    workers.run(
        tasks,
        (index, own) -> {
          int end = (int) ((long) rows * (index + 1) / tasks);
          for (int row = (int) ((long) rows * index / tasks); row < end; row++) {
            task.run(row, own);
          }
        });
  }

  /** The rows of tokens, {@code [rows, M]}, where they are in x. */
  MatrixRows tokens(Tensor x) {
    return rowsOfTokens(x, ExpertScratchArray.TOKEN_STARTS);
  }

  /** The rows of the outputs' cotangent, {@code [rows, M]}, where they are in y. */
  MatrixRows cotangents(Tensor y) {
    return rowsOfTokens(y, ExpertScratchArray.COTANGENT_STARTS);
  }

  private MatrixRows rowsOfTokens(Tensor x, ExpertScratchArray into) {
    long[] starts = scratch.longs(into.slot(), rows);
    for (int row = 0; row < rows; row++) {
      starts[row] = position(x, row);
    }
    return MatrixRows.gathered(x, starts, rows);
  }

  /** The position in a tensor {@code [G, S, M]} at which the token of this row begins. */
  long position(Tensor x, int row) {
    int token = dispatch.token(first + row);
    return token / form.tokens() * x.stride(0) + token % form.tokens() * x.stride(1);
  }

  A hidden() {
    return math.array(scratch, ExpertScratchArray.HIDDEN.slot(), rows * form.hidden());
  }

  /** The second product of a gated activation, or some of its columns. */
  A linear(int width) {
    return math.array(scratch, ExpertScratchArray.LINEAR.slot(), rows * width);
  }

  A linear() {
    return linear(form.activation().isGated() ? form.hidden() : 0);
  }

  A hiddenCotangent() {
    return math.array(scratch, ExpertScratchArray.HIDDEN_COTANGENT.slot(), rows * form.hidden());
  }

  /**
   * The expert's matrix or bias in the dtype of the arithmetic, {@code [1, ...]}.
   *
   * @param all the weights of all experts
   * @param which number of the weight
   */
  Tensor matrix(Tensor all, int which) {
    return isDirect()
        ? all.slice(0, expert, expert + 1)
        : converted(all.select(0, expert), ExpertScratchArray.EXPERT_WEIGHT.slot(which));
  }

  /** The expert's weights in the dtype of the arithmetic, each {@code [1, ...]}. */
  ExpertTensors matrices(ExpertTensors all) {
    int[] next = {0};
    return all.weights(each -> matrix(each, next[0]++));
  }

  private Tensor converted(Tensor matrix, int slot) {
    boolean isBias = matrix.rank() == 1;
    int height = isBias ? 1 : (int) matrix.size(0);
    int width = (int) matrix.size(isBias ? 0 : 1);
    A to = math.array(scratch, slot, height * width);
    Elements elements = Elements.of(matrix);
    for (int row = 0; row < height; row++) {
      long at = isBias ? 0 : row * matrix.stride(0);
      math.load(elements, at, matrix.stride(isBias ? 0 : 1), width, to, row * width);
    }
    return isBias ? math.matrix(to, 0, 1, width) : math.matrix(to, 0, 1, height, width);
  }

  /** The chunk's rows in an array that holds all rows. */
  Tensor rowsOf(A all, int width) {
    return math.matrix(all, first * width, rows, width);
  }

  /** An array of only the chunk's rows, {@code [rows, width]}, as the operand of a product. */
  MatrixRows operand(A own, int width) {
    return MatrixRows.of(matrix(own, width));
  }

  /** An array of only the chunk's rows. */
  Tensor matrix(A own, int width) {
    return math.matrix(own, 0, rows, width);
  }

  /**
   * The chunk's rows of a tensor {@code [R, H]}, in the dtype of the arithmetic.
   *
   * @param which 0, or 1 for a second tensor that is used at the same time. A converted tensor is
   *     in the memory of {@link #hidden} (0) or {@link #linear} (1)
   */
  Tensor rowsOf(Tensor all, int which) {
    if (isDirect()) {
      return all.slice(0, first, first + rows);
    }
    return matrix(load(all, which == 0 ? hidden() : linear()), form.hidden());
  }

  /** Loads the chunk's rows of a tensor {@code [R, width]}. */
  A load(Tensor all, A to) {
    int width = (int) all.size(1);
    Elements elements = Elements.of(all);
    eachRow(
        (row, _) ->
            math.load(
                elements, (first + row) * all.stride(0), all.stride(1), width, to, row * width));
    return to;
  }

  /** Stores the chunk's rows in a tensor {@code [R, width]}. */
  void store(A from, Tensor all) {
    int width = (int) all.size(1);
    Elements elements = Elements.of(all);
    eachRow(
        (row, _) ->
            math.store(
                elements, (first + row) * all.stride(0), all.stride(1), width, from, row * width));
  }

  /** to = x w, plus a bias if there is one, then a relu if requested. */
  void product(MatrixRows x, Tensor w, Optional<Tensor> bias, boolean relu, Tensor to) {
    Epilogue epilogue = epilogue(bias);
    GroupedProduct.rowsInto(workers, to, x, w, sizes(), relu ? epilogue.withRelu() : epilogue);
  }

  static Epilogue epilogue(Optional<Tensor> bias) {
    return bias.isPresent()
        ? Epilogue.none().withBias("n", bias.get().select(0, 0))
        : Epilogue.none();
  }

  /** to = x times the transposed w. */
  void back(MatrixRows x, Tensor w, Tensor to) {
    product(x, w.transpose(0, 2, 1), Optional.empty(), false, to);
  }

  /** to += x times the transposed w. */
  void addBack(Tensor x, Tensor w, Tensor to) {
    GroupedProduct.addRows(workers, to, x, w.transpose(0, 2, 1), sizes());
  }

  /** to = the transposed x times y; with {@code adds}, to += this product. */
  void weights(boolean adds, MatrixRows x, MatrixRows y, Tensor to) {
    if (adds) {
      GroupedProduct.addWeights(workers, to, x, y, sizes());
    } else {
      GroupedProduct.weightsInto(workers, to, x, y, sizes());
    }
  }

  Tensor sizes() {
    return Tensor.of(new long[] {rows}, 1);
  }

  /** A bias {@code [1, M]} as an array. */
  A biasRow(Tensor bias) {
    A to = math.array(scratch, ExpertScratchArray.OUT_BIAS.slot(), form.model());
    math.load(Elements.of(bias), 0, bias.stride(1), form.model(), to, 0);
    return to;
  }

  /**
   * Adds the outputs' cotangents, each times the weight of its choice, to the gradient of the last
   * product's bias.
   *
   * @param y the outputs' cotangent {@code [G, S, M]}
   * @param weight the weight of each choice, {@code [G, S, K]}
   */
  void addCotangents(ExpertBiasGradient<A> sums, Tensor y, TokenElements weight) {
    A dy = math.array(scratch, ExpertScratchArray.COTANGENT_ROW.slot(), form.model());
    Elements elements = Elements.of(y);
    for (int row = 0; row < rows; row++) {
      math.load(elements, position(y, row), y.stride(2), form.model(), dy, 0);
      sums.add(dy, 0, weight.get(choice(row)));
    }
  }

  /** Sets the expert's part of gradients to 0. */
  void clear(Tensor gradients) {
    ExpertRun.clear(gradients.select(0, expert));
  }

  /**
   * The gradient of the expert's bias, a sum that begins at 0.
   *
   * @param gradients the gradients of all experts
   * @param which number of the bias
   */
  ExpertBiasGradient<A> sums(Tensor gradients, int which) {
    Tensor one = gradients.select(0, expert);
    return new ExpertBiasGradient<>(
        math,
        scratch.doubles(ExpertScratchArray.BIAS_GRADIENT.slot(which), (int) one.size(0)),
        one);
  }

  /**
   * The memory for the gradient of the expert's matrix. It is a part of the result, or separate
   * memory of higher precision, which {@link #store(Tensor, Tensor)} rounds.
   *
   * @param which number of the matrix
   */
  Tensor gradientOf(Tensor gradients, int which) {
    Tensor one = gradients.slice(0, expert, expert + 1);
    if (isDirect()) {
      return one;
    }
    int length = (int) one.shape().elementCount();
    A memory = math.array(scratch, ExpertScratchArray.MATRIX_GRADIENT.slot(which), length);
    return math.matrix(memory, 0, one.shape().toArray());
  }

  /** Rounds the gradient of the expert's matrix into the result, unless it was computed there. */
  void store(Tensor gradient, Tensor gradients) {
    if (!isDirect()) {
      gradients.slice(0, expert, expert + 1).assign(gradient);
    }
  }
}
