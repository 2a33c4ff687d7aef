package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.DoubleFunction;

/**
 * An einsum of local blocks, compiled once for each form: the blocks' shapes and strides.
 * Thread-safe.
 */
final class CompiledBlockEinsum {
  private final Equation equation;
  private final EinsumOptions options;
  private final DoubleFunction<Workers> workers;
  private final ConcurrentMap<Form, Einsum> compiled = new ConcurrentHashMap<>();

  /** Compiles no form yet; all forms run on the workers of the options. */
  CompiledBlockEinsum(Equation equation, EinsumOptions options) {
    this(equation, options, _ -> options.workers());
  }

  /**
   * Compiles no form yet.
   *
   * @param workers gives the workers of a form, by its floating-point operations
   */
  CompiledBlockEinsum(Equation equation, EinsumOptions options, DoubleFunction<Workers> workers) {
    this.equation = equation;
    this.options = options;
    this.workers = workers;
  }

  /** The shapes and strides for which an einsum is compiled; a plan has few such forms. */
  private record Form(List<OperandSpec> operands, Shape result) {}

  /** The compiled einsum for operands and a result. */
  Einsum of(Tensor[] operands, Tensor out) {
    Form form = new Form(List.of(OperandSpec.like(operands)), out.shape());
    return compiled.computeIfAbsent(form, this::compile);
  }

  private Einsum compile(Form form) {
    List<Shape> shapes = form.operands().stream().map(OperandSpec::shape).toList();
    EinsumOptions all = options.withWorkers(workers.apply(flops(equation, shapes)));
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

  /**
   * Floating-point operations of an einsum of operands of these shapes, computed as one product.
   */
  static double flops(Equation equation, List<Shape> operands) {
    Map<String, Long> sizes = new HashMap<>();
    for (int operand = 0; operand < operands.size(); operand++) {
      for (int dim = 0; dim < operands.get(operand).rank(); dim++) {
        String label = equation.operand(operand).axis(dim).label();
        sizes.merge(label, operands.get(operand).size(dim), Math::max);
      }
    }
    return 2 * sizes.values().stream().mapToDouble(size -> size).reduce(1, (a, b) -> a * b);
  }
}
