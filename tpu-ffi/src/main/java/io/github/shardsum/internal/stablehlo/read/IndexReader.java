package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Gathers and scatters, as einsums with one-hot operands: a gather sums over the indexed dimension,
 * a scatter over the dimensions of the updates. Indices of a gather and of a dynamic slice are
 * clamped as StableHLO clamps them; updates of a scatter outside of the operand are left out.
 */
final class IndexReader {
  private IndexReader() {}

  static void gather(ProgramScope scope, SsaStep step) {
    IndexDimensions dimensions = IndexDimensions.gather(step);
    SsaValue operand = step.operand(0);
    SsaValue result = step.result();
    List<String> names = scope.names(result);
    List<Integer> batch = dimensions.batch(result.rank());
    List<String> batchNames = batch.stream().map(names::get).toList();
    List<String> labels = new ArrayList<>();
    List<Term> terms = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    View view = scope.view(operand);
    for (int d = 0; d < operand.rank(); d++) {
      int component = dimensions.component(d);
      Optional<String> window = dimensions.window(d).map(names::get);
      int own = dimensions.batching().indexOf(d);
      long slice = dimensions.sizes().get(d);
      if (own >= 0) {
        labels.add(batchNames.get(dimensions.place(dimensions.indexBatching().get(own))));
      } else if (component < 0 || slice == operand.size(d)) {
        if (slice != operand.size(d)) {
          throw step.operation().error("a dimension without index must be sliced whole");
        }
        labels.add(window.orElseGet(scope::fresh));
      } else {
        labels.add(scope.fresh());
        if (view.label(d).isPresent()) {
          Value index = component(scope, step, 1, dimensions.vector(), component, batchNames);
          Value clamped = clamped(scope, index, operand.size(d) - slice);
          Value moved = window(scope, clamped, window, slice);
          oneHot(scope, moved, labels.get(d), operand.size(d), view.dtype(), terms, operands);
        }
      }
    }
    terms.addFirst(ProgramScope.term(view, labels));
    operands.addFirst(scope.source(view));
    scope.put(result, ContractionReader.einsum(scope, terms, operands, view.dtype(), names));
  }

  static void dynamicSlice(ProgramScope scope, SsaStep step) {
    SsaValue operand = step.operand(0);
    SsaValue result = step.result();
    List<String> names = scope.names(result);
    List<String> labels = new ArrayList<>();
    List<Term> terms = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    View view = scope.view(operand);
    for (int d = 0; d < operand.rank(); d++) {
      boolean whole = result.size(d) == operand.size(d);
      labels.add(whole ? names.get(d) : scope.fresh());
      if (!whole && view.label(d).isPresent()) {
        Value index = scope.aligned(step.operand(1 + d), List.of());
        Value clamped = clamped(scope, index, operand.size(d) - result.size(d));
        Value moved = window(scope, clamped, Optional.of(names.get(d)), result.size(d));
        oneHot(scope, moved, labels.get(d), operand.size(d), view.dtype(), terms, operands);
      }
    }
    terms.addFirst(ProgramScope.term(view, labels));
    operands.addFirst(scope.source(view));
    scope.put(result, ContractionReader.einsum(scope, terms, operands, view.dtype(), names));
  }

  /** One component of the index vectors, with the labels of the batch. */
  private static Value component(
      ProgramScope scope, SsaStep step, int at, int vector, int component, List<String> batch) {
    SsaValue indices = step.operand(at);
    if (vector == indices.rank()) {
      return scope.aligned(indices, batch);
    }
    View view = scope.view(indices);
    if (!(view instanceof View.Held held)) {
      return scope.source(view);
    }
    List<Optional<String>> labels = new ArrayList<>(held.labels());
    Value value = held.value();
    Optional<String> own = held.label(vector);
    if (own.isPresent()) {
      if (indices.size(vector) > 1) {
        value = scope.builder().slice(value, own.get(), component, component + 1L);
      }
      View dropped = scope.dropping(new View.Held(value, labels), List.of(vector));
      value = scope.source(dropped);
    }
    labels.remove(vector);
    List<String> names = new ArrayList<>(batch);
    return named(scope, new View.Held(value, labels), names);
  }

  private static Value named(ProgramScope scope, View.Held held, List<String> names) {
    Term renamed = ProgramScope.term(held, names);
    return renamed.axes().stream()
            .map(axis -> axis.label())
            .toList()
            .equals(held.value().type().names())
        ? held.value()
        : scope
            .builder()
            .einsum(new Equation(List.of(renamed), renamed), List.of(held.value()), Map.of());
  }

  private static Value clamped(ProgramScope scope, Value index, long most) {
    return scope.builder().minimum(scope.builder().maximum(index, 0), most);
  }

  /** The indices of a window that begins at an index. */
  private static Value window(ProgramScope scope, Value index, Optional<String> label, long size) {
    if (size == 1 || label.isEmpty()) {
      return index;
    }
    ValueType type = ValueType.of(index.type().dtype(), List.of(label.get()), List.of(size));
    return scope.builder().add(index, scope.builder().iota(type, label.get()));
  }

  private static void oneHot(
      ProgramScope scope,
      Value index,
      String label,
      long size,
      DType dtype,
      List<Term> terms,
      List<Value> operands) {
    Value hot = scope.builder().oneHot(index, label, size, dtype);
    operands.add(hot);
    terms.add(Term.of(hot.type().names().toArray(String[]::new)));
  }

  static void scatter(ProgramScope scope, SsaStep step) {
    if (step.operands().size() != 3) {
      throw step.operation().error("must have one operand and its updates");
    }
    IndexDimensions dimensions = IndexDimensions.scatter(step);
    SsaValue updates = step.operand(2);
    List<Integer> batch = dimensions.batch(updates.rank());
    List<String> batchNames = new ArrayList<>(batch.stream().map(_ -> scope.fresh()).toList());
    for (int i = 0; i < dimensions.batching().size(); i++) {
      String label = scope.names(step.result()).get(dimensions.batching().get(i));
      batchNames.set(dimensions.place(dimensions.indexBatching().get(i)), label);
    }
    boolean set = step.body().steps().isEmpty() && isUpdate(step);
    Scattering scattering = new Scattering(scope, step, 2, set);
    for (int i = 0; i < batch.size(); i++) {
      scattering.name(batch.get(i), batchNames.get(i));
    }
    for (int d = 0; d < step.result().rank(); d++) {
      int component = dimensions.component(d);
      Optional<Integer> window = dimensions.window(d);
      if (dimensions.batching().contains(d)) {
        continue;
      }
      if (component < 0) {
        scattering.whole(window.orElseThrow(), d);
      } else {
        Value index = component(scope, step, 1, dimensions.vector(), component, batchNames);
        scattering.at(index, window, d);
      }
    }
    String function = ScalarEvaluation.function(step).orElse("");
    boolean once =
        step.operation().word("unique_indices").equals("true")
            || batch.stream().allMatch(i -> updates.size(i) == 1);
    if (!function.equals("stablehlo.add") && !(set && once)) {
      throw step.operation()
          .error(
              "updates must be added, or replace elements at unique indices, got "
                  + (set ? "indices that may be equal" : "another function"));
    }
    scattering.finish();
  }

  private static boolean isUpdate(SsaStep step) {
    return step.body().returned().equals(List.of(step.body().arguments().getLast()));
  }

  static void dynamicUpdate(ProgramScope scope, SsaStep step) {
    SsaValue updates = step.operand(1);
    Scattering scattering = new Scattering(scope, step, 1, true);
    for (int d = 0; d < updates.rank(); d++) {
      long most = step.result().size(d) - updates.size(d);
      if (most == 0) {
        scattering.whole(d, d);
      } else {
        Value index = scope.aligned(step.operand(2 + d), List.of());
        scattering.at(clamped(scope, index, most), Optional.of(d), d);
      }
    }
    scattering.finish();
  }

  /** The parts of a scatter that is being built. */
  private static final class Scattering {
    private final ProgramScope scope;
    private final SsaStep step;
    private final SsaValue updates;
    private final List<String> names;
    private final boolean set;
    private final List<String> labels = new ArrayList<>();
    private final List<Value> hots = new ArrayList<>();

    Scattering(ProgramScope scope, SsaStep step, int updates, boolean set) {
      this.scope = scope;
      this.set = set;
      this.step = step;
      this.updates = step.operand(updates);
      names = scope.names(step.result());
      IntStream.range(0, this.updates.rank()).forEach(_ -> labels.add(scope.fresh()));
    }

    void name(int dimension, String label) {
      labels.set(dimension, label);
    }

    void whole(int dimension, int d) {
      if (updates.size(dimension) != step.result().size(d)) {
        throw step.operation().error("a window without index must be whole");
      }
      name(dimension, names.get(d));
    }

    /** Updates go to an index, the first of a window if there is one. */
    void at(Value index, Optional<Integer> window, int d) {
      ProgramBuilder builder = scope.builder();
      Value placed = index;
      long size = window.map(updates::size).orElse(1L);
      if (window.isPresent() && size > 1) {
        Value inside =
            builder.and(
                builder.greaterEqual(index, 0),
                builder.lessEqual(index, step.result().size(d) - size));
        ValueType type =
            ValueType.of(index.type().dtype(), List.of(labels.get(window.get())), List.of(size));
        Value moved = builder.add(index, builder.iota(type, labels.get(window.get())));
        placed = builder.select(inside, moved, builder.constant(index.type().dtype(), -1L));
      }
      DType dtype = set ? DType.BOOL : scope.view(updates).dtype();
      hots.add(builder.oneHot(placed, names.get(d), step.result().size(d), dtype));
    }

    void finish() {
      ProgramBuilder builder = scope.builder();
      View view = scope.view(updates);
      DType dtype = view.dtype();
      List<Term> terms = new ArrayList<>();
      hots.forEach(hot -> terms.add(Term.of(hot.type().names().toArray(String[]::new))));
      List<Value> operands = new ArrayList<>();
      hots.forEach(hot -> operands.add(builder.convert(hot, dtype)));
      terms.addFirst(ProgramScope.term(view, labels));
      operands.addFirst(scope.source(view));
      View sum = ContractionReader.einsum(scope, terms, operands, dtype, names);
      Value added;
      if (set) {
        View mask =
            hots.isEmpty()
                ? new View.Splat(DType.BOOL, Scalar.of(DType.BOOL, 1), 0)
                : ContractionReader.einsum(
                    scope, terms.subList(1, terms.size()), hots, DType.BOOL, names);
        added =
            builder.select(
                scope.source(mask), scope.source(sum), scope.aligned(step.operand(0), names));
      } else {
        boolean fromZero =
            scope.number(step.operand(0)).filter(each -> each.toDouble() == 0).isPresent();
        added =
            fromZero
                ? scope.source(sum)
                : builder.add(scope.aligned(step.operand(0), names), scope.source(sum));
      }
      scope.put(step.result(), View.Held.within(added, names));
    }
  }
}
