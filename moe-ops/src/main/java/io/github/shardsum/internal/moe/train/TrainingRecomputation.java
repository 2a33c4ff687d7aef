package io.github.shardsum.internal.moe.train;

import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Chooses the activations of a step that are computed again for the backward pass. These are values
 * between two residuals that are as large as a residual and that the backward pass reads, and the
 * values from which they are computed. Residuals and small values, such as routes, are kept. Values
 * after the last residual are also kept, because the backward pass reads them at once.
 */
public final class TrainingRecomputation {
  private final Program step;
  private final Map<Value, Integer> definedAt = new HashMap<>();

  /** Large results of the forward pass that are not residuals. */
  private final Set<Value> inside = new HashSet<>();

  private TrainingRecomputation(Program step) {
    this.step = step;
    for (int i = 0; i < step.statements().size(); i++) {
      for (Value result : step.statements().get(i).results()) {
        definedAt.put(result, i);
      }
    }
  }

  /**
   * The names of the activations that are computed again.
   *
   * @param step the program of a step, for a loss whose residuals are outputs
   * @param reported outputs of the loss, {@code loss} among them
   */
  public static Set<String> names(Program step, List<String> reported) {
    return new TrainingRecomputation(step).names(reported);
  }

  private Set<String> names(List<String> reported) {
    Set<Integer> forward = new HashSet<>();
    for (Value output : step.outputs()) {
      if (reported.contains(output.name())) {
        addWhatItReads(output, forward);
      }
    }
    int last = -1;
    long smallest = Long.MAX_VALUE;
    for (Value value : definedAt.keySet()) {
      if (isResidual(value)) {
        last = Math.max(last, statement(value));
        smallest = Math.min(smallest, value.type().shape().elementCount());
      }
    }
    for (Map.Entry<Value, Integer> each : definedAt.entrySet()) {
      Value value = each.getKey();
      if (forward.contains(each.getValue())
          && each.getValue() < last
          && !isResidual(value)
          && value.type().shape().elementCount() >= smallest) {
        inside.add(value);
      }
    }
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < step.statements().size(); i++) {
      if (!forward.contains(i)) {
        step.statements().get(i).operation().operands().forEach(value -> add(value, names));
      }
    }
    return names;
  }

  private static boolean isResidual(Value value) {
    return value.name().startsWith(Transformer.Form.RESIDUAL);
  }

  private int statement(Value value) {
    return definedAt.getOrDefault(value, -1);
  }

  private void addWhatItReads(Value value, Set<Integer> statements) {
    Deque<Value> left = new ArrayDeque<>(List.of(value));
    while (!left.isEmpty()) {
      int at = statement(left.pop());
      if (at >= 0 && statements.add(at)) {
        left.addAll(step.statements().get(at).operation().operands());
      }
    }
  }

  private void add(Value value, Set<String> names) {
    Deque<Value> left = new ArrayDeque<>(List.of(value));
    while (!left.isEmpty()) {
      Value next = left.pop();
      if (inside.contains(next) && names.add(next.name())) {
        left.addAll(step.statements().get(statement(next)).operation().operands());
      }
    }
  }
}
