package io.github.shardsum.internal.program.types;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The type of an einsum. */
final class EinsumTypes {
  private final Contraction.Einsum einsum;
  private final Map<String, Long> sizes = new HashMap<>();

  private EinsumTypes(Contraction.Einsum einsum) {
    this.einsum = einsum;
  }

  static ValueType infer(Contraction.Einsum einsum) {
    return new EinsumTypes(einsum).type();
  }

  private ProgramException bad(String message) {
    return ProgramException.of(einsum, message);
  }

  private ValueType type() {
    if (einsum.equation().isAnnotated()) {
      throw bad("equation must have no layout; lay out values, not equations");
    }
    if (einsum.operands().size() != einsum.equation().operandCount()) {
      throw bad("operands must be one for each term, got " + einsum.operands().size());
    }
    checkDtypes();
    for (int i = 0; i < einsum.operands().size(); i++) {
      bind(einsum.equation().operand(i), einsum.operands().get(i).type());
    }
    Set<String> known = Set.copyOf(sizes.keySet());
    for (Map.Entry<String, Long> given : einsum.sizes().entrySet()) {
      boolean needed =
          !known.contains(given.getKey())
              && einsum.equation().output().axes().contains(Axis.of(given.getKey()));
      if (!needed) {
        throw bad("sizes must be of labels that only the output has, got " + given.getKey());
      }
      sizes.put(given.getKey(), given.getValue());
    }
    return output();
  }

  private void checkDtypes() {
    DType dtype = einsum.operands().getFirst().type().dtype();
    for (Value operand : einsum.operands()) {
      if (operand.type().dtype() != dtype) {
        throw bad("operands must have one dtype; convert them");
      }
    }
    boolean widened = dtype == DType.BF16 && einsum.dtype() == DType.F32;
    if (einsum.dtype() != dtype && !widened) {
      throw bad("result must be of " + dtype + ", got " + einsum.dtype() + "; convert it");
    }
  }

  private void bind(Term term, ValueType type) {
    if (term.ellipsis() >= 0) {
      throw bad("equation must have no ellipsis; labels have names");
    }
    if (term.size() != type.rank()) {
      throw bad("term \"" + term + "\" has " + term.size() + " labels, its operand " + type);
    }
    for (int axis = 0; axis < type.rank(); axis++) {
      String label = term.axis(axis).label();
      Long before = sizes.putIfAbsent(label, type.shape().size(axis));
      if (before != null && before != type.shape().size(axis)) {
        throw bad("label " + label + " has sizes " + before + " and " + type.shape().size(axis));
      }
    }
  }

  private ValueType output() {
    List<String> names = new ArrayList<>();
    List<Long> lengths = new ArrayList<>();
    for (Axis axis : einsum.equation().output().axes()) {
      Long size = sizes.get(axis.label());
      if (size == null) {
        throw bad("sizes must give the size of label " + axis.label() + ", which no operand has");
      }
      names.add(axis.label());
      lengths.add(size);
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw bad("output labels must be distinct; multiply by an identity matrix");
    }
    return ValueType.of(einsum.dtype(), names, lengths);
  }
}
