package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An einsum in windows gives the result of the einsum after the gather, or before the
 * reduce-scatter, which its rounds replace.
 *
 * <p>Rounds visit every chunk once. One ring has a step s of 1 or -1 and p - 1 rounds; member c
 * receives the chunks c + s, ..., c + (p - 1) s. Two rings have h rounds at s and p - 1 - h rounds
 * at -s; member c receives the chunks c + s to c + h s, and c - s to c - (p - 1 - h) s. Together
 * with c, the member's own chunk, these are the residues of p, each once. Every device computes
 * them from its coordinate by the same function, so all devices agree on senders, receivers and
 * chunks.
 */
final class WindowRule {
  private WindowRule() {}

  /** The parts of the result that devices hold. */
  static CheckedParts made(
      Action.Windows action, List<MeshAxis> axes, List<CheckedParts> read, CheckedParts said) {
    Equation equation = equation(action);
    rings(action);
    require(!axes.isEmpty(), "must be over axes of more than one device, got %s", action.axes());
    if (action.isScatter()) {
      CheckedParts sum =
          BlockRule.results(action.statement(), read, natural(said, axes), false).getFirst();
      String label = equation.output().axis(said.dim(action.label())).label();
      require(BlockRule.labels(equation.output()).contains(label), "must scatter %s", label);
      return sum.reduce(axes, ReduceKind.SUM).slice(action.label(), axes);
    }
    require(action.operand() < read.size(), "must gather an operand, got %s", action.operand());
    CheckedParts gathered = read.get(action.operand());
    String label =
        BlockRule.labels(equation.operand(action.operand())).get(gathered.dim(action.label()));
    List<CheckedParts> all = new ArrayList<>(read);
    all.set(action.operand(), gathered.gather(action.label(), axes));
    require(gathered.partial().isEmpty(), "must gather no addends, got %s", gathered);
    CheckedParts made = BlockRule.results(action.statement(), all, said, false).getFirst();
    boolean isResult = BlockRule.labels(equation.output()).contains(label);
    boolean isOther = BlockRule.labels(equation.operand(1 - action.operand())).contains(label);
    require(isResult || isOther, "%s must be in the result or the other operand", label);
    if (!isResult) {
      Set<MeshAxis> splitting = new HashSet<>();
      made.cuts().forEach(cut -> splitting.addAll(cut.axes()));
      // Each device sums in its own order, so no two may hold the same sum.
      require(splitting.containsAll(axes), "each of %s must split the result %s", axes, made);
    }
    return made;
  }

  /** The result before it is scattered, for dimensions that no operand has. */
  private static CheckedParts natural(CheckedParts said, List<MeshAxis> axes) {
    return new CheckedParts(
        said.cuts().stream()
            .map(
                cut ->
                    new CheckedCut(
                        cut.label(),
                        cut.size(),
                        cut.axes().stream().filter(axis -> !axes.contains(axis)).toList()))
            .toList(),
        Set.of(),
        ReduceKind.SUM);
  }

  private static Equation equation(Action.Windows action) {
    boolean isEinsum = action.statement().operation() instanceof Contraction.Einsum;
    require(isEinsum, "must be an einsum, got %s", action.statement());
    Equation equation = ((Contraction.Einsum) action.statement().operation()).equation();
    require(equation.operandCount() == 2, "must have two operands, got %s", equation);
    boolean isPlain =
        Stream.concat(equation.operands().stream(), Stream.of(equation.output()))
            .map(BlockRule::labels)
            .allMatch(labels -> new HashSet<>(labels).size() == labels.size());
    require(isPlain, "must have no label twice in a term, got %s", equation);
    return equation;
  }

  private static void rings(Action.Windows action) {
    List<Ring> rings = action.rings();
    List<Share> shares = rings.stream().map(Ring::share).toList();
    boolean fits;
    if (action.isScatter()) {
      fits = shares.equals(List.of(Share.ALL, Share.ALL));
    } else if (rings.size() == 1) {
      fits = shares.equals(List.of(Share.ALL));
    } else {
      fits =
          shares.equals(List.of(Share.LARGER_HALF, Share.SMALLER_HALF))
              && rings.getFirst().step() == -rings.getLast().step();
    }
    require(fits, "rings must deliver every chunk once, got %s", rings);
  }
}
