package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.Uniform;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Source.Random;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Map;

/** Replaces the operands of an operation. */
public final class OperandSubstitution {
  private OperandSubstitution() {}

  /**
   * A statement whose operands are replaced by a map's values.
   *
   * @param same for some values, another value of the same type
   * @return the statement; the same object, whose types are already checked, if the map has none of
   *     its operands
   */
  public static Statement replace(Statement statement, Map<Value, Value> same) {
    boolean reads = statement.operation().operands().stream().anyMatch(same::containsKey);
    return reads
        ? new Statement(statement.results(), replace(statement.operation(), same))
        : statement;
  }

  /**
   * An operation whose operands are replaced by a map's values.
   *
   * @param same for some values, another value of the same type
   * @return the operation; the same object if the map has none of its operands
   */
  public static Operation replace(Operation operation, Map<Value, Value> same) {
    List<Value> operands = operation.operands();
    for (Value operand : operands) {
      if (same.containsKey(operand)) {
        return withOperands(operation, replace(operands, same));
      }
    }
    return operation;
  }

  /**
   * The given values, some of which a map replaces.
   *
   * @param same for some values, another value of the same type
   * @return the values after replacement, in order
   */
  public static List<Value> replace(List<Value> values, Map<Value, Value> same) {
    return values.stream().map(value -> same.getOrDefault(value, value)).toList();
  }

  /**
   * The same operation on other values of the same types.
   *
   * @param to one value for each operand
   */
  public static Operation withOperands(Operation operation, List<Value> to) {
    if (to.size() != operation.operands().size()) {
      throw ProgramException.of(operation, "the number of operands must stay the same, got " + to);
    }
    return switch (operation) {
      case Pointwise pointwise -> pointwise(pointwise, to);
      case Contraction.Einsum e -> new Contraction.Einsum(e.equation(), to, e.dtype(), e.sizes());
      case Reduce reduce -> new Reduce(reduce.kind(), to.getFirst(), reduce.labels());
      case Softmax softmax -> new Softmax(to.getFirst(), softmax.label());
      case CumulativeSum s ->
          new CumulativeSum(to.getFirst(), s.label(), s.exclusive(), s.reverse());
      case TopK top -> new TopK(to.getFirst(), top.label(), top.k(), top.into());
      case ArgMax max -> new ArgMax(to.getFirst(), max.label());
      case OneHot hot -> new OneHot(to.getFirst(), hot.label(), hot.size(), hot.dtype());
      case Source.Constant constant -> constant;
      case Source.Iota iota -> iota;
      case Random random -> new Random(to.getFirst(), random.stream(), random.type());
      case Movement movement -> movement(movement, to);
      case Scan l -> {
        int sequences = l.carried().size() + l.sequences().size();
        yield new Scan(
            l.count(),
            l.label(),
            l.reverse(),
            l.body(),
            to.subList(0, l.carried().size()),
            to.subList(l.carried().size(), sequences),
            to.subList(sequences, to.size()));
      }
      case Composite c ->
          new Composite(c.name(), c.attributes(), to, c.decomposition(), c.splittable());
      case Manual manual -> manual.with(manual.body(), to);
      case Communication communication -> communication(communication, to);
    };
  }

  private static Operation communication(Communication communication, List<Value> to) {
    return switch (communication) {
      case AllReduce r -> new AllReduce(to.getFirst(), r.by(), r.axes());
      case AllGather g -> new AllGather(to.getFirst(), g.label(), g.axes());
      case ReduceScatter r -> new ReduceScatter(to.getFirst(), r.label(), r.axes());
      case AllToAll a -> new AllToAll(to.getFirst(), a.from(), a.to(), a.axes());
      case Permute p -> new Permute(to.getFirst(), p.axes(), p.routes());
      case OwnChunk c -> new OwnChunk(to.getFirst(), c.label(), c.axes());
      case AxisIndex index -> index;
    };
  }

  private static Operation pointwise(Pointwise pointwise, List<Value> to) {
    return switch (pointwise) {
      case Unary unary -> new Unary(unary.kind(), to.getFirst());
      case Binary binary -> new Binary(binary.kind(), to.getFirst(), to.get(1));
      case Compare compare -> new Compare(compare.relation(), to.getFirst(), to.get(1));
      case Select _ -> new Select(to.getFirst(), to.get(1), to.get(2));
      case Convert convert -> new Convert(to.getFirst(), convert.dtype());
      case Uniform u -> new Uniform(to.getFirst(), to.get(1), u.stream(), u.dtype());
      case Ragged r -> new Ragged(to.getFirst(), to.get(1), r.label(), r.fill());
    };
  }

  private static Operation movement(Movement movement, List<Value> to) {
    Value x = to.getFirst();
    return switch (movement) {
      case Annotate a -> new Annotate(x, a.annotation());
      case Slice s -> new Slice(x, s.label(), s.from(), s.to(), s.step());
      case Pad p -> new Pad(x, p.label(), p.low(), p.high(), p.interior(), p.fill());
      case Concatenate c -> new Concatenate(to, c.label());
      case Shift s -> new Shift(x, s.label(), s.by(), s.fill());
      case Window w -> new Window(x, w.label(), w.window(), w.size(), w.stride(), w.dilation());
      case Split s -> new Split(x, s.label(), s.into(), s.sizes());
      case Merge m -> new Merge(x, m.labels(), m.into());
    };
  }
}
