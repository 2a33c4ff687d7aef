package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Movement.Annotate;
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
import java.util.stream.Stream;

/**
 * Edits of a failing example: the same program with shorter labels. A size that a label's devices
 * divide is tried first, even if it is larger, and then kept.
 */
final class SizeEdits {
  private final ProgramCase from;
  private final Set<String> labels;
  private final long before;
  private final long size;

  private SizeEdits(ProgramCase from, Set<String> labels, long before, long size) {
    this.from = from;
    this.labels = labels;
    this.before = before;
    this.size = size;
  }

  /**
   * Changes the size of each label alone, then of all labels of a size together, since an operation
   * may require equal sizes.
   *
   * @param mesh the mesh that layouts name
   */
  static List<Supplier<ProgramCase>> of(ProgramCase from, Mesh mesh) {
    Set<String> names = new LinkedHashSet<>();
    Set<Long> sizes = new TreeSet<>();
    for (Value input : from.program().inputs()) {
      names.addAll(input.type().names());
      sizes.addAll(input.type().sizes());
    }
    List<Supplier<ProgramCase>> edits = new ArrayList<>();
    for (String name : names) {
      add(edits, from, Set.of(name), size(from, name), mesh);
    }
    for (long same : sizes) {
      Set<String> group = new LinkedHashSet<>(names);
      group.removeIf(name -> size(from, name) != same);
      if (group.size() > 1) {
        add(edits, from, group, same, mesh);
      }
    }
    return edits;
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
      List<Supplier<ProgramCase>> edits,
      ProgramCase from,
      Set<String> labels,
      long before,
      Mesh mesh) {
    long devices = labels.stream().mapToLong(label -> devices(from, label, mesh)).max().orElse(1);
    Set<Long> sizes = new LinkedHashSet<>();
    if (devices > 1 && before % devices == 0) {
      sizes.addAll(List.of(devices, before / 2 / devices * devices, before - devices));
      sizes.removeIf(size -> size >= before);
    } else {
      if (devices > 1) {
        long fewer = before / devices * devices;
        sizes.addAll(List.of(devices, fewer / 2 / devices * devices, fewer, fewer + devices));
      }
      sizes.addAll(List.of(1L, before / 2, before - 1));
    }
    for (long size : sizes) {
      if (before > 0 && size > 0 && size != before) {
        edits.add(() -> new SizeEdits(from, labels, before, size).resized());
      }
    }
  }

  /** The largest number of devices over which an input or an annotation splits a label. */
  private static long devices(ProgramCase from, String label, Mesh mesh) {
    Stream<List<String>> inputs =
        from.program().inputs().stream()
            .flatMap(input -> input.type().labels().axes().stream())
            .filter(axis -> axis.label().equals(label))
            .map(Axis::mesh);
    Stream<List<String>> annotations =
        from.program().statements().stream()
            .map(Statement::operation)
            .filter(Annotate.class::isInstance)
            .flatMap(annotate -> ((Annotate) annotate).annotation().labels().stream())
            .filter(spec -> spec.label().equals(label))
            .map(LabelSpec::axes);
    return Stream.concat(inputs, annotations).mapToLong(mesh::size).max().orElse(1);
  }

  private ProgramCase resized() {
    Program program = from.program();
    ProgramCopy copy = new ProgramCopy(program.name());
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < program.inputs().size(); i++) {
      Value input = program.inputs().get(i);
      copy.input(input, resized(input.type()));
      tensors.add(resized(input.type(), from.inputs().get(i)));
    }
    for (Statement statement : program.statements()) {
      Operation operation = resized(statement.operation(), copy);
      if (operation.equals(statement.operation())) {
        copy.add(statement);
      } else {
        copy.add(statement, operation);
      }
    }
    return new ProgramCase(copy.build(program.outputs()), tensors);
  }

  /** An operation with changed sizes; the same object if nothing changes. */
  private Operation resized(Operation operation, ProgramCopy copy) {
    return switch (operation) {
      case Slice(var x, var label, long from, long to, long step) when labels.contains(label) ->
          new Slice(copy.of(x), label, Math.min(from, size), Math.min(to, size), step);
      case Source.Constant(var type, var value) when isLabelled(type) ->
          new Source.Constant(resized(type), value);
      case Source.Iota(var type, var label) when isLabelled(type) ->
          new Source.Iota(resized(type), label);
      case Source.Random(var seed, long stream, var type) when isLabelled(type) ->
          new Source.Random(copy.of(seed), stream, resized(type));
      default -> operation;
    };
  }

  private boolean isLabelled(ValueType type) {
    return type.names().stream().anyMatch(labels::contains);
  }

  private ValueType resized(ValueType type) {
    List<Long> sizes = new ArrayList<>(type.sizes());
    for (int dim = 0; dim < type.rank(); dim++) {
      long old = sizes.get(dim);
      if (labels.contains(type.names().get(dim)) && (old == before || old > size)) {
        sizes.set(dim, size);
      }
    }
    Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
    return new ValueType(type.dtype(), type.labels(), shape);
  }

  /** The first elements of a tensor, and zeros where it is larger than before. */
  private Tensor resized(ValueType type, Tensor tensor) {
    Tensor result = Tensor.zeros(tensor.dtype(), resized(type).shape());
    Tensor old = tensor;
    Tensor into = result;
    for (int dim = 0; dim < type.rank(); dim++) {
      long both = Math.min(old.size(dim), into.size(dim));
      old = old.slice(dim, 0, both);
      into = into.slice(dim, 0, both);
    }
    into.assign(old);
    return result;
  }
}
