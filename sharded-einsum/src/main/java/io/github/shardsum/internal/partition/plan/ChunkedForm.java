package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An operation that normalises, scans or searches a label, written as operations on chunks of the
 * label and on the result of each chunk: a maximum and a sum, a total, or the best candidates. If
 * each device holds a chunk, only these few elements are moved.
 *
 * <p>A softmax reduces over the label itself. A scan or search splits the label into a label of
 * chunks and one within a chunk; the last chunk is padded with elements that do not change the
 * result.
 */
final class ChunkedForm {
  private final ProgramBuilder builder = Program.builder("chunked");
  private final Value x;
  private final ValueType type;
  private final String label;
  private final long parts;
  private final long size;
  private final String chunk;
  private final String within;
  private final List<String> taken = new ArrayList<>();

  private ChunkedForm(Operation operation, String label, int parts) {
    Value given = operation.operands().getFirst();
    this.type = given.type().withoutLayout();
    this.x = builder.input("x", type);
    this.label = label;
    this.parts = parts;
    this.size = Math.ceilDiv(type.size(label), parts);
    taken.addAll(type.names());
    if (operation instanceof TopK top) {
      taken.add(top.into());
    }
    this.chunk = fresh("chunk");
    this.within = fresh("within");
  }

  private String fresh(String name) {
    String free = name;
    while (taken.contains(free)) {
      free += "_";
    }
    taken.add(free);
    return free;
  }

  /**
   * The label that an operation normalises, scans or searches.
   *
   * @param operation any operation
   * @return the label; empty if the operation does none of these
   */
  static Optional<String> label(Operation operation) {
    return switch (operation) {
      case Softmax softmax -> Optional.of(softmax.label());
      case CumulativeSum sum -> Optional.of(sum.label());
      case TopK top -> Optional.of(top.label());
      case ArgMax max -> Optional.of(max.label());
      default -> Optional.empty();
    };
  }

  /**
   * The form.
   *
   * @param program a program whose only input is the operation's operand, and whose outputs are the
   *     results
   * @param chunk the label of chunks
   */
  record Form(Program program, String chunk) {
    /**
     * The form's statements in the place of the operation's.
     *
     * @param statement the operation's
     * @param whole the program that has the statement; new names must not occur in it
     */
    List<Statement> inPlaceOf(Statement statement, Program whole) {
      Set<String> names = new HashSet<>();
      whole.inputs().forEach(input -> names.add(input.name()));
      whole.statements().forEach(other -> other.results().forEach(v -> names.add(v.name())));
      Map<Value, Value> values = new HashMap<>();
      values.put(program.inputs().getFirst(), statement.operation().operands().getFirst());
      for (int i = 0; i < statement.results().size(); i++) {
        values.put(program.outputs().get(i), statement.results().get(i));
      }
      List<Statement> all = new ArrayList<>();
      for (Statement own : program.statements()) {
        for (Value value : own.results()) {
          String name = statement.result().name() + "." + value.name();
          while (names.contains(name)) {
            name += "_";
          }
          values.putIfAbsent(value, new Value(name, value.type()));
        }
        all.add(
            new Statement(
                OperandSubstitution.replace(own.results(), values),
                OperandSubstitution.replace(own.operation(), values)));
      }
      return all;
    }

    /**
     * The layout of a value of the form if the operand's chunks do not move.
     *
     * @param x the operand's layout
     * @param dim the operand's dimension that is in chunks
     */
    Layout home(Value value, Layout x, int dim) {
      List<Axis> axes = new ArrayList<>();
      for (String name : value.type().names()) {
        List<String> own = name.equals(chunk) ? x.axes(dim) : List.of();
        for (int at = 0; at < x.rank(); at++) {
          own = x.label(at).equals(name) ? x.axes(at) : own;
        }
        axes.add(new Axis(name, own));
      }
      return new Layout(x.mesh(), new Term(axes, List.of()));
    }
  }

  /**
   * The form of an operation.
   *
   * @param operation one that has a {@link #label}
   * @param parts number of chunks
   * @return the form; empty if chunks cannot help, because there are no elements or all are
   *     candidates
   */
  static Optional<Form> of(Operation operation, int parts) {
    Optional<String> label = label(operation);
    if (label.isEmpty()
        || operation.operands().getFirst().type().size(label.get()) == 0
        || (operation instanceof TopK top && top.k() == 0)) {
      return Optional.empty();
    }
    ChunkedForm form = new ChunkedForm(operation, label.get(), parts);
    switch (operation) {
      case Softmax _ -> form.softmax();
      case CumulativeSum sum -> form.scan(sum);
      case TopK(_, _, long k, String into) -> {
        List<Value> found = form.search(k, into);
        form.builder.output("values", found.getFirst());
        form.builder.output("indices", form.picked(found, into, true));
      }
      case ArgMax _ -> {
        String into = form.fresh("best");
        form.builder.output("indices", form.picked(form.search(1, into), into, false));
      }
      default -> throw new IllegalArgumentException(operation.toString());
    }
    return Optional.of(new Form(form.builder.build(), form.chunk));
  }

  /** The value in f32 for bf16, so that only the result is rounded. */
  private void softmax() {
    DType wide = type.dtype() == DType.BF16 ? DType.F32 : type.dtype();
    Value logits = converted(x, wide);
    Value powers = builder.exp(builder.subtract(logits, builder.max(logits, label)));
    Value share = builder.divide(powers, builder.sum(powers, label));
    builder.output("result", converted(share, type.dtype()));
  }

  private Value converted(Value value, DType dtype) {
    return value.type().dtype() == dtype ? value : builder.convert(value, dtype);
  }

  /** The value in chunks of one size; padding after its last element has a fill value. */
  private Value chunks(Value value, Scalar fill) {
    long more = parts * size - type.size(label);
    Value longer =
        more == 0
            ? value
            : builder.add(new Movement.Pad(value, label, 0, more, 0, fill)).getFirst();
    return builder.split(longer, label, chunk, parts, within);
  }

  /**
   * The value in f64 for f32 and bf16, as in the operation itself, so that only the result is
   * rounded.
   */
  private void scan(CumulativeSum sum) {
    DType wide = type.dtype().isFloating() ? DType.F64 : type.dtype();
    Value terms = chunks(converted(x, wide), Scalar.of(wide, 0L));
    Value inside = builder.cumulativeSum(terms, within, sum.exclusive(), sum.reverse());
    Value before = builder.cumulativeSum(builder.sum(terms, within), chunk, true, sum.reverse());
    Value all = builder.merge(builder.add(inside, before), label, chunk, within);
    if (parts * size > type.size(label)) {
      all = builder.slice(all, label, 0, type.size(label));
    }
    builder.output("result", converted(all, type.dtype()));
  }

  /**
   * The largest of each chunk's largest: their values, their places among the candidates, and the
   * candidates' indices. Candidates are in the order of their chunks, so the lower of equal indices
   * stays first; padding comes last and ranks lowest.
   */
  private List<Value> search(long k, String into) {
    String candidates = fresh("candidate");
    Value parted = chunks(x, least(type.dtype()));
    List<Value> best = builder.topK(parted, within, Math.min(k, size), candidates);
    Value starts =
        builder.multiply(
            builder.iota(ValueType.of(DType.I32, List.of(chunk), List.of(parts)), chunk),
            builder.constant(DType.I32, size));
    Value indices = builder.add(best.getLast(), starts);
    String merged = fresh("merged");
    Value values = builder.merge(best.getFirst(), merged, chunk, candidates);
    List<Value> found = builder.topK(values, merged, k, into);
    return List.of(
        found.getFirst(),
        builder.oneHot(found.getLast(), merged, values.type().size(merged), DType.I32),
        builder.merge(indices, merged, chunk, candidates));
  }

  /**
   * The candidates' indices at the places that were found, with or without the label of the best
   * candidates.
   */
  private Value picked(List<Value> found, String into, boolean keeps) {
    Value places = found.get(1);
    Value indices = found.getLast();
    List<Axis> result = new ArrayList<>();
    for (String name : found.getFirst().type().names()) {
      if (keeps || !name.equals(into)) {
        result.add(Axis.of(name));
      }
    }
    Equation equation =
        new Equation(List.of(term(places), term(indices)), new Term(result, List.of()));
    return builder.einsum(equation, List.of(places, indices), Map.of());
  }

  private static Term term(Value value) {
    return new Term(value.type().names().stream().map(Axis::of).toList(), List.of());
  }

  /** The value that ranks below all others. */
  private static Scalar least(DType dtype) {
    return switch (dtype) {
      case F64, F32, BF16 -> new Scalar.Real(Double.NEGATIVE_INFINITY);
      case I64 -> new Scalar.Whole(Long.MIN_VALUE);
      case I32 -> new Scalar.Whole(Integer.MIN_VALUE);
      case BOOL -> new Scalar.Whole(0);
    };
  }
}
