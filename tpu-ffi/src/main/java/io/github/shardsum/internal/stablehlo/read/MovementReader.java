package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.Movement;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Operations that move elements. */
final class MovementReader {
  private MovementReader() {}

  static void broadcast(ProgramScope scope, SsaStep step) {
    SsaValue operand = step.operand(0);
    SsaValue result = step.result();
    List<Long> into =
        step.operation()
            .integers(
                step.operation().attribute("dims").isPresent() ? "dims" : "broadcast_dimensions");
    List<Integer> grown =
        IntStream.range(0, into.size())
            .filter(i -> operand.size(i) != result.size(Math.toIntExact(into.get(i))))
            .boxed()
            .toList();
    View view = scope.dropping(scope.view(operand), grown);
    List<Optional<String>> labels = new ArrayList<>();
    for (int j = 0; j < result.rank(); j++) {
      int at = into.indexOf((long) j);
      labels.add(at < 0 ? Optional.empty() : view.label(at));
    }
    scope.put(result, rearranged(view, labels));
  }

  private static View rearranged(View view, List<Optional<String>> labels) {
    return switch (view) {
      case View.Held(Value value, _) -> new View.Held(value, labels);
      case View.Splat(DType dtype, Scalar number, _) ->
          new View.Splat(dtype, number, labels.size());
    };
  }

  static void transpose(ProgramScope scope, SsaStep step) {
    View view = scope.view(step.operand(0));
    String key = step.operation().attribute("dims").isPresent() ? "dims" : "permutation";
    scope.put(
        step.result(),
        rearranged(
            view,
            step.operation().integers(key).stream()
                .map(dimension -> view.label(Math.toIntExact(dimension)))
                .toList()));
  }

  static void reshape(ProgramScope scope, SsaStep step) {
    SsaValue operand = step.operand(0);
    SsaValue result = step.result();
    if (result.type().sizes().contains(0L)) {
      DType dtype = ProgramScope.dtype(result.type());
      scope.put(result, new View.Splat(dtype, Scalar.of(dtype, 0), result.rank()));
      return;
    }
    List<Integer> ones =
        IntStream.range(0, operand.rank()).filter(i -> operand.size(i) == 1).boxed().toList();
    View view = scope.dropping(scope.view(operand), ones);
    List<ReshapeGroup> groups = ReshapeGroup.of(operand.type().sizes(), result.type().sizes());
    List<Optional<String>> labels = new ArrayList<>();
    for (int j = 0; j < result.rank(); j++) {
      labels.add(Optional.empty());
    }
    List<ReshapeGroup> changed = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (ReshapeGroup group : groups) {
      if (group.isOne()) {
        labels.set(group.into().getFirst(), view.label(group.from().getFirst()));
      }
      boolean held = group.from().stream().anyMatch(i -> view.label(i).isPresent());
      if (held) {
        order.addAll(group.from());
        if (!group.isOne()) {
          changed.add(group);
        }
      }
    }
    if (changed.isEmpty()) {
      scope.put(result, rearranged(view, labels));
      return;
    }
    List<String> names = order.stream().map(i -> view.label(i).orElseGet(scope::fresh)).toList();
    View.Held ordered = new View.Held(scope.source(view), order.stream().map(view::label).toList());
    Value value = scope.whole(ordered, order.stream().map(operand::size).toList(), names);
    for (ReshapeGroup group : changed) {
      List<String> from = group.from().stream().map(i -> names.get(order.indexOf(i))).toList();
      value = reshaped(scope, result, group, from, value);
      List<String> now = value.type().names();
      int start = now.size();
      for (int j = 0; j < group.into().size(); j++) {
        start = Math.min(start, place(now, names, order, group));
        labels.set(group.into().get(j), Optional.of(now.get(start + j)));
      }
    }
    scope.put(result, new View.Held(value, labels));
  }

  /** Where the group's dimensions begin: behind those of the groups before it. */
  private static int place(
      List<String> now, List<String> names, List<Integer> order, ReshapeGroup group) {
    int at = order.indexOf(group.from().getFirst());
    int after = names.size() - at - group.from().size();
    return now.size() - after - group.into().size();
  }

  private static Value reshaped(
      ProgramScope scope, SsaValue result, ReshapeGroup group, List<String> from, Value value) {
    List<String> wanted = group.into().stream().map(scope.names(result)::get).toList();
    Value merged = value;
    String one = from.getFirst();
    if (from.size() > 1) {
      one = group.into().size() == 1 ? scope.free(wanted.getFirst(), value) : scope.fresh();
      merged = scope.builder().merge(value, one, from.toArray(String[]::new));
    }
    if (wanted.size() == 1) {
      return merged;
    }
    Value whole = merged;
    List<String> into = wanted.stream().map(label -> scope.free(label, whole)).toList();
    List<Long> sizes = group.into().stream().map(result::size).toList();
    return scope.builder().add(new Movement.Split(merged, one, into, sizes)).getFirst();
  }

  static void slice(ProgramScope scope, SsaStep step) {
    List<Long> ranges = ranges(step);
    View view = scope.view(step.operand(0));
    if (view instanceof View.Held held) {
      Value value = held.value();
      for (int i = 0; i < step.operand(0).rank(); i++) {
        Optional<String> label = held.label(i);
        if (label.isPresent() && !isWhole(step.operand(0), i, ranges)) {
          value =
              scope
                  .builder()
                  .slice(
                      value,
                      label.get(),
                      ranges.get(3 * i),
                      ranges.get(3 * i + 1),
                      ranges.get(3 * i + 2));
        }
      }
      scope.put(step.result(), new View.Held(value, held.labels()));
    } else {
      scope.put(step.result(), view);
    }
  }

  private static boolean isWhole(SsaValue operand, int dimension, List<Long> ranges) {
    return ranges.get(3 * dimension) == 0
        && ranges.get(3 * dimension + 1) == operand.size(dimension)
        && ranges.get(3 * dimension + 2) == 1;
  }

  /** First index, limit and step of each dimension. */
  private static List<Long> ranges(SsaStep step) {
    List<Long> printed = step.operation().integers("ranges");
    if (!printed.isEmpty() || step.operand(0).isScalar()) {
      return printed;
    }
    List<Long> ranges = new ArrayList<>();
    for (int i = 0; i < step.operand(0).rank(); i++) {
      ranges.add(step.operation().integers("start_indices").get(i));
      ranges.add(step.operation().integers("limit_indices").get(i));
      ranges.add(step.operation().integers("strides").get(i));
    }
    return ranges;
  }

  static void pad(ProgramScope scope, SsaStep step) {
    Scalar fill =
        scope
            .number(step.operand(1))
            .orElseThrow(() -> step.operation().error("the fill must be a constant"));
    List<Long> low = edges(step, "low", "edge_padding_low");
    List<Long> high = edges(step, "high", "edge_padding_high");
    List<Long> interior = edges(step, "interior", "interior_padding");
    scope.put(step.result(), padded(scope, step, low, high, interior, fill));
  }

  private static List<Long> edges(SsaStep step, String printed, String generic) {
    return step.operation()
        .integers(step.operation().attribute(printed).isPresent() ? printed : generic);
  }

  /** The operand with elements around and between; negative edges cut elements off. */
  static View.Held padded(
      ProgramScope scope,
      SsaStep step,
      List<Long> low,
      List<Long> high,
      List<Long> interior,
      Scalar fill) {
    SsaValue operand = step.operand(0);
    List<Integer> changed =
        IntStream.range(0, operand.rank())
            .filter(i -> low.get(i) != 0 || high.get(i) != 0 || interior.get(i) != 0)
            .boxed()
            .toList();
    View.Held held = scope.holding(operand, changed);
    Value value = held.value();
    for (int i : changed) {
      String label = held.label(i).orElseThrow();
      value =
          scope
              .builder()
              .add(
                  new Movement.Pad(
                      value,
                      label,
                      Math.max(0, low.get(i)),
                      Math.max(0, high.get(i)),
                      interior.get(i),
                      fill))
              .getFirst();
      if (low.get(i) < 0 || high.get(i) < 0) {
        long size = value.type().size(label);
        long from = Math.max(0, -low.get(i));
        value = scope.builder().slice(value, label, from, size - Math.max(0, -high.get(i)));
      }
    }
    return new View.Held(value, held.labels());
  }

  static void concatenate(ProgramScope scope, SsaStep step) {
    List<String> names = scope.names(step.result());
    String key = step.operation().attribute("dim").isPresent() ? "dim" : "dimension";
    String label = names.get(Math.toIntExact(step.operation().integers(key).getFirst()));
    Value[] parts =
        step.operands().stream().map(each -> scope.whole(each, names)).toArray(Value[]::new);
    Value joined = parts.length == 1 ? parts[0] : scope.builder().concatenate(label, parts);
    scope.put(step.result(), View.Held.of(joined, names));
  }

  static void reverse(ProgramScope scope, SsaStep step) {
    View view = scope.view(step.operand(0));
    String key = step.operation().attribute("dims").isPresent() ? "dims" : "dimensions";
    if (view instanceof View.Held held) {
      Value value = held.value();
      for (long dimension : step.operation().integers(key)) {
        Optional<String> label = held.label(Math.toIntExact(dimension));
        if (label.isPresent()) {
          value = reversed(scope, value, label.get());
        }
      }
      view = new View.Held(value, held.labels());
    }
    scope.put(step.result(), view);
  }

  /**
   * A value in reverse order along a label: neighbouring halves of blocks of 2, 4, 8 and so on
   * elements change places.
   */
  static Value reversed(ProgramScope scope, Value x, String label) {
    ProgramBuilder builder = scope.builder();
    long size = x.type().size(label);
    if (size < 2) {
      return x;
    }
    long padded = Long.highestOneBit(size - 1) << 1;
    Value value = x;
    if (padded != size) {
      Scalar zero = Scalar.of(x.type().dtype(), 0);
      value = builder.add(new Movement.Pad(x, label, 0, padded - size, 0, zero)).getFirst();
    }
    for (long half = 1; half < padded; half *= 2) {
      List<String> parts = List.of(scope.fresh(), scope.fresh(), scope.fresh());
      List<Long> sizes = List.of(padded / 2 / half, 2L, half);
      Value split = builder.add(new Movement.Split(value, label, parts, sizes)).getFirst();
      Value first = builder.slice(split, parts.get(1), 0, 1);
      Value second = builder.slice(split, parts.get(1), 1, 2);
      Value swapped = builder.concatenate(parts.get(1), second, first);
      value = builder.merge(swapped, label, parts.toArray(String[]::new));
    }
    return padded == size ? value : builder.slice(value, label, padded - size, padded);
  }
}
