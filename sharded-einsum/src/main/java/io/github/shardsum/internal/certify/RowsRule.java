package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rule of a composite whose rows travel to the devices of its weights. It uses the labels of
 * the statement alone: the first label of the first operand is the label of groups; the first label
 * of an operand without groups is the label of experts. Groups are split over some axes, and the
 * last of these axes also split the experts. Another label of the weights may be split over further
 * axes; devices along those have addends of rows.
 *
 * <p>The rule follows the flow through the parts. Only a part that moves rows has both rows that a
 * device sends and rows that it receives; when rows travel back, the counts of sent and received
 * rows are exchanged. Everything that is written must be read, and rows are read in the order in
 * which they were written. Rows may travel in pieces: a piece that arrives is read as that piece,
 * and while a local composite runs, no transfer writes a buffer that it reads. The rule does not
 * check which function a local composite computes.
 */
final class RowsRule {
  final Action.Partitioned action;
  final Mesh mesh;
  final List<CheckedParts> read;
  final List<CheckedParts> said;
  final String groups;
  final String experts;
  final long expertCount;
  final List<MeshAxis> tokens;
  final List<MeshAxis> rows;
  final List<MeshAxis> inner;

  private RowsRule(
      Action.Partitioned action, Mesh mesh, List<CheckedParts> read, List<CheckedParts> said) {
    this.action = action;
    this.mesh = mesh;
    this.read = read;
    this.said = said;
    this.groups = action.composite().operands().getFirst().type().names().getFirst();
    CheckedParts first = read.getFirst();
    CheckedParts weight =
        read.stream()
            .filter(held -> !isOfGroups(held))
            .findFirst()
            .orElseThrow(() -> new PlanRefusedException("must have weights, got " + read));
    this.experts = weight.labels().getFirst();
    this.expertCount = weight.cuts().getFirst().size();
    this.tokens = axes(first, groups);
    this.rows = axes(weight, experts);
    this.inner = inner(weight);
  }

  /**
   * Follows a step.
   *
   * @param read the devices' parts of the operands
   * @param said the layouts that the plan states for the results
   * @return the layouts of the results
   */
  static List<CheckedParts> made(
      Action.Partitioned action, Mesh mesh, List<CheckedParts> read, List<CheckedParts> said) {
    RowsRule rule = new RowsRule(action, mesh, read, said);
    rule.checkOperands();
    List<CheckedParts> results = rule.results();
    new RowsFlow(rule).check();
    return results;
  }

  boolean isOfGroups(CheckedParts held) {
    return held.labels().contains(groups);
  }

  private static List<MeshAxis> axes(CheckedParts held, String label) {
    return held.cuts().get(held.dim(label)).axes();
  }

  /** The axes of the one label of weights, other than the label of experts, that is split. */
  private List<MeshAxis> inner(CheckedParts weight) {
    List<MeshAxis> axes = new ArrayList<>();
    for (CheckedCut cut : weight.cuts()) {
      if (!cut.label().equals(experts) && !cut.isWhole()) {
        require(axes.isEmpty(), "one label of weights must be split, got %s", weight);
        axes.addAll(cut.axes());
      }
    }
    return axes;
  }

  private void checkOperands() {
    require(!rows.isEmpty(), "weights must be split along %s, got %s", experts, read);
    int outer = tokens.size() - rows.size();
    boolean fits = outer >= 0 && tokens.subList(outer, tokens.size()).equals(rows);
    require(fits, "%s must be split last over %s, got %s", groups, rows, tokens);
    inner.forEach(axis -> require(!tokens.contains(axis), "%s must not split %s", axis, groups));
    for (CheckedParts held : read) {
      require(held.partial().isEmpty(), "operands must be no addends, got %s", held);
      boolean isOfGroups = isOfGroups(held);
      for (CheckedCut cut : held.cuts()) {
        List<MeshAxis> asked =
            cut.label().equals(groups) ? tokens : cut.label().equals(experts) ? rows : List.of();
        boolean mayBe = !isOfGroups && !cut.label().equals(experts) && cut.axes().equals(inner);
        require(mayBe || cut.axes().equals(asked), "%s must be split over %s", cut, asked);
      }
    }
  }

  /**
   * The results by the statement's own meaning, as if tokens were gathered along the axes of rows
   * and weights were whole. Each device then keeps its part, so gradients of weights are addends
   * over those axes that split only groups.
   */
  private List<CheckedParts> results() {
    List<CheckedParts> whole = new ArrayList<>();
    for (CheckedParts held : read) {
      CheckedParts all = held;
      for (CheckedCut cut : held.cuts()) {
        List<MeshAxis> gathered = cut.label().equals(groups) ? rows : cut.axes();
        all = all.gather(cut.label(), gathered);
      }
      whole.add(all);
    }
    Statement statement = action.statement();
    List<CheckedParts> made = BlockRule.results(statement, whole, said.getFirst(), false);
    require(made.size() == said.size(), "must give %s results, got %s", made.size(), said);
    List<CheckedParts> results = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      results.add(kept(made.get(i), said.get(i)));
    }
    return results;
  }

  /**
   * The part that a device keeps of a result: its rows, its experts, and its chunk of one more
   * label.
   */
  private CheckedParts kept(CheckedParts made, CheckedParts lies) {
    boolean isOfGroups = isOfGroups(made);
    CheckedParts result = made.slice(isOfGroups ? groups : experts, rows);
    for (CheckedCut cut : lies.cuts()) {
      boolean isOther = !cut.label().equals(groups) && !cut.label().equals(experts);
      if (isOther && !cut.isWhole()) {
        require(cut.axes().equals(inner), "%s must be split over %s", cut, inner);
        result = result.slice(cut.label(), inner);
      }
    }
    Set<MeshAxis> outer = new HashSet<>(tokens);
    rows.forEach(outer::remove);
    boolean fits = result.partial().equals(isOfGroups ? Set.of() : outer);
    require(fits, "must be addends over %s, got %s", outer, result);
    return result;
  }
}
