package io.github.shardsum.internal.program.types;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Types of manual regions and of the communications in them. */
final class ManualTypes {
  private final Operation operation;

  private ManualTypes(Operation operation) {
    this.operation = operation;
  }

  private void check(boolean good, String message) {
    if (!good) {
      throw ProgramException.of(operation, message);
    }
  }

  static ValueType infer(Communication communication) {
    return new ManualTypes(communication).communication(communication);
  }

  static List<ValueType> infer(Manual manual) {
    return new ManualTypes(manual).manual(manual);
  }

  private ValueType communication(Communication communication) {
    axes(communication.axes());
    int members = communication.members();
    return switch (communication) {
      case AllReduce(Value x, ReduceKind by, _) -> {
        check(
            by != ReduceKind.SUM || x.type().dtype() != DType.BOOL,
            "operand must have a dtype of numbers; max is the OR of bools, min the AND");
        yield x.type().withoutLayout();
      }
      case AllGather(Value x, String label, _) -> sized(x.type(), label, members, 1);
      case ReduceScatter(Value x, String label, _) -> {
        check(x.type().dtype() != DType.BOOL, "operand must have a dtype of numbers, got bool");
        yield sized(x.type(), label, 1, members);
      }
      case AllToAll(Value x, String from, String to, _) -> {
        check(!from.equals(to), "from and to must be two labels, got " + from + " twice");
        yield sized(sized(x.type(), from, members, 1), to, 1, members);
      }
      case OwnChunk(Value x, String label, _) -> sized(x.type(), label, 1, members);
      case Permute permute -> {
        routes(permute.routes(), members);
        yield permute.x().type().withoutLayout();
      }
      case AxisIndex _ -> ValueType.scalar(DType.I64);
    };
  }

  private void routes(Routes routes, int members) {
    if (!(routes instanceof Routes.Pairs(List<Routes.Pair> pairs))) {
      return;
    }
    Set<Integer> sources = new HashSet<>();
    Set<Integer> targets = new HashSet<>();
    for (Routes.Pair pair : pairs) {
      boolean inside =
          pair.from() >= 0 && pair.from() < members && pair.to() >= 0 && pair.to() < members;
      check(inside, "members must be in [0, " + members + "), got " + pair);
      check(sources.add(pair.from()), "sources must be distinct, got " + pair.from() + " twice");
      check(targets.add(pair.to()), "targets must be distinct, got " + pair.to() + " twice");
    }
  }

  /** The type with a label made longer or cut. */
  private ValueType sized(ValueType type, String label, long times, int parts) {
    int axis = type.axis(label);
    check(axis >= 0, "expected label " + label + " in " + type);
    List<Long> sizes = new ArrayList<>(type.sizes());
    long size = sizes.get(axis);
    check(
        size % parts == 0,
        label + "=" + size + " must be a multiple of " + parts + ", the members; pad it first");
    sizes.set(axis, Math.multiplyExact(size, times) / parts);
    return ValueType.of(type.dtype(), type.names(), sizes);
  }

  private void axes(List<MeshAxis> axes) {
    check(!axes.isEmpty(), "axes must be at least one, got none");
    Set<String> names = new HashSet<>();
    for (MeshAxis axis : axes) {
      check(names.add(axis.name()), "axes must be distinct, got " + axis.name() + " twice");
    }
  }

  private List<ValueType> manual(Manual manual) {
    axes(manual.axes());
    Program body = manual.body();
    check(
        body.inputs().size() == manual.operands().size()
            && manual.in().size() == manual.operands().size(),
        "operands must be one for each input of the body and each term of in, got body inputs "
            + body.inputs()
            + " and in "
            + manual.in());
    check(!body.outputs().isEmpty(), "body must have an output");
    check(
        body.outputs().size() == manual.out().size(),
        "out must have one term for each output of the body, got outputs "
            + body.outputs()
            + " and out "
            + manual.out());
    Map<String, MeshAxis> own = new HashMap<>();
    manual.axes().forEach(axis -> own.put(axis.name(), axis));
    for (int i = 0; i < manual.operands().size(); i++) {
      input(manual, i, own);
    }
    body(body, own);
    return outputs(manual, own);
  }

  private void input(Manual manual, int i, Map<String, MeshAxis> own) {
    Value operand = manual.operands().get(i);
    Term term = manual.in().get(i);
    term(term, operand, own);
    check(term.partial().isEmpty(), "in must have no axes behind a bar, got \"" + term + "\"");
    List<Long> sizes = new ArrayList<>();
    for (int dim = 0; dim < term.size(); dim++) {
      long size = operand.type().shape().size(dim);
      for (String name : term.axis(dim).mesh()) {
        MeshAxis axis = own.get(name);
        long parts = axis == null ? 1 : axis.size();
        check(
            size % parts == 0,
            term.axis(dim).label()
                + "="
                + size
                + " must be a multiple of "
                + parts
                + ", the size of "
                + name
                + "; pad it first");
        size /= parts;
      }
      sizes.add(size);
    }
    ValueType part = ValueType.of(operand.type().dtype(), operand.type().names(), sizes);
    Value input = manual.body().inputs().get(i);
    check(
        input.type().withoutLayout().equals(part),
        "the body's input must be " + part + ", the part of " + operand + ", got " + input);
  }

  /** Checks that a term has the value's labels and only axes of the region. */
  private void term(Term term, Value value, Map<String, MeshAxis> own) {
    check(
        LabelEquations.names(term).equals(value.type().names()),
        "a term must have the labels "
            + value.type().names()
            + ", got \""
            + term
            + "\" of "
            + value
            + "; every word is one label");
    Set<String> named = VarianceInference.named(term);
    named.addAll(term.partial());
    for (String name : named) {
      check(
          own.containsKey(name),
          "axes of a term must be of the region, got " + name + " in \"" + term + "\"");
    }
  }

  private List<ValueType> outputs(Manual manual, Map<String, MeshAxis> own) {
    List<Set<String>> outside = manual.operands().stream().map(_ -> Set.<String>of()).toList();
    Map<Value, Set<String>> variance =
        VarianceInference.of(manual.body(), VarianceInference.inputs(manual, outside));
    List<ValueType> types = new ArrayList<>();
    for (int i = 0; i < manual.out().size(); i++) {
      Value output = manual.body().outputs().get(i);
      Term term = manual.out().get(i);
      term(term, output, own);
      check(
          term.partial().isEmpty() || output.type().dtype() != DType.BOOL,
          "an output behind a bar must have a dtype of numbers, got " + output);
      Set<String> varies = new TreeSet<>(variance.getOrDefault(output, Set.of()));
      varies.retainAll(own.keySet());
      varies.removeAll(VarianceInference.named(term));
      term.partial().forEach(varies::remove);
      check(
          varies.isEmpty(),
          "output "
              + output
              + " must be the same along axes that its term does not name, got \""
              + term
              + "\", and it may differ along "
              + String.join(" ", varies)
              + "; name them, or all_reduce or all_gather it");
      types.add(whole(output.type(), term, own));
    }
    return List.copyOf(types);
  }

  private static ValueType whole(ValueType part, Term term, Map<String, MeshAxis> own) {
    List<Long> sizes = new ArrayList<>();
    for (int dim = 0; dim < term.size(); dim++) {
      long size = part.shape().size(dim);
      for (String name : term.axis(dim).mesh()) {
        MeshAxis axis = own.get(name);
        size = Math.multiplyExact(size, axis == null ? 1 : axis.size());
      }
      sizes.add(size);
    }
    return ValueType.of(part.dtype(), part.names(), sizes);
  }

  /**
   * Checks that inputs, communications, inner regions and annotations of a body fit the region's
   * axes.
   */
  private void body(Program body, Map<String, MeshAxis> own) {
    for (Value input : body.inputs()) {
      Set<String> named = VarianceInference.named(input.type().labels());
      named.addAll(input.type().labels().partial());
      named.retainAll(own.keySet());
      check(
          named.isEmpty(), "a body's input must be of other axes than the region's, got " + input);
    }
    for (Statement statement : body.statements()) {
      switch (statement.operation()) {
        case Communication communication ->
            communication.axes().forEach(axis -> sameSize(axis, own));
        case Manual inner -> {
          for (MeshAxis axis : inner.axes()) {
            check(
                !own.containsKey(axis.name()),
                "axes of a region in it must be others, got " + axis.name() + " again");
          }
          body(inner.body(), own);
        }
        case Nested.Scan scan -> body(scan.body(), own);
        case Nested.Composite composite -> body(composite.decomposition(), own);
        case Movement.Annotate annotate -> annotation(annotate, own);
        default -> {}
      }
    }
  }

  private void sameSize(MeshAxis axis, Map<String, MeshAxis> own) {
    MeshAxis known = own.getOrDefault(axis.name(), axis);
    check(
        known.equals(axis),
        "axes of a communication must have the region's size, " + known + ", got " + axis);
  }

  private void annotation(Movement.Annotate annotate, Map<String, MeshAxis> own) {
    Set<String> named = new TreeSet<>(annotate.annotation().partial());
    for (LabelSpec spec : annotate.annotation().labels()) {
      named.addAll(spec.axes());
    }
    named.retainAll(own.keySet());
    check(
        named.isEmpty(),
        "an annotation in it must be of other axes than the region's, got "
            + annotate.annotation()
            + " of "
            + annotate.x());
  }
}
