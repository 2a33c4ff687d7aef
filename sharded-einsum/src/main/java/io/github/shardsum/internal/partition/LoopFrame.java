package io.github.shardsum.internal.partition;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Nested;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What goes into the rounds of a loop and comes out of them, on the devices of this process. All
 * methods act on one device, so that they are steps in which devices compute.
 */
final class LoopFrame {
  private final Frame outer;
  private final Frame inner;
  private final Nested.Scan scan;
  private final List<Integer> operands;
  private final List<Integer> outputs;
  private final int result;
  private final int carried;
  private final int sequences;

  /** The carried values of each device, from round to round. */
  private final @Nullable Tensor[][] state;

  LoopFrame(
      Frame outer, Frame inner, Nested.Scan scan, Action.Loop loop, PlanStep step, int result) {
    this.outer = outer;
    this.inner = inner;
    this.scan = scan;
    this.operands = step.operands();
    this.outputs = loop.body().outputs();
    this.result = result;
    this.carried = scan.carried().size();
    this.sequences = scan.sequences().size();
    this.state = new Tensor[carried][outer.devices().size()];
  }

  long count() {
    return scan.count();
  }

  /** Carried values are the operands, results that grow are zeros. */
  void begin(int i) {
    for (int value = 0; value < carried; value++) {
      state[value][i] = outer.get(operands.get(value), i);
    }
    for (int output = carried; output < outputs.size(); output++) {
      int number = result + output;
      if (outer.isFirst(number, i)) {
        PlannedValue value = outer.value(number);
        outer.set(
            number,
            i,
            Tensor.zeros(
                value.dtype(), value.layout().localShape(value.shape(), outer.devices().get(i))));
      }
    }
  }

  void before(int i, int round) {
    for (int input = 0; input < operands.size(); input++) {
      if (inner.isFirst(input, i)) {
        inner.set(input, i, given(input, i, round));
      }
    }
  }

  private Tensor given(int input, int i, int round) {
    if (input < carried) {
      return Objects.requireNonNull(state[input][i]);
    }
    Tensor operand = outer.get(operands.get(input), i);
    return input < carried + sequences ? operand.select(0, place(round)) : operand;
  }

  private long place(int round) {
    return scan.reverse() ? scan.count() - 1 - round : round;
  }

  void after(int i, int round) {
    for (int output = 0; output < outputs.size(); output++) {
      Tensor made = inner.get(outputs.get(output), i);
      if (output < carried) {
        state[output][i] = made;
      } else if (outer.isFirst(result + output, i)) {
        outer.get(result + output, i).select(0, place(round)).assign(made);
      }
    }
  }

  void end(int i) {
    for (int value = 0; value < carried; value++) {
      if (outer.isFirst(result + value, i)) {
        outer.set(result + value, i, Objects.requireNonNull(state[value][i]));
      }
      state[value][i] = null;
    }
  }
}
