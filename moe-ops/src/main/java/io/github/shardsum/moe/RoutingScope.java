package io.github.shardsum.moe;

import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Optional;

/**
 * What the parts of a routing's decomposition have in common.
 *
 * @param p the builder
 * @param form the options
 * @param groups G
 * @param tokens S
 * @param experts E
 * @param dtype of the scores and of the weights
 * @param real {@code [G, S]} of bool: which tokens are real; absent if all are
 * @param uniform {@code [G, S]} or {@code [G, S, E]}: given random numbers
 */
record RoutingScope(
    ProgramBuilder p,
    GatingForm form,
    long groups,
    long tokens,
    long experts,
    DType dtype,
    Optional<Value> real,
    Optional<Value> uniform) {

  Value number(double value) {
    return p.constant(DType.F64, value);
  }

  Value integer(long value) {
    return p.constant(DType.I32, value);
  }

  ValueType type(DType of, String... labels) {
    List<Long> sizes = java.util.Arrays.stream(labels).map(this::size).toList();
    return ValueType.of(of, List.of(labels), sizes);
  }

  private Long size(String label) {
    return switch (label) {
      case "G" -> groups;
      case "S" -> tokens;
      case "E" -> experts;
      case "K" -> (long) form.options().router().choices();
      default -> throw new IllegalStateException("label " + label);
    };
  }

  /** Numbers of real tokens, 0 for padding, whatever it holds. */
  Value ofReal(Value numbers) {
    return real.map(mask -> p.select(mask, numbers, number(0))).orElse(numbers);
  }

  /** {@link GroupRouting#isOpen}, of padding false. */
  Value isOpen(Value gates) {
    return p.unary(UnaryKind.NOT, p.compare(Comparison.LE, gates, number(0)));
  }

  /** Gates over the sum of some of them along K, where the options want it at this time. */
  Value normalized(Value gates, Normalization now, Value summed) {
    if (form.options().normalization() != now) {
      return gates;
    }
    Value epsilon = number(form.options().normalizationEpsilon());
    Value sum = p.add(p.sum(summed, "K"), epsilon);
    Value unbounded = p.compare(Comparison.EQ, sum, number(Double.POSITIVE_INFINITY));
    Value unit = p.select(unbounded, number(GroupRouter.SMALL), number(1));
    Value bounded = p.add(p.sum(p.multiply(summed, unit), "K"), p.multiply(epsilon, unit));
    return quotient(p.multiply(gates, unit), bounded);
  }

  /** x / y, and 0 where y is. */
  Value quotient(Value x, Value y) {
    Value some = p.compare(Comparison.NE, y, number(0));
    Value divided = p.divide(x, p.select(some, y, number(1)));
    return p.select(some, divided, number(0));
  }
}
