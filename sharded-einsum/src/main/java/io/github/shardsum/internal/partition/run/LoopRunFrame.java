package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * Operands and results of the rounds of a loop, or of a region, on the devices of this process.
 * Each method acts on one device, so steps in which devices compute may call them.
 *
 * <p>A carried value has two places, the loop's result and another one. A round reads one and
 * writes the other, so that the last round writes the result. A step of the body writes the carried
 * value to its place directly; a value that the body passes on unchanged is copied.
 */
final class LoopRunFrame {
  private final PlanRunFrame outer;
  private final Stages body;
  private final PlanRunFrame inner;
  private final Nested nested;
  private final long count;
  private final int step;
  private final List<Integer> operands;
  private final List<Integer> outputs;
  private final int result;
  private final int carried;

  LoopRunFrame(PlanRunFrame outer, SpmdPlan plan, Stage.Rounds loop) {
    Action.Loop action = (Action.Loop) plan.steps().get(loop.step()).action();
    this.outer = outer;
    this.body = loop.body();
    this.inner = body.frame();
    this.nested = (Nested) action.statement().operation();
    this.count = action.rounds();
    this.step = loop.step();
    this.operands = loop.reads();
    this.outputs = body.plan().outputs();
    this.result = plan.number(step);
    this.carried = loop.carried();
  }

  /** The carried value before a round: the operand, or the result of the round before. */
  private Tensor before(int value, int i, int round) {
    return round == 0 ? outer.get(operands.get(value), i) : made(value, i, round - 1);
  }

  /** The memory into which a round writes a carried value. */
  private Tensor made(int value, int i, int round) {
    return (count - 1 - round) % 2 == 0
        ? outer.get(result + value, i)
        : outer.temporary(step, Purpose.CARRIED, value, i);
  }

  void before(int i, int round) {
    for (int input = 0; input < operands.size(); input++) {
      if (inner.isFirst(input, i)) {
        inner.set(input, i, given(input, i, round));
      }
    }
    for (int value = 0; value < carried; value++) {
      int output = outputs.get(value);
      if (body.carriedOver().contains(output) && inner.isFirst(output, i)) {
        inner.set(output, i, made(value, i, round));
      }
    }
  }

  private Tensor given(int input, int i, int round) {
    if (input < carried) {
      return before(input, i, round);
    }
    Tensor operand = outer.get(operands.get(input), i);
    boolean isSequence =
        nested instanceof Nested.Scan scan && input < carried + scan.sequences().size();
    return isSequence ? operand.select(0, place(round)) : operand;
  }

  private long place(int round) {
    return nested instanceof Nested.Scan scan && scan.reverse() ? count - 1 - round : round;
  }

  /**
   * The memory into which a round of a loop writes its part of a sequence, or into which a region
   * writes its result.
   */
  private Tensor written(int value, int i, int round) {
    Tensor whole = outer.get(result + value, i);
    return nested instanceof Nested.Scan ? whole.select(0, place(round)) : whole;
  }

  /** An addend of bf16 is stored in f32. */
  private static void assign(Tensor to, Tensor from) {
    to.assign(to.dtype() == from.dtype() ? from : from.convert(to.dtype()));
  }

  void after(int i, int round) {
    for (int output = 0; output < outputs.size(); output++) {
      int number = outputs.get(output);
      if (!outer.isFirst(result + output, i)) {
        continue;
      }
      if (output >= carried) {
        assign(written(output, i, round), inner.get(number, i));
      } else if (!body.carriedOver().contains(number)) {
        made(output, i, round).assign(inner.get(number, i));
      }
    }
  }

  /** Without rounds, carried values are returned unchanged. */
  void end(int i) {
    for (int value = 0; value < carried && count == 0; value++) {
      if (outer.isFirst(result + value, i)) {
        outer.get(result + value, i).assign(outer.get(operands.get(value), i));
      }
    }
  }
}
