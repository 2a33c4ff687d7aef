package io.github.shardsum.internal.reshard;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * The operands and the result that an einsum in windows would have without windows.
 *
 * @param equation equation of the statement
 * @param label label of the windows, in the equation
 * @param operands the operands; the gathered one is whole along the axes
 * @param result the result; for a scatter, the partial sum before it, over the axes of the windows
 * @param members number of members of a group
 */
public record WindowedEinsum(
    Equation equation,
    String label,
    List<PlannedValue> operands,
    PlannedValue result,
    int members) {
  /** Copies the list. */
  public WindowedEinsum {
    operands = List.copyOf(operands);
  }

  /**
   * The einsum of a step without its windows.
   *
   * @param action the action of the step
   */
  public static WindowedEinsum of(
      Action.Windows action, List<PlannedValue> operands, PlannedValue result) {
    Equation equation = ((Contraction.Einsum) action.statement().operation()).equation();
    int members = result.layout().mesh().size(action.axes());
    List<PlannedValue> whole = new ArrayList<>(operands);
    if (action.isScatter()) {
      int dim = result.layout().dim(action.label());
      List<String> partial = new ArrayList<>(result.layout().partial());
      partial.addAll(action.axes());
      return new WindowedEinsum(
          equation,
          equation.output().axis(dim).label(),
          whole,
          without(result, dim, action.axes(), partial),
          members);
    }
    PlannedValue gathered = operands.get(action.operand());
    int dim = gathered.layout().dim(action.label());
    whole.set(action.operand(), without(gathered, dim, action.axes(), gathered.layout().partial()));
    return new WindowedEinsum(
        equation, equation.operand(action.operand()).axis(dim).label(), whole, result, members);
  }

  private static PlannedValue without(
      PlannedValue value, int dim, List<String> axes, List<String> partial) {
    List<Axis> all = new ArrayList<>(value.layout().term().axes());
    List<String> left = all.get(dim).mesh().stream().filter(axis -> !axes.contains(axis)).toList();
    all.set(dim, new Axis(all.get(dim).label(), left));
    return value.in(new Layout(value.layout().mesh(), new Term(all, partial)));
  }

  /**
   * Whether rounds add to the results of earlier rounds: the label is summed over, or the result is
   * scattered.
   */
  public boolean accumulates(boolean isScatter) {
    return isScatter
        || equation.output().axes().stream().noneMatch(axis -> axis.label().equals(label));
  }

  /** Multiply-adds of the largest device. */
  public double multiplyAdds() {
    return StepCounts.multiplyAdds(equation, operands, result);
  }

  /**
   * The dtype of the chunks that travel: those of a bf16 sum are f32.
   *
   * @param action the action of the step
   */
  public static DType travelling(
      Action.Windows action, List<PlannedValue> operands, PlannedValue result) {
    if (!action.isScatter()) {
      return operands.get(action.operand()).dtype();
    }
    return result.dtype() == DType.BF16 ? DType.F32 : result.dtype();
  }

  /** The place of the label in a term; -1 if it is not there. */
  public static int dim(Term term, String label) {
    for (int dim = 0; dim < term.size(); dim++) {
      if (term.axis(dim).label().equals(label)) {
        return dim;
      }
    }
    return -1;
  }

  /**
   * The price of the rounds.
   *
   * @param action the action of the step
   * @param chunk elements of the largest chunk that travels
   * @param bytes bytes of an element
   * @param prices prices of steps
   * @return seconds, or elements
   */
  public double price(Action.Windows action, long chunk, int bytes, Prices prices) {
    double work = prices.total(prices.multiplyAdds(multiplyAdds(), bytes));
    if (prices.sharesMemory()) {
      return inPlace(action, chunk, bytes, work, prices);
    }
    double w = work / members * (accumulates(action.isScatter()) ? Prices.ACCUMULATING : 1);
    int others = members - 1;
    boolean isBus = prices.isBus(action.axes());
    if (action.isScatter()) {
      // One half travels while the other half is computed. If both directions share a link, the
      // halves also wait for each other.
      double y = prices.ring(action.axes(), members, Math.ceilDiv(chunk, 2), bytes);
      double round = isBus ? 2 * prices.both(w / 2, y) : w / 2 + prices.bothWays(w / 2, y, false);
      return others * round + w;
    }
    double x = prices.ring(action.axes(), members, chunk, bytes);
    if (action.rings().size() == 1 || others < 2) {
      return others * prices.both(w, x) + w;
    }
    int pairs = action.rings().getFirst().rounds(members);
    boolean isLastPair = action.rings().getLast().rounds(members) == pairs;
    double first = pairs > 1 || isLastPair ? prices.bothWays(w, x, isBus) : prices.both(w, x);
    double last = isLastPair ? prices.bothWays(2 * w, x, isBus) : prices.both(2 * w, x);
    return first
        + Math.max(0, pairs - 2) * prices.bothWays(2 * w, x, isBus)
        + (pairs > 1 ? last : 0)
        + (isLastPair ? 2 : 1) * w;
  }

  /**
   * The price where devices share memory, so that nothing travels. Each round of a scatter is a
   * superstep. Every round after the first reads the operands without the label once more. If
   * rounds accumulate, the sums are also read and written once more.
   */
  private double inPlace(Action.Windows action, long chunk, int bytes, double work, Prices prices) {
    int others = members - 1;
    double again = 0;
    for (int operand = 0; operand < operands.size(); operand++) {
      boolean isCut = dim(equation.operand(operand), label) >= 0;
      int rounds = action.isScatter() ? 2 * members : members;
      again += isCut ? 0 : (rounds - 1.0) * operands.get(operand).localElements();
    }
    boolean accumulates = accumulates(action.isScatter());
    if (accumulates) {
      again += 2.0 * others * (action.isScatter() ? chunk : result.localElements());
    }
    double supersteps =
        action.isScatter() ? others * prices.ring(action.axes(), members, 0, bytes) : 0;
    int devices = result.layout().mesh().size();
    return work * (accumulates ? Prices.ACCUMULATING_IN_PLACE : 1)
        + prices.again(again * bytes * devices)
        + supersteps;
  }
}
