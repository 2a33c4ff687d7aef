package io.github.shardsum.testkit;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.testkit.ProgramCopy;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Faults of partitioners and backends, planted into a program before an engine that has none runs
 * it: the engine then computes what one with the fault would.
 */
enum PlantedFault {
  /** Of a contracted label that is split, the sum over the first device's chunk is the result. */
  DROPPED_REDUCTION {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (!(statement.operation() instanceof Einsum einsum)) {
        return Optional.empty();
      }
      Value first = einsum.operands().getFirst();
      List<String> labels =
          einsum.equation().operands().getFirst().axes().stream()
              .map(axis -> axis.label())
              .toList();
      Set<String> kept =
          Set.copyOf(einsum.equation().output().axes().stream().map(axis -> axis.label()).toList());
      for (int dim = 0; dim < labels.size(); dim++) {
        String label = first.type().names().get(dim);
        long parts = into.parts(first, label);
        long size = first.type().size(label);
        if (!kept.contains(labels.get(dim)) && parts > 1 && size > 1) {
          long chunk = (size + parts - 1) / parts;
          Value part = into.slice(first, label, 0, chunk);
          List<Value> operands = new ArrayList<>(einsum.operands().stream().map(into::of).toList());
          operands.set(0, into.pad(part, label, size - chunk));
          return Optional.of(
              new Einsum(einsum.equation(), operands, einsum.dtype(), einsum.sizes()));
        }
      }
      return Optional.empty();
    }
  },
  /** Of a value that is split, the first two devices hold each other's chunk. */
  WRONG_CHUNK {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return into.split(statement, (size, parts) -> size % parts == 0)
          .map(
              label -> {
                Value x = statement.operation().operands().getFirst();
                long size = x.type().size(label);
                long chunk = size / into.parts(statement.result(), label);
                Value swapped =
                    into.builder()
                        .concatenate(
                            label,
                            into.slice(x, label, chunk, 2 * chunk),
                            into.slice(x, label, 0, chunk),
                            into.slice(x, label, 2 * chunk, size));
                return into.copyOf(swapped);
              });
    }
  },
  SWAPPED_OPERANDS {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return statement.operation() instanceof Binary(var kind, var x, var y)
              && kind == BinaryKind.SUBTRACT
              && x.type().withoutLayout().equals(y.type().withoutLayout())
          ? Optional.of(new Binary(kind, into.of(y), into.of(x)))
          : Optional.empty();
    }
  },
  SLICE_OFF_BY_ONE {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return statement.operation() instanceof Slice(var x, var label, long from, long to, long step)
              && from > 0
          ? Optional.of(new Slice(into.of(x), label, from - 1, to - 1, step))
          : Optional.empty();
    }
  },
  COMPARISON_THE_OTHER_WAY {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return statement.operation() instanceof Compare(var relation, var x, var y)
              && relation == Comparison.LT
          ? Optional.of(new Compare(Comparison.GT, into.of(x), into.of(y)))
          : Optional.empty();
    }
  },
  PADDED_WITH_ZEROS {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return statement.operation() instanceof Pad p
          ? Optional.of(
              new Pad(
                  into.of(p.x()),
                  p.label(),
                  p.low(),
                  p.high(),
                  p.interior(),
                  Scalar.of(p.x().type().dtype(), 0)))
          : Optional.empty();
    }
  },
  /** A sum of a value that some devices share counts each of them. */
  COUNTED_ONCE_A_DEVICE {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (statement.operation() instanceof Reduce(var kind, var x, var labels)
          && kind == ReduceKind.SUM
          && labels.stream().allMatch(label -> into.parts(x, label) == 1)
          && x.type().names().stream().anyMatch(label -> into.parts(x, label) > 1)) {
        Value twice = into.builder().add(into.of(x), into.of(x));
        return Optional.of(new Reduce(kind, twice, labels));
      }
      return Optional.empty();
    }
  },
  /** Of a label that does not divide into its chunks, the last element is lost. */
  LOST_UNEVEN_ELEMENT {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      return into.split(statement, (size, parts) -> size % parts != 0 && size > 1)
          .map(
              label -> {
                Value x = statement.operation().operands().getFirst();
                Value others = into.slice(x, label, 0, x.type().size(label) - 1);
                return into.copyOf(into.pad(others, label, 1));
              });
    }
  },
  MERGED_IN_THE_OTHER_ORDER {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (statement.operation() instanceof Merge(var x, var labels, var merged)) {
        List<String> names = new ArrayList<>(x.type().names());
        Collections.reverse(
            names.subList(
                names.indexOf(labels.getFirst()),
                labels.size() + names.indexOf(labels.getFirst())));
        Equation transposition =
            new Equation(
                List.of(Term.of(x.type().names().toArray(String[]::new))),
                Term.of(names.toArray(String[]::new)));
        Value transposed = into.builder().einsum(transposition, List.of(into.of(x)), Map.of());
        return Optional.of(new Merge(transposed, labels.reversed(), merged));
      }
      return Optional.empty();
    }
  },
  /** An index that is out of range counts as the last one. */
  CLAMPED_INDEX {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (statement.operation() instanceof OneHot(var indices, var label, long size, var dtype)) {
        ProgramBuilder builder = into.builder();
        Value last = builder.constant(indices.type().dtype(), size - 1);
        Value clamped = builder.binary(BinaryKind.MINIMUM, into.of(indices), last);
        return Optional.of(new OneHot(clamped, label, size, dtype));
      }
      return Optional.empty();
    }
  },
  /** Running sums begin anew in each chunk. */
  LOST_CARRY {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (statement.operation() instanceof CumulativeSum(var x, var label, boolean ex, boolean back)
          && into.parts(x, label) > 1) {
        long size = x.type().size(label);
        long parts = into.parts(x, label);
        long chunk = Math.max(1, (size + parts - 1) / parts);
        List<Value> sums = new ArrayList<>();
        for (long at = 0; at < size; at += chunk) {
          Value part = into.slice(x, label, at, Math.min(size, at + chunk));
          sums.add(into.builder().add(new CumulativeSum(part, label, ex, back)).getFirst());
        }
        return sums.isEmpty()
            ? Optional.empty()
            : Optional.of(
                into.copyOf(into.builder().concatenate(label, sums.toArray(Value[]::new))));
      }
      return Optional.empty();
    }
  },
  /** Elements that are moved out at one end come in at the other. */
  SHIFT_GOES_ROUND {
    @Override
    Optional<Operation> planted(Statement statement, Planting into) {
      if (statement.operation() instanceof Shift(var x, var label, long by, var _)
          && by > 0
          && by < x.type().size(label)) {
        long size = x.type().size(label);
        Value last = into.slice(x, label, size - by, size);
        Value others = into.slice(x, label, 0, size - by);
        return Optional.of(into.copyOf(into.builder().concatenate(label, last, others)));
      }
      return Optional.empty();
    }
  };

  /** An operation on values of the copy in place of a statement's; empty if it is right. */
  abstract Optional<Operation> planted(Statement statement, Planting into);

  /** A program that computes, without the fault, what the given one does with it. */
  Program plant(Program program, Mesh mesh) {
    ProgramCopy copy = new ProgramCopy(program.name());
    Planting into = new Planting(program, mesh, copy);
    program.inputs().forEach(input -> copy.input(input, input.type()));
    for (Statement statement : program.statements()) {
      planted(statement, into)
          .ifPresentOrElse(other -> copy.add(statement, other), () -> copy.add(statement));
    }
    return copy.build(program.outputs());
  }

  /** A label's size and its number of chunks. */
  interface Sizes {
    boolean fit(long size, long parts);
  }

  /** A program and its copy that gets the fault. */
  record Planting(Program program, Mesh mesh, ProgramCopy copy) {
    ProgramBuilder builder() {
      return copy.builder();
    }

    Value of(Value value) {
      return copy.of(value);
    }

    Value slice(Value x, String label, long from, long to) {
      return builder().add(new Slice(of(x), label, from, to, 1)).getFirst();
    }

    /** Zeros after the last element of a value of the copy. */
    Value pad(Value x, String label, long count) {
      Scalar zero = Scalar.of(x.type().dtype(), 0);
      return builder().add(new Pad(x, label, 0, count, 0, zero)).getFirst();
    }

    /** The identity on a value of the copy. */
    Operation copyOf(Value x) {
      Term term = Term.of(x.type().names().toArray(String[]::new));
      return new Einsum(new Equation(List.of(term), term), List.of(x), x.type().dtype(), Map.of());
    }

    /** The first label that an annotation splits into parts that fit. */
    Optional<String> split(Statement statement, Sizes sizes) {
      ValueType type = statement.result().type();
      return statement.operation() instanceof Annotate
          ? type.names().stream()
              .filter(label -> parts(statement.result(), label) > 1)
              .filter(label -> type.size(label) > 0)
              .filter(label -> sizes.fit(type.size(label), parts(statement.result(), label)))
              .findFirst()
          : Optional.empty();
    }

    /** Into how many chunks an input's type or an annotation splits a label. */
    int parts(Value value, String label) {
      if (program.inputs().contains(value)) {
        return mesh.size(value.type().labels().axis(value.type().axis(label)).mesh());
      }
      for (Statement statement : program.statements()) {
        if (statement.results().contains(value)
            && statement.operation() instanceof Annotate(_, var annotation)) {
          for (LabelSpec spec : annotation.labels()) {
            if (spec.label().equals(label)) {
              return mesh.size(spec.axes());
            }
          }
        }
      }
      return 1;
    }
  }
}
