package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The summed labels of a statement that devices may split if sums follow a fixed tree. Each device
 * must hold whole subtrees, and devices must hold them in order. The tree over devices, whose left
 * part is the largest power of two, is then the upper part of that tree.
 *
 * <p>Only the outermost label of a sum is split: the sums over the inner labels must be complete
 * before the outer indices are added. Chunks that are divided again must follow one another without
 * a gap.
 */
final class SumOrderSplits {
  private final FactorRule rule;
  private final SumOrder sums;
  private final boolean isBound;
  private final List<String> labels;

  private SumOrderSplits(FactorRule rule, SumOrder sums, boolean isBound, List<String> labels) {
    this.rule = rule;
    this.sums = sums;
    this.isBound = isBound;
    this.labels = labels;
  }

  static SumOrderSplits of(Statement statement, FactorRule rule, SumOrder sums) {
    boolean isFloating =
        statement.results().stream().anyMatch(result -> result.type().dtype().isFloating());
    return new SumOrderSplits(rule, sums, sums.isTree() && isFloating, labels(statement));
  }

  /** The summed labels, outermost first; none if a statement's sums do not form one tree. */
  private static List<String> labels(Statement statement) {
    return switch (statement.operation()) {
      case Contraction.Reduce(ReduceKind kind, Value x, List<String> labels)
          when kind == ReduceKind.SUM ->
          x.type().names().stream().filter(labels::contains).toList();
      case Contraction.Einsum einsum when einsum.operands().size() <= 2 -> {
        List<String> output = names(einsum.equation().output());
        List<String> last = names(einsum.equation().operands().getLast());
        // A label that only one operand has is summed before the product.
        yield names(einsum.equation().operand(0)).stream()
            .distinct()
            .filter(label -> !output.contains(label) && last.contains(label))
            .toList();
      }
      default -> List.of();
    };
  }

  private static List<String> names(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /** Whether partial sums may pass through the statement. */
  boolean mayKeep() {
    return !isBound;
  }

  /** Whether some number of devices may split a factor. */
  boolean mayCut(int factor) {
    return !isSum(factor) || isOutermost(factor);
  }

  /** Whether devices may split the factors in this way. */
  boolean allows(Splits at, int[] sizes) {
    for (int factor = 0; isBound && factor < rule.factors().size(); factor++) {
      if (isSum(factor) && at.isSplit(factor) && !allows(factor, at, sizes)) {
        return false;
      }
    }
    return true;
  }

  private boolean allows(int factor, Splits at, int[] sizes) {
    return isOutermost(factor)
        && areSubtrees(factor, at.axes(factor).stream().map(axis -> sizes[axis]).toList());
  }

  /** The reason why a factor stays whole, if this number of devices may not split it. */
  Optional<String> whole(int factor, List<Integer> cut) {
    long parts = cut.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    if (!isSum(factor) || parts == 1 || (isOutermost(factor) && areSubtrees(factor, cut))) {
      return Optional.empty();
    }
    FactorRule.Factor of = rule.factors().get(factor);
    return Optional.of(
        isOutermost(factor)
            ? String.format(
                Locale.ROOT,
                "sums in order: %s is whole, %d over %d has no whole subtrees",
                of.name(),
                of.size(),
                parts)
            : String.format(
                Locale.ROOT, "sums in order: %s is whole, it is not outermost", of.name()));
  }

  private boolean isSum(int factor) {
    return isBound
        && rule.factors().get(factor).kind() instanceof Kind.Reduce(ReduceKind by)
        && by == ReduceKind.SUM;
  }

  /** Whether a factor is the outermost label of the sum above size 1. */
  private boolean isOutermost(int factor) {
    return labels.stream()
        .filter(label -> size(label) > 1)
        .findFirst()
        .filter(rule.factors().get(factor).name()::equals)
        .isPresent();
  }

  /**
   * Whether the parts are subtrees that follow one another, each as long as the first; the label
   * may end before the last is full.
   */
  private boolean areSubtrees(int factor, List<Integer> parts) {
    long size = rule.factors().get(factor).size();
    Cut cut = Cut.chunks(size, parts);
    long block = Math.max(1, cut.length(0));
    for (int part = 1; parts.size() > 1 && part < cut.count(); part++) {
      if (cut.start(part) != Math.min(size, part * block)) {
        return false;
      }
    }
    boolean isInner = labels.stream().filter(label -> size(label) > 1).count() == 1;
    long leaf = isInner ? sums.leaf() : 1;
    return block % leaf == 0 && Long.bitCount(block / leaf) == 1;
  }

  private long size(String label) {
    return rule.factors().stream()
        .filter(factor -> factor.name().equals(label))
        .mapToLong(FactorRule.Factor::size)
        .findFirst()
        .orElse(1);
  }
}
