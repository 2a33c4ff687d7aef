package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The einsum of a step, compiled for each tuple of local shapes that this process's devices have.
 */
final class LocalEinsum {
  private final Equation equation;
  private final List<PlannedValue> operands;
  private final PlannedValue result;
  private final Map<List<Shape>, Einsum> compiled = new HashMap<>();

  LocalEinsum(
      Action.Contract contract,
      List<PlannedValue> operands,
      PlannedValue result,
      List<Integer> devices) {
    this.equation = contract.equation();
    this.operands = operands;
    this.result = result;
    for (int device : devices) {
      compiled.computeIfAbsent(shapes(device), shapes -> compile(shapes, device));
    }
  }

  /** Local shapes of the narrowed operands, and of the result. */
  private List<Shape> shapes(int device) {
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      long[] sizes = operands.get(i).layout().localShape(operands.get(i).shape(), device).toArray();
      Term term = equation.operand(i);
      for (int dim = 0; dim < sizes.length; dim++) {
        sizes[dim] = sizes[first(term, dim)];
      }
      shapes.add(Shape.of(sizes));
    }
    shapes.add(result.layout().localShape(result.shape(), device));
    return shapes;
  }

  private static int first(Term term, int dim) {
    for (int other = 0; other < dim; other++) {
      if (term.axis(other).label().equals(term.axis(dim).label())) {
        return other;
      }
    }
    return dim;
  }

  private Einsum compile(List<Shape> shapes, int device) {
    EinsumOptions options = EinsumOptions.defaults().withDtype(result.dtype());
    Shape local = result.layout().localShape(result.shape(), device);
    for (int dim = 0; dim < local.rank(); dim++) {
      String label = equation.output().axis(dim).label();
      boolean made =
          equation.operands().stream()
              .noneMatch(term -> term.axes().stream().anyMatch(a -> a.label().equals(label)));
      if (made) {
        options = options.withSize(label, local.size(dim));
      }
    }
    List<OperandSpec> specs = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      specs.add(
          OperandSpec.ofStrided(
              operands.get(i).dtype(), shapes.get(i), shapes.get(i).rowMajorStrides()));
    }
    return Einsum.compile(equation, options, specs.toArray(OperandSpec[]::new));
  }

  /** A device's task, by which devices with the same operands know each other. */
  private record Task(List<Tensor> operands, List<Long> narrowed) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Task task && narrowed.equals(task.narrowed) && sameOperands(task);
    }

    private boolean sameOperands(Task task) {
      boolean same = operands.size() == task.operands.size();
      for (int i = 0; same && i < operands.size(); i++) {
        same = operands.get(i) == task.operands.get(i);
      }
      return same;
    }

    @Override
    public int hashCode() {
      int hash = narrowed.hashCode();
      for (Tensor operand : operands) {
        hash = 31 * hash + System.identityHashCode(operand);
      }
      return hash;
    }
  }

  List<Tensor> run(Collectives collectives, List<List<Tensor>> values) {
    int count = collectives.devices().size();
    Task[] tasks = new Task[count];
    Map<Task, Integer> firsts = new HashMap<>();
    for (int i = 0; i < count; i++) {
      tasks[i] = task(collectives.devices().get(i), i, values);
      firsts.putIfAbsent(tasks[i], i);
    }
    Tensor[] results = new Tensor[count];
    collectives
        .plan("einsum")
        .compute(
            equation.toString(),
            (i, _) -> {
              if (Objects.equals(firsts.get(tasks[i]), i)) {
                results[i] = compute(collectives.devices().get(i), tasks[i]);
              }
            })
        .build()
        .run();
    Tensor[] all = new Tensor[count];
    Arrays.setAll(all, i -> results[firsts.getOrDefault(tasks[i], i)]);
    return List.of(all);
  }

  private Task task(int device, int index, List<List<Tensor>> values) {
    List<Tensor> tensors = new ArrayList<>();
    List<Long> narrowed = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      tensors.add(values.get(i).get(index));
      Term term = equation.operand(i);
      for (int dim = 0; dim < term.size(); dim++) {
        if (first(term, dim) != dim) {
          narrowed.add(cut(i, first(term, dim)).start(part(i, first(term, dim), device)));
        }
      }
    }
    for (int dim = 0; dim < result.shape().rank(); dim++) {
      // What is made here has the size of this device's chunk.
      narrowed.add(result.layout().localShape(result.shape(), device).size(dim));
    }
    return new Task(tensors, narrowed);
  }

  private Cut cut(int operand, int dim) {
    PlannedValue value = operands.get(operand);
    return value.layout().cut(dim, value.shape().size(dim));
  }

  private int part(int operand, int dim, int device) {
    return operands.get(operand).layout().part(dim, device);
  }

  private Tensor compute(int device, Task task) {
    Tensor[] views = new Tensor[operands.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = task.operands().get(i);
      Term term = equation.operand(i);
      Layout layout = operands.get(i).layout();
      for (int dim = 0; dim < term.size(); dim++) {
        int first = first(term, dim);
        if (first != dim && !layout.axes(first).isEmpty()) {
          Cut cut = cut(i, first);
          int part = part(i, first, device);
          views[i] = views[i].slice(dim, cut.start(part), cut.end(part));
        }
      }
    }
    Einsum einsum = Objects.requireNonNull(compiled.get(shapes(device)), "einsum of local shapes");
    return einsum.run(views);
  }
}
