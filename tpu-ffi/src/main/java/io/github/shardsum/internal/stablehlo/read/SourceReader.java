package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Dense;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Constants and indices. */
final class SourceReader {
  /** Runs of equal numbers in a constant; each is a statement. */
  private static final int MOST_RUNS = 4096;

  private SourceReader() {}

  static void iota(ProgramScope scope, SsaStep step) {
    SsaValue result = step.result();
    int dimension = Math.toIntExact(step.operation().integers(key(step)).getFirst());
    String label = scope.names(result).get(dimension);
    ValueType type =
        ValueType.of(
            ProgramScope.dtype(result.type()), List.of(label), List.of(result.size(dimension)));
    List<Optional<String>> labels =
        new ArrayList<>(Collections.nCopies(result.rank(), Optional.empty()));
    labels.set(dimension, Optional.of(label));
    scope.put(result, new View.Held(scope.builder().iota(type, label), labels));
  }

  /** The attribute of the dimension, which the two forms name differently. */
  static String key(SsaStep step) {
    return step.operation().attribute("dim").isPresent() ? "dim" : "iota_dimension";
  }

  static void constant(ProgramScope scope, SsaStep step) {
    SsaValue result = step.result();
    DType dtype = ProgramScope.dtype(result.type());
    Dense dense =
        step.operation()
            .attribute("value")
            .map(each -> each instanceof Dense found ? found : null)
            .orElseThrow(() -> step.operation().error("must have a dense value"));
    List<Scalar> numbers = MlirLiterals.scalars(dense, dtype);
    long elements = result.type().sizes().stream().reduce(1L, Math::multiplyExact);
    if (numbers.size() == 1 || elements == 0) {
      Scalar number = elements == 0 ? Scalar.of(dtype, 0) : numbers.getFirst();
      scope.put(result, new View.Splat(dtype, number, result.rank()));
    } else if (numbers.size() != elements) {
      throw step.operation()
          .error("must have " + elements + " numbers or one, got " + numbers.size());
    } else {
      scope.put(result, array(scope, step, numbers));
    }
  }

  /** An array of several numbers: the index if it is affine, otherwise its runs side by side. */
  private static View array(ProgramScope scope, SsaStep step, List<Scalar> numbers) {
    SsaValue result = step.result();
    DType dtype = ProgramScope.dtype(result.type());
    List<String> names = scope.names(result);
    String flat = result.rank() == 1 ? names.getFirst() : scope.fresh();
    Value row =
        isAffine(numbers, dtype)
            ? affine(scope, flat, numbers, dtype)
            : runs(scope, step, flat, numbers);
    if (result.rank() == 1) {
      return View.Held.of(row, names);
    }
    Movement split = new Movement.Split(row, flat, names, result.type().sizes());
    return View.Held.of(scope.builder().add(split).getFirst(), names);
  }

  private static boolean isAffine(List<Scalar> numbers, DType dtype) {
    if (dtype.isFloating() || dtype == DType.BOOL) {
      return false;
    }
    long first = numbers.getFirst().toLong();
    long step = numbers.get(1).toLong() - first;
    for (int i = 0; i < numbers.size(); i++) {
      if (numbers.get(i).toLong() != first + i * step) {
        return false;
      }
    }
    return true;
  }

  private static Value affine(ProgramScope scope, String label, List<Scalar> numbers, DType dtype) {
    long first = numbers.getFirst().toLong();
    long step = numbers.get(1).toLong() - first;
    ValueType type = ValueType.of(dtype, List.of(label), List.of((long) numbers.size()));
    Value index = scope.builder().iota(type, label);
    Value scaled =
        step == 1
            ? index
            : scope.builder().multiply(index, scope.constant(dtype, whole(dtype, step)));
    return first == 0
        ? scaled
        : scope.builder().add(scaled, scope.constant(dtype, whole(dtype, first)));
  }

  private static Scalar whole(DType dtype, long number) {
    return Scalar.of(dtype, dtype == DType.I32 ? (int) number : number);
  }

  private static Value runs(ProgramScope scope, SsaStep step, String label, List<Scalar> numbers) {
    DType dtype = ProgramScope.dtype(step.result().type());
    List<Value> parts = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= numbers.size(); i++) {
      if (i == numbers.size() || !numbers.get(i).equals(numbers.get(start))) {
        ValueType type = ValueType.of(dtype, List.of(label), List.of((long) (i - start)));
        Source constant = new Source.Constant(type, numbers.get(start));
        parts.add(scope.builder().add(constant).getFirst());
        start = i;
      }
      if (parts.size() > MOST_RUNS) {
        throw step.operation()
            .error("must have at most " + MOST_RUNS + " runs of equal numbers, got more");
      }
    }
    return parts.size() == 1
        ? parts.getFirst()
        : scope.builder().concatenate(label, parts.toArray(Value[]::new));
  }
}
