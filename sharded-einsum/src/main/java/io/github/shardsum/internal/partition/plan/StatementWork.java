package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;

/**
 * The work of a statement on the largest device.
 *
 * @param kernel the kernel, if the statement is a composite that has one
 */
record StatementWork(Statement statement, FactorRule rule, Optional<CompositeCode> kernel) {
  /**
   * Multiply-adds of an einsum or a kernel; of other statements, the elements of the largest
   * operand or result.
   *
   * @param parts the number of parts into which each factor is split
   */
  double multiplyAdds(IntToLongFunction parts) {
    if (statement.operation() instanceof Contraction.Einsum) {
      double product = 1;
      for (int factor = 0; factor < rule.factors().size(); factor++) {
        product *= Math.ceilDiv(rule.factors().get(factor).size(), parts.applyAsLong(factor));
      }
      return product;
    }
    double most = ofKernel(parts);
    for (List<Dim> dims : rule.operands()) {
      most = Math.max(most, elements(dims, parts));
    }
    for (List<Dim> dims : rule.results()) {
      most = Math.max(most, elements(dims, parts));
    }
    return most;
  }

  /** Multiply-adds of the kernel's largest part; the parts of a label share the work evenly. */
  private double ofKernel(IntToLongFunction parts) {
    double share = kernel.map(CompositeCode::flops).orElse(0.0) / 2;
    for (int factor = 0; factor < rule.factors().size() && share > 0; factor++) {
      double size = rule.factors().get(factor).size();
      share *= size == 0 ? 0 : Math.ceilDiv((long) size, parts.applyAsLong(factor)) / size;
    }
    return share;
  }

  private double elements(List<Dim> dims, IntToLongFunction parts) {
    double product = 1;
    for (Dim dim : dims) {
      for (int factor : dim.factors()) {
        product *= Math.ceilDiv(rule.factors().get(factor).size(), parts.applyAsLong(factor));
      }
    }
    return product;
  }
}
