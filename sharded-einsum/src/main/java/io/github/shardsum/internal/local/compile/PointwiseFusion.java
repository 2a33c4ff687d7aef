package io.github.shardsum.internal.local.compile;

import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups pointwise operations into kernels. A kernel runs at the place of its last operation. An
 * operation joins the kernel of its first reader if it has the same labels and all its other
 * readers run later, so intermediate values of a kernel may also be results. Constants and iotas
 * are computed again in each kernel that reads them.
 */
final class PointwiseFusion {
  /** A kernel of at most about this many operations keeps its blocks in the first-level cache. */
  private static final int MOST = 24;

  private final Program program;
  private final LocalValueUses uses;
  private final EpilogueFusion epilogues;
  private final Map<Integer, Integer> rootOf = new HashMap<>();
  private final Map<Integer, List<Integer>> members = new HashMap<>();

  PointwiseFusion(Program program, LocalValueUses uses, EpilogueFusion epilogues) {
    this.program = program;
    this.uses = uses;
    this.epilogues = epilogues;
    for (int i = program.statements().size() - 1; i >= 0; i--) {
      Operation operation = program.statements().get(i).operation();
      if (operation instanceof Pointwise && !epilogues.isInChain(i)) {
        join(i);
      }
    }
  }

  private void join(int statement) {
    Value result = program.statements().get(statement).result();
    int root = uses.of(result).stream().mapToInt(this::runsAt).min().orElse(statement);
    boolean joins =
        members.containsKey(root)
            && members.getOrDefault(root, List.of()).size() < MOST
            && sameLabels(result.type(), program.statements().get(root).result().type());
    int mine = joins ? root : statement;
    rootOf.put(statement, mine);
    members.computeIfAbsent(mine, _ -> new ArrayList<>()).addFirst(statement);
  }

  /** The statement at whose place another one is computed. */
  private int runsAt(int statement) {
    return rootOf.getOrDefault(statement, epilogues.endOf(statement));
  }

  private boolean isIn(int root, int statement) {
    return rootOf.getOrDefault(statement, -1) == root;
  }

  private static boolean sameLabels(ValueType x, ValueType y) {
    return x.rank() == y.rank() && x.names().containsAll(y.names());
  }

  /**
   * The statements of the kernel that ends with a statement, in order; empty if no kernel ends
   * there.
   */
  List<Integer> endingAt(int statement) {
    return members.getOrDefault(statement, List.of());
  }

  /** Values of a kernel that other statements read, including the value of its last statement. */
  List<Value> results(int statement) {
    List<Integer> group = endingAt(statement);
    List<Value> results = new ArrayList<>();
    for (int i : group) {
      Value value = program.statements().get(i).result();
      boolean leaves =
          i == statement
              || uses.isOutput(value)
              || uses.of(value).stream().anyMatch(use -> !isIn(statement, use));
      if (leaves) {
        results.add(value);
      }
    }
    return results;
  }

  /** Whether a statement is computed inside of another's kernel. */
  boolean isInner(int statement) {
    return rootOf.getOrDefault(statement, statement) != statement;
  }

  /** Whether a constant or an iota is read by kernels only, which make it themselves. */
  boolean isInlined(int statement) {
    Operation operation = program.statements().get(statement).operation();
    if (!isInlinable(operation)) {
      return false;
    }
    Value result = program.statements().get(statement).result();
    return !uses.isOutput(result) && uses.of(result).stream().allMatch(use -> makes(use, result));
  }

  /** Whether the statement is in a kernel, or in an epilogue that has the value as its factor. */
  private boolean makes(int use, Value value) {
    if (rootOf.containsKey(use)) {
      return true;
    }
    // An einsum is the first statement of its chain and reads its operands from memory.
    boolean isEinsum = !(program.statements().get(use).operation() instanceof Pointwise);
    return epilogues.isInChain(use) && !isEinsum && !isBiasOfChain(use, value);
  }

  private boolean isBiasOfChain(int use, Value value) {
    for (int i = use; i < program.statements().size(); i++) {
      var chain = epilogues.endingAt(i);
      if (chain.isPresent() && chain.get().bias().filter(value::equals).isPresent()) {
        return true;
      }
    }
    return false;
  }

  static boolean isInlinable(Operation operation) {
    return operation instanceof Source.Constant || operation instanceof Source.Iota;
  }
}
