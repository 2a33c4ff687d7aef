package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The gradient of a manual region, which is a region over the same axes, and the gradients of
 * communications.
 *
 * <p>The region's body is differentiated as members see it. If an input is whole along an axis,
 * every member computes an addend of its cotangent. These addends are a separate output with the
 * axis behind a bar, so that they are summed once, at the exit of the region.
 */
final class ManualGradient {
  private final ProgramBuilder builder;

  ManualGradient(ProgramBuilder builder) {
    this.builder = builder;
  }

  /**
   * Cotangents of a region's operands.
   *
   * @param given cotangents of the results; empty for a result on which nothing depends
   * @param inside the members of the region's body
   */
  List<Optional<Value>> region(Manual manual, List<Optional<Value>> given, MemberSums inside) {
    Differentiation.Parts parts = Differentiation.parts(manual, inside);
    List<Value> operands = new ArrayList<>(manual.operands());
    List<Term> in = new ArrayList<>(manual.in());
    for (int i : Differentiation.floating(manual.body().outputs())) {
      Term term = manual.out().get(i);
      ValueType type = result(manual, i);
      operands.add(given.get(i).orElseGet(() -> builder.constant(type, 0)));
      in.add(new Term(term.axes(), List.of()));
    }
    List<Optional<Value>> gradients = new ArrayList<>();
    manual.operands().forEach(_ -> gradients.add(Optional.empty()));
    if (parts.inputs().isEmpty()) {
      return gradients;
    }
    List<Term> out = new ArrayList<>();
    for (int i = 0; i < parts.inputs().size(); i++) {
      Term term = manual.in().get(parts.inputs().get(i));
      out.add(new Term(term.axes(), List.copyOf(parts.due().get(i))));
    }
    List<Value> results =
        builder.add(new Manual(manual.axes(), parts.program(), operands, in, out));
    for (int i = 0; i < results.size(); i++) {
      int input = parts.inputs().get(i);
      Value part = results.get(i);
      Optional<Value> before = gradients.get(input);
      gradients.set(
          input, Optional.of(before.isPresent() ? builder.add(before.get(), part) : part));
    }
    return gradients;
  }

  private static ValueType result(Manual manual, int i) {
    return io.github.shardsum.internal.program.types.TypeInference.infer(manual).get(i);
  }

  /**
   * The cotangents of a communication's operands.
   *
   * @param y the communication's result
   * @param g the result's cotangent
   * @param isSame whether the operand is the same along the communication's axes
   */
  List<Optional<Value>> communication(
      Communication communication, Value y, Value g, boolean isSame) {
    return switch (communication) {
      case AllReduce reduce -> List.of(Optional.of(reduce(reduce, y, g)));
      case AllGather(_, String label, List<MeshAxis> axes) -> one(new OwnChunk(g, label, axes));
      case ReduceScatter(_, String label, List<MeshAxis> axes) ->
          one(new AllGather(g, label, axes));
      case AllToAll(_, String from, String to, List<MeshAxis> axes) ->
          one(new AllToAll(g, to, from, axes));
      case Permute permute -> one(new Permute(g, permute.axes(), permute.routes().inverse()));
      case OwnChunk(_, String label, List<MeshAxis> axes) ->
          isSame
              ? one(new AllGather(g, label, axes))
              : List.of(Optional.of(inPlace(g, label, axes)));
      case AxisIndex _ -> List.of();
    };
  }

  private List<Optional<Value>> one(Communication communication) {
    return List.of(Optional.of(builder.add(communication).getFirst()));
  }

  /**
   * The gradient of a maximum or minimum over members, whose cotangent is shared evenly by the
   * members that hold it.
   */
  private Value reduce(AllReduce reduce, Value y, Value g) {
    if (reduce.by() == ReduceKind.SUM) {
      return g;
    }
    DType dtype = reduce.x().type().dtype();
    Value chosen = builder.compare(Comparison.EQ, reduce.x(), y);
    Value ones = builder.convert(chosen, dtype);
    Value count = builder.add(new AllReduce(ones, ReduceKind.SUM, reduce.axes())).getFirst();
    return builder.select(chosen, builder.divide(g, count), builder.constant(dtype, 0));
  }

  /** A whole value with a member's chunk at its place and zeros elsewhere. */
  private Value inPlace(Value g, String label, List<MeshAxis> axes) {
    Value index = builder.constant(DType.I64, 0);
    long members = 1;
    for (MeshAxis axis : axes) {
      index = builder.multiply(index, axis.size());
      index = builder.add(index, builder.add(new AxisIndex(axis)).getFirst());
      members *= axis.size();
    }
    String place = LabelEquations.fresh("member", g.type().names());
    ValueType type = ValueType.of(DType.I64, List.of(place), List.of(members));
    Value own = builder.equal(builder.iota(type, place), index);
    Value apart = builder.select(own, g, builder.constant(g.type().dtype(), 0));
    List<String> order = new ArrayList<>(g.type().names());
    order.add(order.indexOf(label), place);
    Value ordered =
        builder.einsum(
            LabelEquations.equation(List.of(LabelEquations.of(apart)), LabelEquations.of(order)),
            List.of(apart),
            Map.of());
    return builder.add(new Merge(ordered, List.of(place, label), label)).getFirst();
  }

  /** The sum of the members' contributions. */
  Value summed(Value part, List<MeshAxis> axes) {
    return axes.isEmpty()
        ? part
        : builder.add(new AllReduce(part, ReduceKind.SUM, axes)).getFirst();
  }

  /** Axes of a term's labels and its partial axes. */
  static Set<String> named(Term term) {
    Set<String> names = new java.util.TreeSet<>(term.partial());
    names.addAll(io.github.shardsum.internal.program.types.VarianceInference.named(term));
    return names;
  }
}
