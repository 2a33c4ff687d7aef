package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Source.Constant;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Fuses pointwise operations into the preceding einsum, which applies them before it writes its
 * result. The operations are a factor, a bias and relu, in this order and each at most once.
 * Nothing else may read the values in between.
 */
final class EpilogueFusion {
  /**
   * Copying an input pays if the result has at least this many elements for each element of the
   * input.
   */
  private static final long WORTH_COPYING = 8;

  /**
   * An einsum and the operations on its result.
   *
   * @param einsum its statement
   * @param last the statement whose result is written
   * @param scale the factor
   * @param bias the added operand
   * @param relu whether negative elements become 0
   */
  record Chain(int einsum, int last, double scale, Optional<Value> bias, boolean relu) {}

  private final Program program;
  private final LocalValueUses uses;
  private final SumOrder sums;
  private final Map<Integer, Chain> byLast = new HashMap<>();
  private final Set<Integer> absorbed = new HashSet<>();
  private final Map<Integer, Integer> ends = new HashMap<>();

  EpilogueFusion(Program program, LocalValueUses uses, SumOrder sums) {
    this.program = program;
    this.uses = uses;
    this.sums = sums;
    for (int i = 0; i < program.statements().size(); i++) {
      if (program.statements().get(i).operation() instanceof Contraction.Einsum einsum
          && einsum.operands().size() == 2
          && einsum.dtype() != DType.BOOL) {
        find(i);
      }
    }
  }

  /** The chain that ends with a statement. */
  Optional<Chain> endingAt(int statement) {
    return Optional.ofNullable(byLast.get(statement));
  }

  /** Whether a statement is part of a chain and not its end. */
  boolean isAbsorbed(int statement) {
    return absorbed.contains(statement);
  }

  /** The last statement of the chain that a statement is in, itself if it is in none. */
  int endOf(int statement) {
    return ends.getOrDefault(statement, statement);
  }

  boolean isInChain(int statement) {
    return absorbed.contains(statement) || byLast.containsKey(statement);
  }

  private void find(int einsum) {
    Chain chain = new Chain(einsum, einsum, 1, Optional.empty(), false);
    Optional<Chain> longer = extend(chain, 0);
    List<Integer> parts = new ArrayList<>();
    for (int stage = 0; longer.isPresent(); stage++) {
      parts.add(chain.last());
      chain = longer.get();
      longer = extend(chain, stage);
    }
    if (chain.last() != einsum) {
      byLast.put(chain.last(), chain);
      for (int part : parts) {
        ends.put(part, chain.last());
      }
    }
  }

  private Optional<Chain> extend(Chain chain, int stage) {
    Value now = program.statements().get(chain.last()).result();
    if (chain.relu() || uses.isOutput(now) || uses.of(now).size() != 1) {
      return Optional.empty();
    }
    int next = uses.of(now).getFirst();
    Statement statement = program.statements().get(next);
    Optional<Chain> longer = extend(chain, now, statement.operation(), next);
    boolean same = statement.result().type().equals(now.type());
    if (longer.isEmpty() || !same || stage > 2) {
      return Optional.empty();
    }
    absorbed.add(chain.last());
    return longer;
  }

  private Optional<Chain> extend(Chain chain, Value now, Operation operation, int next) {
    boolean exact = now.type().dtype() != DType.BF16;
    if (operation instanceof Unary(UnaryKind kind, _) && kind == UnaryKind.RELU) {
      return Optional.of(new Chain(chain.einsum(), next, chain.scale(), chain.bias(), true));
    }
    if (!(operation instanceof Binary(BinaryKind kind, Value x, Value y)) || !exact) {
      return Optional.empty();
    }
    Value other = x.equals(now) ? y : x;
    // A factor in an epilogue makes -0 a +0, which a product by itself does not.
    boolean scales = !sums.isTree() && chain.bias().isEmpty() && chain.scale() == 1;
    if (kind == BinaryKind.MULTIPLY && scales) {
      return factor(other)
          .map(scale -> new Chain(chain.einsum(), next, scale, chain.bias(), false));
    }
    boolean bias = kind == BinaryKind.ADD && chain.bias().isEmpty() && isBias(other, now);
    return bias
        ? Optional.of(new Chain(chain.einsum(), next, chain.scale(), Optional.of(other), false))
        : Optional.empty();
  }

  /** A constant scalar that can be the einsum's factor. */
  private Optional<Double> factor(Value value) {
    int definition = uses.definition(value);
    if (definition < 0 || value.type().rank() > 0) {
      return Optional.empty();
    }
    boolean floating = value.type().dtype().isFloating();
    return program.statements().get(definition).operation() instanceof Constant constant
            && (floating || Math.abs(constant.value().toLong()) <= 1L << 53)
            && !Double.isNaN(constant.value().toDouble())
        ? Optional.of(rounded(value.type().dtype(), constant.value().toDouble()))
        : Optional.empty();
  }

  private static double rounded(DType dtype, double value) {
    return dtype == DType.F32 ? (float) value : value;
  }

  private boolean isBias(Value bias, Value result) {
    boolean small =
        bias.type().shape().elementCount() * WORTH_COPYING <= result.type().shape().elementCount();
    return bias.type().rank() < result.type().rank()
        && small
        && result.type().names().containsAll(bias.type().names());
  }
}
