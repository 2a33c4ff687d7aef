package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.experts}, or of its gradient, in a fixed order of sums. The kernel
 * computes only the rows of chosen experts; the decomposition computes all slots of all experts.
 * Both results have the same bits. A slot without a token is a row of zeros. Its terms change no
 * sum, because each sum begins at +0 and can become -0 only if a product underflows.
 *
 * <p>The decomposition runs if such a term might matter: if a number is a NaN or infinite, if it
 * might be so in a slot that the kernel does not compute, or if a product underflows. Plans do not
 * count the memory of the decomposition.
 *
 * @param form the sizes
 * @param backward whether this is the kernel of the gradient
 */
record ExpertsInOrder(ExpertsForm form, Composite composite, SumOrder sums, boolean backward)
    implements CompositeKernel {
  /** The largest number of slots of all experts; each slot takes an i32. */
  private static final long MOST_SLOTS = 1 << 26;

  private static final int INPUTS = 0;
  private static final int WEIGHTS = 1;
  private static final int POSITIONS = 2;
  private static final int IN = 3;
  private static final int OUT = IN + 1;
  private static final int COTANGENT = OUT + 1;

  /** Indices among the results of a gradient; positions have no gradient. */
  private static final int IN_GRADIENT = 2;

  private static final int OUT_GRADIENT = 3;

  /**
   * The kernel of a composite; empty for a form of sums that this kernel does not compute. There
   * must be more experts than choices, so that the tree of each token contains a leaf without
   * terms, which is +0. The slots of a group must be one leaf.
   */
  static Optional<CompositeKernel> of(
      ExpertsForm form, Composite composite, SumOrder sums, boolean backward) {
    long slots = (long) form.groups() * form.experts() * form.capacity();
    boolean isPlain =
        form.activation() == Activation.RELU
            && !form.biased()
            && form.capacity() > 1
            && form.capacity() <= sums.leaf()
            && form.experts() > form.choices()
            && slots <= MOST_SLOTS
            && form.rows() * Math.max(form.model(), form.hidden()) <= Shape.LONGEST_ARRAY
            && (double) form.groups() * form.model() * form.hidden() <= Shape.LONGEST_ARRAY
            && composite.operands().size() == (backward ? COTANGENT + 1 : COTANGENT);
    if (!isPlain || form.rows() == 0 || form.model() == 0 || form.hidden() == 0) {
      return Optional.empty();
    }
    List<String> names = List.of("G S M", "G S K", "G S K", "E M H", "E H M", "G S M");
    for (int i = 0; i < composite.operands().size(); i++) {
      ValueType type = composite.operands().get(i).type();
      boolean isPosition = i == POSITIONS;
      if (!String.join(" ", type.names()).equals(names.get(i))
          || type.dtype() != (isPosition ? DType.I32 : DType.F32)) {
        return Optional.empty();
      }
    }
    return Optional.of(new ExpertsInOrder(form, composite, sums, backward));
  }

  @Override
  public boolean splitsInOrder() {
    return false;
  }

  @Override
  public double flops() {
    return (backward ? 3 : 1) * form.flops();
  }

  @Override
  public long scratchBytes(Workers workers) {
    long rows = form.rows();
    long widths =
        backward ? 3L * form.model() + 2L * form.hidden() : 2L * form.model() + form.hidden();
    // Two sums wait at most at each level of the tree over groups.
    long levels = 2L + Integer.SIZE - Integer.numberOfLeadingZeros(form.groups());
    long partial = backward ? levels * workers.threads() * form.model() * form.hidden() : 0;
    long slots = (long) form.groups() * form.experts() * form.capacity();
    long sum = (long) workers.threads() * (form.choices() + 1) * form.model();
    return Float.BYTES * (rows * widths + partial + sum)
        + Integer.BYTES * (slots + 3 * rows + (long) form.groups() * form.experts());
  }

  @Override
  public long packedBytes(Workers workers) {
    return ExpertChunkSize.packedBytes(form, form.rows());
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    boolean[] isExact = {true};
    workers.run(1, (_, scratch) -> isExact[0] = run(operands, results, workers, scratch));
    if (!isExact[0]) {
      CompileOptions options = CompileOptions.defaults().withSums(sums);
      try (Executable all = LocalBackend.of(workers).compile(composite.decomposition(), options)) {
        all.runInto(results, operands);
      }
    }
  }

  /** Returns false if the results may differ in some bit from those of the decomposition. */
  private boolean run(
      List<Tensor> operands, List<Tensor> results, Workers workers, Scratch scratch) {
    OrderedExpertRows rows = scratch.kept(OrderedExpertRows.class, OrderedExpertRows::new);
    boolean isSlotted = rows.sort(form, operands.get(POSITIONS));
    boolean isFinite =
        operands.stream()
            .filter(each -> each.dtype() == DType.F32)
            .allMatch(each -> OrderedExpertRows.isFinite(workers, each));
    if (!isSlotted || !isFinite) {
      return false;
    }
    return backward
        ? back(operands, results, workers, rows)
        : forward(operands, results, workers, rows);
  }

  private boolean forward(
      List<Tensor> operands, List<Tensor> results, Workers workers, OrderedExpertRows rows) {
    Tensor x = rows.matrix(0, form.model());
    Tensor h = rows.matrix(1, form.hidden());
    Tensor y = rows.matrix(2, form.model());
    rows.gather(workers, operands.get(INPUTS), x);
    product(workers, rows, x, operands.get(IN), h, Epilogue.none().withRelu());
    product(workers, rows, h, operands.get(OUT), y, Epilogue.none());
    Tensor out = results.getFirst();
    rows.combine(workers, y, Optional.of(operands.get(WEIGHTS)), out);
    return OrderedExpertRows.isFinite(workers, out);
  }

  private boolean back(
      List<Tensor> operands, List<Tensor> results, Workers workers, OrderedExpertRows rows) {
    Tensor x = rows.matrix(0, form.model());
    Tensor h = rows.matrix(1, form.hidden());
    Tensor y = rows.matrix(2, form.model());
    Tensor dy = rows.matrix(3, form.model());
    Tensor dh = rows.matrix(4, form.hidden());
    Tensor in = operands.get(IN);
    Tensor out = operands.get(OUT);
    rows.gather(workers, operands.get(INPUTS), x);
    product(workers, rows, x, in, h, Epilogue.none().withRelu());
    product(workers, rows, h, out, y, Epilogue.none());
    if (!rows.weighted(workers, operands.get(COTANGENT), operands.get(WEIGHTS), dy)
        || !rows.dots(workers, operands.get(COTANGENT), y, sums.leaf(), results.get(WEIGHTS))) {
      return false;
    }
    product(workers, rows, dy, out.transpose(0, 2, 1), dh, Epilogue.none());
    if (!rows.masked(workers, dh)) {
      return false;
    }
    if (!matrices(workers, rows, h, dy, results.get(OUT_GRADIENT))
        || !matrices(workers, rows, x, dh, results.get(IN_GRADIENT))) {
      return false;
    }
    // The rows of outputs are no longer needed, so their memory is reused.
    product(workers, rows, dh, in.transpose(0, 2, 1), y, Epilogue.none());
    rows.combine(workers, y, Optional.empty(), results.getFirst());
    return OrderedExpertRows.isFinite(workers, results.getFirst())
        && OrderedExpertRows.isFinite(workers, results.get(WEIGHTS));
  }

  private void product(
      Workers workers, OrderedExpertRows rows, Tensor x, Tensor w, Tensor out, Epilogue epilogue) {
    GroupedProduct.rowsInto(workers, sums, out, MatrixRows.of(x), w, rows.ofExperts(), epilogue);
  }

  /**
   * The sum over slots of one group after another, and over groups by the tree; false if an element
   * is not finite, or -0. Each matrix is looked at while it is in the cache.
   */
  private boolean matrices(
      Workers workers, OrderedExpertRows rows, Tensor x, Tensor y, Tensor out) {
    boolean isExact = true;
    for (int expert = 0; expert < form.experts() && isExact; expert++) {
      long from = rows.start(expert);
      long to = rows.start(expert + 1);
      Tensor matrix = out.slice(0, expert, expert + 1);
      GroupedProduct.weightsInto(
          workers,
          sums,
          matrix,
          MatrixRows.of(x.slice(0, from, to)),
          MatrixRows.of(y.slice(0, from, to)),
          rows.ofGroups(expert));
      isExact = OrderedExpertRows.isFiniteWithoutNegativeZero(workers, matrix);
    }
    return isExact;
  }
}
