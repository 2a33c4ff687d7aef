package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.stablehlo.read.Mlir.Tensor;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A program that is being built, and the views of the module's values in it. */
final class ProgramScope {
  private final ProgramBuilder builder;
  private final DimensionTies ties;
  private final ScalarEvaluation evaluation;
  private final Map<SsaValue, View> views = new HashMap<>();

  ProgramScope(ProgramBuilder builder, DimensionTies ties, ScalarEvaluation evaluation) {
    this.builder = builder;
    this.ties = ties;
    this.evaluation = evaluation;
  }

  /** A scope for a nested program. */
  ProgramScope nested(ProgramBuilder inner) {
    return new ProgramScope(inner, ties, evaluation);
  }

  ProgramBuilder builder() {
    return builder;
  }

  ScalarEvaluation evaluation() {
    return evaluation;
  }

  boolean knows(SsaValue value) {
    return views.containsKey(value);
  }

  View view(SsaValue value) {
    View view = views.get(value);
    if (view == null) {
      throw new IllegalStateException("not read: " + value);
    }
    return view;
  }

  void put(SsaValue value, View view) {
    views.put(value, view);
  }

  /** The labels that a value's dimensions should have. */
  List<String> names(SsaValue value) {
    return ties.names(value);
  }

  String fresh() {
    return ties.fresh();
  }

  /** The label, or another one if the value has this one already. */
  String free(String label, Value value) {
    return value.type().names().contains(label) ? fresh() : label;
  }

  static DType dtype(Tensor type) {
    return switch (type.element()) {
      case "f32" -> DType.F32;
      case "f64" -> DType.F64;
      case "bf16" -> DType.BF16;
      case "i32" -> DType.I32;
      case "i64" -> DType.I64;
      case "i1" -> DType.BOOL;
      // Indices; PointwiseReader refuses arithmetic, which would wrap elsewhere.
      case "ui32" -> DType.I64;
      default ->
          throw new IllegalArgumentException(
              "element type must be f32, f64, bf16, i32, i64, ui32 or i1, got " + type);
    };
  }

  Value constant(DType dtype, Scalar number) {
    return builder.add(new Source.Constant(ValueType.scalar(dtype), number)).getFirst();
  }

  /** The value of a view as it is, without dimensions along which it repeats. */
  Value source(View view) {
    return switch (view) {
      case View.Held(Value value, _) -> value;
      case View.Splat(DType dtype, Scalar number, _) -> constant(dtype, number);
    };
  }

  /** The labels that a view has, and for the other dimensions those that they should have. */
  List<String> labels(View view, SsaValue value) {
    List<String> labels = new ArrayList<>();
    List<String> names = names(value);
    Set<String> used = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      view.label(i).ifPresent(used::add);
    }
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      labels.add(view.label(i).orElseGet(() -> used.add(name) ? name : fresh()));
    }
    return labels;
  }

  /** A copy of a value, where it is an output under a second name. */
  Value copy(Value value) {
    Term term = Term.of(value.type().names().toArray(String[]::new));
    return builder.einsum(new Equation(List.of(term), term), List.of(value), Map.of());
  }

  /** The number of a view that is the same everywhere, if it is known. */
  Optional<Scalar> number(SsaValue value) {
    return view(value) instanceof View.Splat(_, Scalar number, _)
        ? Optional.of(number)
        : evaluation
            .evaluate(value, Map.of())
            .map(number -> Scalar.of(dtype(value.type()), number));
  }

  /** A value whose dimensions, where it has them, have these labels. */
  Value aligned(SsaValue value, List<String> labels) {
    View view = view(value);
    if (!(view instanceof View.Held held) || isNamed(held, labels)) {
      return source(view);
    }
    Term renamed = term(held, labels);
    return builder.einsum(new Equation(List.of(renamed), renamed), List.of(held.value()), Map.of());
  }

  private static boolean isNamed(View.Held held, List<String> labels) {
    for (int i = 0; i < Math.min(labels.size(), held.labels().size()); i++) {
      if (!held.label(i).orElse(labels.get(i)).equals(labels.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The labels of a view's value, in its order, by the name for their dimension. */
  static Term term(View view, List<String> labels) {
    if (!(view instanceof View.Held held)) {
      return Term.of();
    }
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      int dimension = i;
      held.label(i).ifPresent(label -> names.put(label, labels.get(dimension)));
    }
    return Term.of(held.value().type().names().stream().map(names::get).toArray(String[]::new));
  }

  /** A value with exactly these labels for its dimensions, in order. */
  Value whole(SsaValue value, List<String> labels) {
    return whole(view(value), value.type().sizes(), labels);
  }

  Value whole(View view, List<Long> sizes, List<String> labels) {
    if (view instanceof View.Splat(DType dtype, Scalar number, _)) {
      return builder
          .add(new Source.Constant(ValueType.of(dtype, labels, sizes), number))
          .getFirst();
    }
    View.Held held = (View.Held) view;
    if (held.value().type().names().equals(labels) && isNamed(held, labels)) {
      return held.value();
    }
    Map<String, Long> repeated = new LinkedHashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      if (held.label(i).isEmpty()) {
        repeated.put(labels.get(i), sizes.get(i));
      }
    }
    Equation equation =
        new Equation(List.of(term(held, labels)), Term.of(labels.toArray(String[]::new)));
    return builder.einsum(equation, List.of(held.value()), repeated);
  }

  /** A view that has labels at these dimensions. */
  View.Held holding(SsaValue value, List<Integer> dimensions) {
    View view = view(value);
    List<String> names = names(value);
    boolean has = dimensions.stream().allMatch(i -> view.label(i).isPresent());
    if (has && view instanceof View.Held held) {
      return held;
    }
    List<Optional<String>> labels = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    List<Optional<String>> old = new ArrayList<>();
    for (int i = 0; i < value.rank(); i++) {
      boolean keeps = dimensions.contains(i) || view.label(i).isPresent();
      labels.add(keeps ? Optional.of(names.get(i)) : Optional.empty());
      if (keeps) {
        kept.add(names.get(i));
        sizes.add(value.size(i));
        old.add(view.label(i));
      }
    }
    View dense = view instanceof View.Held held ? new View.Held(held.value(), old) : view;
    return new View.Held(whole(dense, sizes, kept), labels);
  }

  /** The view without labels of size 1 at these dimensions, along which it then repeats. */
  View dropping(View view, List<Integer> dimensions) {
    if (!(view instanceof View.Held held)) {
      return view;
    }
    List<Optional<String>> labels = new ArrayList<>(held.labels());
    List<String> dropped = new ArrayList<>();
    for (int dimension : dimensions) {
      labels.get(dimension).ifPresent(dropped::add);
      labels.set(dimension, Optional.empty());
    }
    if (dropped.isEmpty()) {
      return held;
    }
    List<String> names = held.value().type().names();
    List<String> left = names.stream().filter(name -> !dropped.contains(name)).toList();
    Equation equation =
        new Equation(
            List.of(Term.of(names.toArray(String[]::new))), Term.of(left.toArray(String[]::new)));
    return new View.Held(builder.einsum(equation, List.of(held.value()), Map.of()), labels);
  }
}
