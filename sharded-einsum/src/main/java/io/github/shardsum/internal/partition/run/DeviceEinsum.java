package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** The einsum of a step, compiled once for each tuple of local operands; thread-safe. */
final class DeviceEinsum {
  private final Equation equation;
  private final List<PlannedValue> operands;
  private final CompiledBlockEinsum forms;

  DeviceEinsum(
      Action.Contract contract, List<PlannedValue> operands, PlannedValue result, SumOrder sums) {
    this.equation = contract.equation();
    this.operands = operands;
    this.forms =
        new CompiledBlockEinsum(
            equation, EinsumOptions.defaults().withDtype(result.dtype()).withSums(sums));
  }

  /** The first dimension that has the same label. */
  private static int first(Term term, int dim) {
    for (int other = 0; other < dim; other++) {
      if (term.axis(other).label().equals(term.axis(dim).label())) {
        return other;
      }
    }
    return dim;
  }

  /** Writes the result of one device. */
  void run(int device, List<Tensor> shards, Tensor out) {
    Tensor[] views = new Tensor[operands.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = narrowed(i, device, shards.get(i));
    }
    forms.of(views, out).runInto(out, views);
  }

  /** Narrows the further dimensions of a repeated label to the interval of its first dimension. */
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
