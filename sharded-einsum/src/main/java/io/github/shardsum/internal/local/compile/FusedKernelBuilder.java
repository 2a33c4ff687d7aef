package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.ElementLoop;
import io.github.shardsum.internal.local.run.FusedInstruction;
import io.github.shardsum.internal.local.run.FusedKernel;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a fused kernel of the statements of a group; used once. */
final class FusedKernelBuilder {
  private final Program program;
  private final LocalValueUses uses;
  private final ValueType space;
  private final List<Value> inputs = new ArrayList<>();
  private final List<FusedInstruction> instructions = new ArrayList<>();
  private final Map<Value, Integer> registers = new HashMap<>();
  private final List<Value> results;

  FusedKernelBuilder(
      Program program, LocalValueUses uses, List<Integer> group, List<Value> results) {
    this.program = program;
    this.uses = uses;
    this.results = List.copyOf(results);
    this.space = program.statements().get(group.getLast()).result().type();
    Set<Value> inside = new HashSet<>();
    group.forEach(i -> inside.add(program.statements().get(i).result()));
    for (int i : group) {
      for (Value operand : program.statements().get(i).operation().operands()) {
        if (!inside.contains(operand) && !registers.containsKey(operand) && !isMade(operand)) {
          registers.put(operand, inputs.size());
          inputs.add(operand);
        }
      }
    }
    group.forEach(i -> add(program.statements().get(i)));
  }

  /** Values that the kernel reads from memory. */
  List<Value> inputs() {
    return List.copyOf(inputs);
  }

  FusedKernel kernel() {
    List<DType> dtypes = inputs.stream().map(value -> value.type().dtype()).toList();
    List<int[]> axes = inputs.stream().map(value -> axes(space, value.type())).toList();
    List<FusedKernel.Result> written =
        results.stream()
            .map(value -> new FusedKernel.Result(register(value), axes(space, value.type())))
            .toList();
    return new FusedKernel(space.shape(), dtypes, axes, instructions, written, loops(written));
  }

  /** Loops over whole arrays; none if such loops cannot make all results. */
  private List<ElementLoop> loops(List<FusedKernel.Result> written) {
    Set<Integer> whole = new HashSet<>();
    Set<Integer> scalars = new HashSet<>();
    for (int i = 0; i < inputs.size(); i++) {
      ValueType type = inputs.get(i).type();
      if (type.dtype() == DType.F32 && hasOrderOfSpace(type)) {
        whole.add(i);
      } else if (type.dtype() == DType.F32 && type.rank() == 0) {
        scalars.add(i);
      }
    }
    boolean inOrder = results.stream().allMatch(value -> hasOrderOfSpace(value.type()));
    return inOrder
        ? new ElementLoopMatcher(instructions, inputs.size(), whole, scalars)
            .loops(written.stream().map(FusedKernel.Result::block).toList())
        : List.of();
  }

  private boolean hasOrderOfSpace(ValueType type) {
    return type.names().equals(space.names());
  }

  double flops() {
    return (double) instructions.size() * space.shape().elementCount();
  }

  /** The axis of a value for each axis of a space, -1 where the value is repeated. */
  static int[] axes(ValueType space, ValueType value) {
    int[] axes = new int[space.rank()];
    for (int axis = 0; axis < axes.length; axis++) {
      axes[axis] = value.axis(space.labels().axis(axis).label());
    }
    return axes;
  }

  private boolean isMade(Value value) {
    int definition = uses.definition(value);
    return definition >= 0
        && PointwiseFusion.isInlinable(program.statements().get(definition).operation());
  }

  private int register(Value value) {
    Integer known = registers.get(value);
    if (known != null) {
      return known;
    }
    Operation operation = program.statements().get(uses.definition(value)).operation();
    int register =
        emit(
            operation instanceof Source.Iota iota
                ? index(iota.type().dtype(), iota.label())
                : new FusedInstruction.Fill(
                    value.type().dtype(), ((Source.Constant) operation).value()));
    registers.put(value, register);
    return register;
  }

  private FusedInstruction index(DType dtype, String label) {
    int axis = space.axis(label);
    long inner = space.shape().rowMajorStrides()[axis];
    return new FusedInstruction.Index(dtype, inner, Math.max(1, space.shape().size(axis)));
  }

  private int emit(FusedInstruction instruction) {
    instructions.add(instruction);
    return inputs.size() + instructions.size() - 1;
  }

  private void add(Statement statement) {
    DType dtype = statement.result().type().dtype();
    int register =
        switch ((Pointwise) statement.operation()) {
          case Pointwise.Unary u -> {
            int x = register(u.x());
            yield dtype == DType.BOOL
                ? negation(x)
                : emit(new FusedInstruction.Unary(dtype, u.kind(), x));
          }
          case Pointwise.Binary b -> {
            int x = register(b.x());
            int y = register(b.y());
            yield emit(new FusedInstruction.Binary(dtype, b.kind(), x, y));
          }
          case Pointwise.Compare c -> {
            int x = register(c.x());
            int y = register(c.y());
            yield emit(new FusedInstruction.Compare(dtype, c.relation(), x, y));
          }
          case Pointwise.Select s -> {
            int condition = register(s.condition());
            int x = register(s.x());
            int y = register(s.y());
            yield emit(new FusedInstruction.Select(dtype, condition, x, y));
          }
          case Pointwise.Convert c -> emit(new FusedInstruction.Convert(dtype, register(c.x())));
          case Pointwise.Uniform u -> {
            int seed = register(u.seed());
            int index = register(u.index());
            yield emit(new FusedInstruction.Uniform(dtype, seed, index, u.stream()));
          }
          case Pointwise.Ragged r -> ragged(r, dtype);
        };
    registers.put(statement.result(), register);
  }

  private int negation(int x) {
    int one = emit(new FusedInstruction.Fill(DType.BOOL, new Scalar.Whole(1)));
    return emit(new FusedInstruction.Binary(DType.BOOL, Pointwise.BinaryKind.XOR, x, one));
  }

  private int ragged(Pointwise.Ragged r, DType dtype) {
    int x = register(r.x());
    int lengths = register(r.lengths());
    int index = emit(index(DType.I64, r.label()));
    int inside =
        emit(new FusedInstruction.Compare(DType.BOOL, Pointwise.Comparison.LT, index, lengths));
    int fill = emit(new FusedInstruction.Fill(dtype, r.fill()));
    return emit(new FusedInstruction.Select(dtype, inside, x, fill));
  }
}
