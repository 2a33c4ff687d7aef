package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** An einsum of local blocks, compiled once for each shape and stride of them; thread-safe. */
final class CompiledForms {
  private final Equation equation;
  private final EinsumOptions options;
  private final ConcurrentMap<Form, Einsum> compiled = new ConcurrentHashMap<>();

  CompiledForms(Equation equation, EinsumOptions options) {
    this.equation = equation;
    this.options = options;
  }

  /** The shapes and strides that an einsum is compiled for; there are few. */
  private record Form(List<OperandSpec> operands, Shape result) {}

  /** The einsum of operands and a result. */
  Einsum of(Tensor[] operands, Tensor out) {
    Form form = new Form(List.of(OperandSpec.like(operands)), out.shape());
    return compiled.computeIfAbsent(form, this::compile);
  }

  private Einsum compile(Form form) {
    EinsumOptions all = options;
    for (int dim = 0; dim < form.result().rank(); dim++) {
      String label = equation.output().axis(dim).label();
      boolean made =
          equation.operands().stream()
              .noneMatch(term -> term.axes().stream().map(Axis::label).anyMatch(label::equals));
      if (made) {
        all = all.withSize(label, form.result().size(dim));
      }
    }
    return Einsum.compile(equation, all, form.operands().toArray(OperandSpec[]::new));
  }
}
