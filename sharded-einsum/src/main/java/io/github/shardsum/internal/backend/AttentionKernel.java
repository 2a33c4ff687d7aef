package io.github.shardsum.internal.backend;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.internal.program.attention.AttentionLabels;
import io.github.shardsum.ops.Attention;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code attention} in f32 and bf16, for at most two labels of heads and two of rows.
 *
 * @param attention the attributes
 * @param heads the labels that q, k and v have
 * @param rows the labels that q alone has
 * @param labels the labels by their roles
 * @param composite the composite
 */
public record AttentionKernel(
    Attention attention,
    List<String> heads,
    List<String> rows,
    AttentionLabels labels,
    Composite composite)
    implements CompositeKernel {
  private static final int OPERANDS = 5;

  /** The number of axes of heads, and of rows. */
  private static final int AXES = 2;

  /** The kernel of a composite; empty for other dtypes, widths and numbers of labels. */
  public static Optional<CompositeKernel> of(Composite composite) {
    List<Value> operands = composite.operands();
    return operands.size() == OPERANDS
        ? AttentionForm.labels(operands).flatMap(labels -> of(composite, labels))
        : Optional.empty();
  }

  private static Optional<CompositeKernel> of(Composite composite, AttentionLabels labels) {
    List<String> heads = labels.batch();
    List<String> rows = new ArrayList<>(labels.rows());
    rows.removeAll(heads);
    // Rows of one position are neighbours, so that blocks of rows see few keys of later positions.
    List<String> at = composite.operands().get(3).type().names();
    rows.sort(Comparator.comparing(row -> !at.contains(row)));
    ValueType q = composite.operands().getFirst().type();
    ValueType of = composite.operands().get(4).type();
    boolean fits =
        heads.size() <= AXES
            && rows.size() <= AXES
            && rows.stream().noneMatch(row -> of.axis(row) >= 0)
            && q.dtype() != DType.F64
            && Attention.supports(q.size(labels.width()));
    AttentionForm form = AttentionForm.written(composite);
    Attention attention = new Attention(form.scale(), form.causal());
    return fits
        ? Optional.of(new AttentionKernel(attention, heads, rows, labels, composite))
        : Optional.empty();
  }

  private long size(String label) {
    return composite.operands().stream()
        .map(Value::type)
        .filter(type -> type.axis(label) >= 0)
        .findFirst()
        .orElseThrow()
        .size(label);
  }

  private long count(List<String> names) {
    return names.stream().mapToLong(this::size).reduce(1, Math::multiplyExact);
  }

  @Override
  public double flops() {
    List<String> sums = List.of(labels.width(), labels.out());
    double scores = (double) count(labels.rows()) * size(labels.keys());
    return 2 * scores * sums.stream().mapToLong(this::size).sum();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return workers.threads()
        * Attention.scratchBytes(
            count(rows), size(labels.keys()), size(labels.width()), size(labels.out()));
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    List<Value> values = composite.operands();
    List<Tensor> views = new ArrayList<>();
    List<List<String>> last =
        List.of(
            List.of(labels.width()),
            List.of(labels.keys(), labels.width()),
            List.of(labels.keys(), labels.out()),
            List.of(),
            List.of(labels.keys()));
    for (int i = 0; i < OPERANDS; i++) {
      boolean hasRows = !last.get(i).contains(labels.keys());
      views.add(view(operands.get(i), values.get(i).type().names(), hasRows, last.get(i)));
    }
    attention.into(
        workers,
        new Attention.Operands(
            views.get(0), views.get(1), views.get(2), views.get(3), views.get(4)),
        view(results.get(0), labels.result(), true, List.of(labels.out())),
        view(results.get(1), labels.rows(), true, List.of()));
  }

  /** A tensor with two axes of heads, two of rows if it has rows, and the last labels. */
  private Tensor view(Tensor tensor, List<String> names, boolean hasRows, List<String> last) {
    List<String> order = new ArrayList<>();
    order.addAll(padded(heads));
    order.addAll(hasRows ? padded(rows) : List.of());
    order.addAll(last);
    Tensor view =
        tensor.transpose(order.stream().filter(names::contains).mapToInt(names::indexOf).toArray());
    long[] shape = new long[order.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      String label = order.get(axis);
      view = names.contains(label) ? view : view.expand(axis);
      shape[axis] = label.isEmpty() ? 1 : size(label);
    }
    return view.broadcastTo(Shape.of(shape));
  }

  /** Labels, and empty texts for axes of size 1. */
  private static List<String> padded(List<String> names) {
    List<String> padded = new ArrayList<>(names);
    padded.addAll(Collections.nCopies(AXES - names.size(), ""));
    return padded;
  }
}
