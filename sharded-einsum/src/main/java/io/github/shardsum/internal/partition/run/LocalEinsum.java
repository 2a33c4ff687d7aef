package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The einsum of a step, compiled once for each tuple of local operands; thread-safe. */
final class LocalEinsum {
  private final Equation equation;
  private final List<PlannedValue> operands;
  private final PlannedValue result;
  private final SumOrder sums;
  private final ConcurrentMap<Form, Einsum> compiled = new ConcurrentHashMap<>();

  LocalEinsum(
      Action.Contract contract, List<PlannedValue> operands, PlannedValue result, SumOrder sums) {
    this.equation = contract.equation();
    this.operands = operands;
    this.result = result;
    this.sums = sums;
  }

  /** The shapes and strides that an einsum is compiled for; there are few. */
  private record Form(List<OperandSpec> operands, Shape result) {}

  /** The dimension with the same label that comes first. */
  private static int first(Term term, int dim) {
    for (int other = 0; other < dim; other++) {
      if (term.axis(other).label().equals(term.axis(dim).label())) {
        return other;
      }
    }
    return dim;
  }

  private Einsum compile(Form form) {
    EinsumOptions options = EinsumOptions.defaults().withDtype(result.dtype()).withSums(sums);
    for (int dim = 0; dim < form.result().rank(); dim++) {
      String label = equation.output().axis(dim).label();
      boolean made =
          equation.operands().stream()
              .noneMatch(term -> term.axes().stream().anyMatch(a -> a.label().equals(label)));
      if (made) {
        options = options.withSize(label, form.result().size(dim));
      }
    }
    return Einsum.compile(equation, options, form.operands().toArray(OperandSpec[]::new));
  }

  /** Writes the result of one device. */
  void run(int device, List<Tensor> shards, Tensor out) {
    Tensor[] views = new Tensor[operands.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = narrowed(i, device, shards.get(i));
    }
    Form form = new Form(List.of(OperandSpec.like(views)), out.shape());
    compiled.computeIfAbsent(form, this::compile).runInto(out, views);
  }

  /** Further dimensions of a repeated label are narrowed to the interval of the first. */
  private Tensor narrowed(int operand, int device, Tensor shard) {
    Term term = equation.operand(operand);
    PlannedValue value = operands.get(operand);
    Layout layout = value.layout();
    Tensor view = shard;
    for (int dim = 0; dim < term.size(); dim++) {
      int first = first(term, dim);
      if (first != dim && !layout.axes(first).isEmpty()) {
        Cut cut = layout.cut(first, value.shape().size(first));
        int part = layout.part(first, device);
        view = view.slice(dim, cut.start(part), cut.end(part));
      }
    }
    return view;
  }
}
