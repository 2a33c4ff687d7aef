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
 * The kernels of {@code attention} and of its gradient in f32 and bf16, for at most two labels of
 * rows. Of more than two labels of heads, the indices of the first ones are computed one by one.
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
    int count = composite.name().equals(AttentionForm.GRADIENT) ? OPERANDS + 4 : OPERANDS;
    return operands.size() == count
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
        rows.size() <= AXES
            && rows.stream().noneMatch(row -> of.axis(row) >= 0)
            && q.dtype() != DType.F64
            && Attention.supports(q.size(labels.width()))
            && Attention.supports(composite.operands().get(2).type().size(labels.out()));
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

  private boolean isGradient() {
    return composite.name().equals(AttentionForm.GRADIENT);
  }

  /** The gradient has five products of the size of the two forward. */
  @Override
  public double flops() {
    List<String> sums = List.of(labels.width(), labels.out());
    double scores = (double) count(labels.rows()) * size(labels.keys());
    return (isGradient() ? 5 : 2) * scores * sums.stream().mapToLong(this::size).sum();
  }

  @Override
  public long scratchBytes(Workers workers) {
    long keys = size(labels.keys());
    long width = size(labels.width());
    long out = size(labels.out());
    return workers.threads()
        * (isGradient()
            ? Attention.gradientScratchBytes(count(rows), keys, width, out)
            : Attention.scratchBytes(count(rows), keys, width, out));
  }

  /** Labels of heads that have no axis of the kernel. */
  private List<String> outer() {
    return heads.subList(0, Math.max(0, heads.size() - AXES));
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    List<Tensor> all = new ArrayList<>(operands);
    all.addAll(results);
    List<Value> values = new ArrayList<>(composite.operands());
    values.addAll(composite.decomposition().outputs());
    for (long at = 0; at < count(outer()); at++) {
      List<Tensor> some = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        some.add(selected(all.get(i), values.get(i).type().names(), at));
      }
      int count = operands.size();
      runHeads(some.subList(0, count), some.subList(count, some.size()), workers);
    }
  }

  /** A part of a tensor, at an index of the labels of heads that have no axis of the kernel. */
  private Tensor selected(Tensor tensor, List<String> labels, long index) {
    Tensor part = tensor;
    List<String> names = new ArrayList<>(labels);
    long rest = index;
    for (String label : outer()) {
      int axis = names.indexOf(label);
      if (axis >= 0) {
        part = part.select(axis, rest % size(label));
        names.remove(axis);
      }
      rest /= size(label);
    }
    return part;
  }

  private void runHeads(List<Tensor> operands, List<Tensor> results, Workers workers) {
    List<String> key = List.of(labels.keys(), labels.width());
    List<String> value = List.of(labels.keys(), labels.out());
    Attention.Operands given =
        new Attention.Operands(
            rows(operands.get(0), names(0), labels.width()),
            view(operands.get(1), names(1), List.of(), key),
            view(operands.get(2), names(2), List.of(), value),
            rows(operands.get(3), names(3)),
            view(operands.get(4), names(4), List.of(), List.of(labels.keys())));
    if (!isGradient()) {
      List<Tensor> to = results(results);
      attention.into(workers, given, to.get(0), to.get(1));
      return;
    }
    attention.gradientInto(
        workers,
        given,
        results(operands.subList(OPERANDS, OPERANDS + 2)),
        results(operands.subList(OPERANDS + 2, OPERANDS + 4)),
        List.of(
            rows(results.get(0), names(0), labels.width()),
            view(results.get(1), names(1), List.of(), key),
            view(results.get(2), names(2), List.of(), value)));
  }

  private List<String> names(int operand) {
    return composite.operands().get(operand).type().names();
  }

  /** The views of y and lse, or of their cotangents. */
  private List<Tensor> results(List<Tensor> both) {
    return List.of(
        rows(both.get(0), labels.result(), labels.out()), rows(both.get(1), labels.rows()));
  }

  private Tensor rows(Tensor tensor, List<String> names, String... last) {
    return view(tensor, names, padded(rows), List.of(last));
  }

  /** A tensor with two axes of heads, those of rows, and the last ones. */
  private Tensor view(Tensor tensor, List<String> all, List<String> rowAxes, List<String> last) {
    List<String> names = all.stream().filter(name -> !outer().contains(name)).toList();
    List<String> order = new ArrayList<>(padded(heads.subList(outer().size(), heads.size())));
    order.addAll(rowAxes);
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
