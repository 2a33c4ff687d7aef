package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ProgramCase;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Edits of a failing example: the same program with shorter labels. */
final class SizeEdits {
  private final ProgramCase from;
  private final Set<String> labels;
  private final long size;

  private SizeEdits(ProgramCase from, Set<String> labels, long size) {
    this.from = from;
    this.labels = labels;
    this.size = size;
  }

  /**
   * Shortens each label alone, then all labels of a size together, since an operation may require
   * equal sizes.
   */
  static List<Supplier<ProgramCase>> of(ProgramCase from) {
    Set<String> names = new LinkedHashSet<>();
    Set<Long> sizes = new TreeSet<>();
    for (Value input : from.program().inputs()) {
      names.addAll(input.type().names());
      sizes.addAll(input.type().sizes());
    }
    List<Supplier<ProgramCase>> shorter = new ArrayList<>();
    for (String name : names) {
      add(shorter, from, Set.of(name), size(from, name));
    }
    for (long same : sizes) {
      Set<String> group = new LinkedHashSet<>(names);
      group.removeIf(name -> size(from, name) != same);
      if (group.size() > 1) {
        add(shorter, from, group, same);
      }
    }
    return shorter;
  }

  private static long size(ProgramCase from, String label) {
    return from.program().inputs().stream()
        .map(Value::type)
        .filter(type -> type.axis(label) >= 0)
        .mapToLong(type -> type.size(label))
        .max()
        .orElse(0);
  }

  private static void add(
      List<Supplier<ProgramCase>> shorter, ProgramCase from, Set<String> labels, long before) {
    for (long size : new TreeSet<>(List.of(1L, before / 2, before - 1))) {
      if (size > 0 && size < before) {
        shorter.add(() -> new SizeEdits(from, labels, size).shortened());
      }
    }
  }

  private ProgramCase shortened() {
    Program program = from.program();
    ProgramCopy copy = new ProgramCopy(program.name());
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < program.inputs().size(); i++) {
      Value input = program.inputs().get(i);
      copy.input(input, shortened(input.type()));
      tensors.add(shortened(input.type(), from.inputs().get(i)));
    }
    for (Statement statement : program.statements()) {
      Operation operation = shortened(statement.operation(), copy);
      if (operation.equals(statement.operation())) {
        copy.add(statement);
      } else {
        copy.add(statement, operation);
      }
    }
    return new ProgramCase(copy.build(program.outputs()), tensors);
  }

  /** An operation with changed sizes; the same object if nothing changes. */
  private Operation shortened(Operation operation, ProgramCopy copy) {
    return switch (operation) {
      case Slice(var x, var label, long from, long to, long step) when labels.contains(label) ->
          new Slice(copy.of(x), label, Math.min(from, size), Math.min(to, size), step);
      case Source.Constant(var type, var value) when isLabelled(type) ->
          new Source.Constant(shortened(type), value);
      case Source.Iota(var type, var label) when isLabelled(type) ->
          new Source.Iota(shortened(type), label);
      case Source.Random(var seed, long stream, var type) when isLabelled(type) ->
          new Source.Random(copy.of(seed), stream, shortened(type));
      default -> operation;
    };
  }

  private boolean isLabelled(ValueType type) {
    return type.names().stream().anyMatch(labels::contains);
  }

  private ValueType shortened(ValueType type) {
    List<Long> sizes = new ArrayList<>(type.sizes());
    for (int dim = 0; dim < type.rank(); dim++) {
      if (labels.contains(type.names().get(dim))) {
        sizes.set(dim, Math.min(size, sizes.get(dim)));
      }
    }
    Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
    return new ValueType(type.dtype(), type.labels(), shape);
  }

  private Tensor shortened(ValueType type, Tensor tensor) {
    Tensor part = tensor;
    for (int dim = 0; dim < type.rank(); dim++) {
      if (labels.contains(type.names().get(dim))) {
        part = part.slice(dim, 0, Math.min(size, part.size(dim)));
      }
    }
    return part.copy();
  }
}
