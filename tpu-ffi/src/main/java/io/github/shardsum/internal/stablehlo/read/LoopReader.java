package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Counted loops, as scans. A carried array that the body only reads at the counter is a sequence,
 * one that the body only writes there is a stacked result, and one that it leaves alone is an
 * invariant.
 */
final class LoopReader {
  private final ProgramScope scope;
  private final SsaStep step;
  private final SsaBody body;
  private final LoopCounter counter;
  private final boolean reverse;

  /** The reads of sequences: the step that slices, by the argument that it reads. */
  private final Map<SsaValue, List<SsaStep>> reads = new LinkedHashMap<>();

  /** The writes of stacked results, by the argument. */
  private final Map<SsaValue, SsaStep> writes = new LinkedHashMap<>();

  private LoopReader(ProgramScope scope, SsaStep step) {
    this.scope = scope;
    this.step = step;
    body = step.body();
    counter = LoopCounter.of(step, scope.evaluation());
    boolean forward = classify(counter::isForward);
    reverse = !forward && counter.count() > 1 && classify(counter::isBackward);
    if (!reverse) {
      classify(counter::isForward);
    }
  }

  static void read(ProgramScope scope, SsaStep step) {
    new LoopReader(scope, step).read();
  }

  /** Finds reads and writes at an index; whether there are any. */
  private boolean classify(Predicate<SsaValue> isIndex) {
    reads.clear();
    writes.clear();
    for (int i = 0; i < body.arguments().size(); i++) {
      SsaValue argument = body.arguments().get(i);
      if (i == counter.argument() || argument.isScalar() || argument.size(0) != counter.count()) {
        continue;
      }
      List<SsaStep> users = body.steps().stream().filter(each -> uses(each, argument)).toList();
      boolean kept = body.returned().get(i).equals(argument);
      if (kept
          && !users.isEmpty()
          && users.stream().allMatch(each -> reads(each, argument, isIndex))) {
        reads.put(argument, users);
      } else if (users.size() == 1
          && users.getFirst().results().equals(List.of(body.returned().get(i)))
          && writes(users.getFirst(), argument, isIndex)
          && body.steps().stream().noneMatch(each -> uses(each, users.getFirst().result()))
          && body.returned().stream().filter(users.getFirst().result()::equals).count() == 1) {
        writes.put(argument, users.getFirst());
      }
    }
    return !reads.isEmpty() || !writes.isEmpty();
  }

  private static boolean uses(SsaStep step, SsaValue value) {
    return step.operands().contains(value)
        || step.bodies().stream().anyMatch(each -> each.captured().contains(value));
  }

  private static boolean reads(SsaStep step, SsaValue argument, Predicate<SsaValue> isIndex) {
    return step.name().equals("stablehlo.dynamic_slice")
        && step.operand(0).equals(argument)
        && isIndex.test(step.operand(1))
        && step.result().size(0) == 1
        && rest(step.result()).equals(rest(argument));
  }

  private static boolean writes(SsaStep step, SsaValue argument, Predicate<SsaValue> isIndex) {
    return step.name().equals("stablehlo.dynamic_update_slice")
        && step.operand(0).equals(argument)
        && !step.operand(1).equals(argument)
        && isIndex.test(step.operand(2))
        && step.operand(1).size(0) == 1
        && rest(step.operand(1)).equals(rest(argument));
  }

  private static List<Long> rest(SsaValue value) {
    return value.type().sizes().subList(1, value.rank());
  }

  private void read() {
    ProgramBuilder builder = Program.builder("round");
    ProgramScope inner = scope.nested(builder);
    List<SsaValue> arguments = body.arguments();
    List<Integer> carried = new ArrayList<>();
    Set<SsaValue> captured = new HashSet<>(body.captured());
    for (int i = 0; i < arguments.size(); i++) {
      if (i != counter.argument()
          && !writes.containsKey(arguments.get(i))
          && !body.returned().get(i).equals(arguments.get(i))) {
        carried.add(i);
      }
    }
    List<Value> carriedValues = new ArrayList<>();
    for (int i : carried) {
      SsaValue argument = arguments.get(i);
      List<String> names = scope.names(argument);
      carriedValues.add(scope.whole(step.operand(i), names));
      ValueType type =
          ValueType.of(ProgramScope.dtype(argument.type()), names, argument.type().sizes());
      inner.put(argument, View.Held.of(builder.input("carried" + i, type), names));
    }
    String label =
        Stream.concat(reads.keySet().stream(), writes.keySet().stream())
            .findFirst()
            .map(row -> scope.names(row).getFirst())
            .orElseGet(scope::fresh);
    List<Value> sequences = new ArrayList<>();
    Set<SsaValue> given = new HashSet<>(arguments);
    List<SsaValue> wanted = new ArrayList<>();
    carried.forEach(i -> wanted.add(body.returned().get(i)));
    writes.values().forEach(write -> wanted.add(write.operand(1)));
    reads.values().forEach(users -> users.forEach(each -> given.add(each.result())));
    Set<SsaValue> needed = body.needed(wanted, given);
    sequences(inner, needed, label, sequences);
    List<Value> invariants = invariants(inner, needed, captured);
    StepReader.readAll(inner, body.steps(), needed);
    for (int i : carried) {
      List<String> names = scope.names(arguments.get(i));
      output(inner, "next" + i, inner.whole(body.returned().get(i), names));
    }
    for (SsaStep write : writes.values()) {
      SsaValue update = write.operand(1);
      View row = inner.dropping(inner.view(update), List.of(0));
      output(
          inner,
          "row" + update.id(),
          inner.whole(
              without(row), rest(update), scope.names(write.result()).subList(1, update.rank())));
    }
    Nested.Scan scan =
        new Nested.Scan(
            counter.count(), label, reverse, builder.build(), carriedValues, sequences, invariants);
    results(scope.builder().add(scan), carried);
  }

  /** A view without its first dimension. */
  private static View without(View view) {
    return switch (view) {
      case View.Held(Value value, var labels) ->
          new View.Held(value, labels.subList(1, labels.size()));
      case View.Splat(DType dtype, Scalar number, int rank) ->
          new View.Splat(dtype, number, rank - 1);
    };
  }

  /** Makes a value an output that may be an input or an output already. */
  private static void output(ProgramScope inner, String name, Value value) {
    ProgramBuilder builder = inner.builder();
    Value copied = builder.isNamed(value) ? inner.copy(value) : value;
    builder.output(builder.unusedName(name), copied);
  }

  private void sequences(
      ProgramScope inner, Set<SsaValue> needed, String label, List<Value> sequences) {
    for (Map.Entry<SsaValue, List<SsaStep>> read : reads.entrySet()) {
      SsaValue argument = read.getKey();
      List<String> names = new ArrayList<>(scope.names(argument));
      names.set(0, label);
      sequences.add(scope.whole(step.operand(body.arguments().indexOf(argument)), names));
      List<String> rest = names.subList(1, names.size());
      ValueType type = ValueType.of(ProgramScope.dtype(argument.type()), rest, rest(argument));
      Value row = inner.builder().input("row" + argument.id(), type);
      List<Optional<String>> labels = new ArrayList<>();
      labels.add(Optional.empty());
      rest.forEach(each -> labels.add(Optional.of(each)));
      read.getValue().forEach(each -> inner.put(each.result(), new View.Held(row, labels)));
    }
    SsaValue at = body.arguments().get(counter.argument());
    if (needed.contains(at)) {
      DType dtype = ProgramScope.dtype(at.type());
      sequences.add(counter.values(scope.builder(), label, dtype, reverse));
      inner.put(
          at, new View.Held(inner.builder().input("counter", ValueType.scalar(dtype)), List.of()));
    }
  }

  /** Arguments that stay, and values from outside. */
  private List<Value> invariants(ProgramScope inner, Set<SsaValue> needed, Set<SsaValue> captured) {
    Map<SsaValue, SsaValue> outside = new LinkedHashMap<>();
    for (int i = 0; i < body.arguments().size(); i++) {
      SsaValue argument = body.arguments().get(i);
      if (needed.contains(argument) && !inner.knows(argument)) {
        outside.put(argument, step.operand(i));
      }
    }
    captured.stream()
        .filter(needed::contains)
        .sorted(Comparator.comparingInt(SsaValue::id))
        .forEach(each -> outside.put(each, each));
    Map<Value, Value> inputs = new HashMap<>();
    List<Value> invariants = new ArrayList<>();
    outside.forEach(
        (inside, from) -> {
          View view = scope.view(from);
          if (view instanceof View.Held(Value value, var labels)) {
            Value input =
                inputs.computeIfAbsent(
                    value,
                    _ -> {
                      invariants.add(value);
                      return inner
                          .builder()
                          .input("given" + inside.id(), value.type().withoutLayout());
                    });
            inner.put(inside, new View.Held(input, labels));
          } else {
            inner.put(inside, view);
          }
        });
    return invariants;
  }

  private void results(List<Value> values, List<Integer> carried) {
    for (int k = 0; k < carried.size(); k++) {
      int i = carried.get(k);
      scope.put(
          step.results().get(i), View.Held.of(values.get(k), scope.names(body.arguments().get(i))));
    }
    int at = carried.size();
    for (int i = 0; i < step.results().size(); i++) {
      SsaValue argument = body.arguments().get(i);
      SsaValue result = step.results().get(i);
      if (writes.containsKey(argument)) {
        // Written rows are in the order of the writes, which is that of the arguments.
        List<String> names = new ArrayList<>(values.get(at).type().names());
        scope.put(result, View.Held.of(values.get(at++), names));
      } else if (i == counter.argument()) {
        DType dtype = ProgramScope.dtype(result.type());
        scope.put(result, new View.Splat(dtype, Scalar.of(dtype, counter.end()), 0));
      } else if (body.returned().get(i).equals(argument)) {
        scope.put(result, scope.view(step.operand(i)));
      }
    }
  }
}
