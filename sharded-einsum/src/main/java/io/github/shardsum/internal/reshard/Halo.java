package io.github.shardsum.internal.reshard;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.layout.FactorRule.Reads;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The elements of operands that each device reads along a split label, in an operation that reads
 * neighbouring indices; an immutable value. They follow from two cuts of each operand: the cut that
 * devices hold, and the cut that the devices' chunks of the result need.
 */
public final class Halo {
  private final List<String> axes;
  private final int dim;
  private final Cut result;
  private final List<Operand> operands;

  /**
   * The elements of one operand that devices read.
   *
   * @param dim the dimension along which neighbours are read
   * @param held the indices that the members of a group hold
   * @param wanted the indices that the members' chunks of the result need
   * @param others elements of the largest block for one index of the dimension
   */
  public record Operand(int dim, Cut held, Cut wanted, long others) {
    /** Whether some member reads elements that it does not hold. */
    public boolean isExchanged() {
      return others > 0
          && IntStream.range(0, held.count()).anyMatch(part -> wanted.missing(held, part) > 0);
    }
  }

  private Halo(List<String> axes, int dim, Cut result, List<Operand> operands) {
    this.axes = axes;
    this.dim = dim;
    this.result = result;
    this.operands = operands;
  }

  /**
   * The elements that a step of a plan reads.
   *
   * @param action the step's action
   */
  public static Halo of(Action.Neighbour action, List<PlannedValue> operands, PlannedValue result) {
    return of(
        action.statement(), operands.stream().map(PlannedValue::layout).toList(), result.layout());
  }

  /**
   * The elements that a statement with a split neighbour label reads.
   *
   * @throws IllegalArgumentException if the statement reads no neighbours
   */
  public static Halo of(Statement statement, List<Layout> operands, Layout result) {
    FactorRule rule = ShardingRules.of(statement);
    int factor = factor(rule);
    if (factor < 0) {
      throw new IllegalArgumentException("statement must read neighbours, got " + statement);
    }
    List<Reads> reads = ((Kind.Neighbour) rule.factors().get(factor).kind()).reads();
    int dim = FactorRule.dimOf(rule.results().getFirst(), factor);
    List<String> axes = wide(result, dim);
    Mesh mesh = result.mesh();
    List<Integer> parts = axes.stream().map(mesh::size).toList();
    Cut chunks = Cut.chunks(statement.result().type().shape().size(dim), parts);
    List<Operand> all = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Value operand = statement.operation().operands().get(i);
      List<Dim> dims = rule.operands().get(i);
      int along = FactorRule.dimOf(dims, factor);
      long size = operand.type().shape().size(along);
      Shape largest = operands.get(i).largestShape(operand.type().shape());
      long others = 1;
      for (int other = 0; other < largest.rank(); other++) {
        others *= other == along ? 1 : largest.size(other);
      }
      all.add(new Operand(along, Cut.chunks(size, parts), reads.get(i).of(chunks, size), others));
    }
    return new Halo(axes, dim, chunks, all);
  }

  /**
   * The factor of a rule along which neighbours are read.
   *
   * @param rule a statement's rule
   * @return its place, or -1
   */
  public static int factor(FactorRule rule) {
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      if (rule.factors().get(factor).kind() instanceof Kind.Neighbour) {
        return factor;
      }
    }
    return -1;
  }

  private static List<String> wide(Layout layout, int dim) {
    return layout.axes(dim).stream().filter(axis -> layout.mesh().size(axis) > 1).toList();
  }

  /** The axes of more than one device that split the label, major to minor. */
  public List<String> axes() {
    return axes;
  }

  /** The result's dimension along which neighbours are read. */
  public int dim() {
    return dim;
  }

  /** The indices of the result that the members of a group make. */
  public Cut result() {
    return result;
  }

  /** The elements of each operand that devices read. */
  public List<Operand> operands() {
    return operands;
  }

  /** The places of the operands with elements that a device must receive. */
  public List<Integer> exchanged() {
    return IntStream.range(0, operands.size())
        .filter(i -> operands.get(i).isExchanged())
        .boxed()
        .toList();
  }

  /** The collective by which devices receive the missing elements of an operand. */
  public Collective.Exchange exchange(int operand) {
    Operand of = operands.get(operand);
    return new Collective.Exchange(axes, of.dim(), of.held(), of.wanted());
  }

  /** The most elements that any device receives. */
  public long received() {
    long most = 0;
    for (int part = 0; part < result.count(); part++) {
      long lacking = 0;
      for (Operand operand : operands) {
        lacking += operand.wanted().missing(operand.held(), part) * operand.others();
      }
      most = Math.max(most, lacking);
    }
    return most;
  }

  /** The most elements that any device sends. */
  public long sent() {
    long[] sent = new long[result.count()];
    for (int i : exchanged()) {
      List<List<Collective.Interval>> intervals = exchange(i).intervals();
      for (int part = 0; part < sent.length; part++) {
        for (Collective.Interval interval : intervals.get(part)) {
          boolean own = interval.source() == part;
          sent[interval.source()] += own ? 0 : interval.length() * operands.get(i).others();
        }
      }
    }
    return IntStream.range(0, sent.length).mapToLong(part -> sent[part]).max().orElse(0);
  }

  /** Temporary elements of the largest device: its blocks with their halo. */
  public long blockElements() {
    long sum = 0;
    for (int i : exchanged()) {
      sum += operands.get(i).wanted().longest() * operands.get(i).others();
    }
    return sum;
  }
}
