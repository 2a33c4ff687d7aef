package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.internal.program.types.VarianceInference;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The gradient of each operation: cotangents of its operands from the cotangents of its results.
 */
final class GradientRules {
  private final ProgramBuilder builder;

  GradientRules(ProgramBuilder builder) {
    this.builder = builder;
  }

  /**
   * Cotangents of the operands.
   *
   * @param members the sums over members of regions
   * @param varies for each operand the axes along which members may have different values
   * @param results the operation's results
   * @param given cotangents of the results; empty for a result on which nothing depends
   * @param needed the operands that need a cotangent; others may be left out
   * @param history for a scan, the carried values of every round
   * @return one cotangent for each operand, of the operand's sizes; empty for 0
   */
  List<Optional<Value>> gradients(
      Operation operation,
      MemberSums members,
      List<Set<String>> varies,
      List<Value> results,
      List<Optional<Value>> given,
      List<Boolean> needed,
      List<Value> history) {
    Optional<Value> first = given.getFirst();
    return switch (operation) {
      case Pointwise pointwise ->
          new PointwiseGradient(builder, this)
              .of(pointwise, results.getFirst(), first.orElseThrow(), needed);
      case Contraction.Einsum einsum -> einsum(einsum, first.orElseThrow(), needed);
      case Reduce reduce -> List.of(reduce(reduce, results.getFirst(), first.orElseThrow()));
      case Softmax softmax -> List.of(softmax(softmax, results.getFirst(), first.orElseThrow()));
      case CumulativeSum sum ->
          one(new CumulativeSum(first.orElseThrow(), sum.label(), sum.exclusive(), !sum.reverse()));
      case TopK top -> List.of(first.map(g -> topK(top, results.getLast(), g)));
      case Selection.ArgMax _, Selection.OneHot _ -> List.of(Optional.empty());
      case Source source -> nothing(source.operands().size());
      case Movement movement ->
          new MovementGradient(builder, this).of(movement, first.orElseThrow());
      case Composite composite -> composite(composite, results, given);
      case Manual manual ->
          new ManualGradient(builder).region(manual, given, members.in(manual, varies));
      case Communication communication ->
          new ManualGradient(builder)
              .communication(
                  communication,
                  results.getFirst(),
                  first.orElseThrow(),
                  isSame(communication, varies));
      case Scan scan ->
          new ScanGradient(builder, scan, history, members.in(scan, varies)).gradients(given);
    };
  }

  private static boolean isSame(Communication communication, List<Set<String>> varies) {
    return Collections.disjoint(
        VarianceInference.union(varies), VarianceInference.names(communication.axes()));
  }

  private static List<Optional<Value>> nothing(int count) {
    return new ArrayList<>(Collections.nCopies(count, Optional.<Value>empty()));
  }

  private List<Optional<Value>> one(Operation operation) {
    return List.of(Optional.of(builder.add(operation).getFirst()));
  }

  /** A value with the labels and dtype of a type of the same sizes. */
  Value like(Value value, ValueType type) {
    Value same = builder.convert(value, type.dtype());
    return same.type().withoutLayout().equals(type.withoutLayout()) ? same : copy(same, type);
  }

  /** The identity einsum. */
  Value copy(Value value, ValueType type) {
    List<String> names = type.names();
    return builder.einsum(
        LabelEquations.equation(List.of(LabelEquations.of(names)), LabelEquations.of(names)),
        List.of(value),
        Map.of());
  }

  /** The sum of a product over all labels that an operand does not have. */
  Value contract(Value operand, Value... factors) {
    List<String> names = operand.type().names();
    boolean summed =
        !factors[0].type().names().equals(names)
            || Stream.of(factors).anyMatch(factor -> !names.containsAll(factor.type().names()));
    if (summed) {
      return builder.einsum(
          LabelEquations.equation(
              Stream.of(factors).map(LabelEquations::of).toList(), LabelEquations.of(operand)),
          List.of(factors),
          missing(operand, factors));
    }
    // Pointwise, since pointwise operations are fused with their neighbours.
    Value product = factors[0];
    for (int i = 1; i < factors.length; i++) {
      product = builder.multiply(product, factors[i]);
    }
    return product;
  }

  private static Map<String, Long> missing(Value operand, Value... factors) {
    Map<String, Long> sizes = new HashMap<>();
    for (String label : operand.type().names()) {
      boolean known = false;
      for (Value factor : factors) {
        known |= factor.type().axis(label) >= 0;
      }
      if (!known) {
        sizes.put(label, operand.type().size(label));
      }
    }
    return sizes;
  }

  private List<Optional<Value>> einsum(
      Contraction.Einsum einsum, Value cotangent, List<Boolean> needed) {
    List<Optional<Value>> gradients = new ArrayList<>();
    for (int i = 0; i < needed.size(); i++) {
      gradients.add(
          needed.get(i)
              ? Optional.of(new EinsumGradient(builder, einsum, cotangent).by(i))
              : Optional.empty());
    }
    return gradients;
  }

  private Optional<Value> reduce(Reduce reduce, Value result, Value g) {
    Value x = reduce.x();
    if (reduce.kind() == ReduceKind.SUM) {
      return Optional.of(contract(x, g));
    }
    Value chosen = builder.compare(Comparison.EQ, x, result);
    Value ones = builder.convert(chosen, x.type().dtype());
    Value count = builder.sum(ones, reduce.labels().toArray(String[]::new));
    Value share = builder.divide(g, count);
    return Optional.of(builder.select(chosen, share, builder.constant(x.type().dtype(), 0)));
  }

  private Optional<Value> softmax(Softmax softmax, Value y, Value g) {
    Set<String> label = Set.of(softmax.label());
    List<String> rest = LabelEquations.without(y, label);
    Value mean =
        builder.einsum(
            LabelEquations.equation(
                List.of(LabelEquations.of(g), LabelEquations.of(y)), LabelEquations.of(rest)),
            List.of(g, y),
            Map.of());
    return Optional.of(builder.multiply(y, builder.subtract(g, mean)));
  }

  private Value topK(TopK top, Value indices, Value g) {
    Set<String> used = new HashSet<>(indices.type().names());
    String label = LabelEquations.fresh(top.label(), used);
    DType dtype = g.type().dtype();
    Value places = builder.oneHot(indices, label, top.x().type().size(top.label()), dtype);
    List<String> result = new ArrayList<>(g.type().names());
    result.set(g.type().axis(top.into()), label);
    return builder.einsum(
        LabelEquations.equation(
            List.of(LabelEquations.of(g), LabelEquations.of(places)), LabelEquations.of(result)),
        List.of(g, places),
        Map.of());
  }

  private List<Optional<Value>> composite(
      Composite composite, List<Value> results, List<Optional<Value>> given) {
    List<Optional<Value>> gradients = nothing(composite.operands().size());
    List<Integer> by = Differentiation.floating(composite.decomposition().inputs());
    Optional<AttentionForm> attention =
        AttentionForm.of(composite).filter(_ -> composite.name().equals(AttentionForm.NAME));
    List<Value> operands = new ArrayList<>(composite.operands());
    attention.ifPresent(_ -> operands.addAll(results));
    for (int i : Differentiation.floating(composite.decomposition().outputs())) {
      ValueType type = composite.decomposition().outputs().get(i).type().withoutLayout();
      operands.add(given.get(i).orElseGet(() -> builder.constant(type, 0)));
    }
    List<Value> found =
        builder.add(
            attention
                .map(own -> own.gradientOf(operands))
                .orElseGet(() -> derived(composite, operands)));
    for (int i = 0; i < by.size(); i++) {
      gradients.set(by.get(i), Optional.of(found.get(i)));
    }
    return gradients;
  }

  private static Composite derived(Composite composite, List<Value> operands) {
    Program body = composite.decomposition();
    return new Composite(
        composite.name() + ".gradient",
        composite.attributes(),
        operands,
        Differentiation.ofAll(body, MemberSums.none(body)),
        composite.splittable());
  }
}
