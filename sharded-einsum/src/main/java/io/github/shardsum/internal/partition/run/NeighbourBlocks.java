package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.layout.PaddedWindow;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.LocalPlanRunner;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a statement that reads neighbouring indices along a split label, on the devices of this
 * process. It joins the operands' blocks with the received elements, and computes the device's
 * block of the result from the joined blocks. The local program is the statement on joined blocks,
 * one for each combination of shapes.
 */
final class NeighbourBlocks implements StepCode {
  private final Halo halo;
  private final PlanStep step;
  private final int number;
  private final int result;
  private final PlanRunFrame frame;

  /**
   * For each operand and device the first device that reads the same elements; the two share one
   * block.
   */
  private final int[][] holders;

  /** The code of each device; null for a device that computes no tile. */
  private final @Nullable Code[] codes;

  private record Code(LocalPlanRunner runner, LocalPlan plan) {}

  NeighbourBlocks(
      Action.Neighbour action,
      SpmdPlan plan,
      int number,
      PlanRunFrame frame,
      CompositeCode.Finder composites,
      Workers workers) {
    this.step = plan.steps().get(number);
    this.number = number;
    this.result = plan.number(number);
    this.frame = frame;
    this.halo = Halo.of(action, step.operands().stream().map(frame::value).toList(), step.result());
    int devices = frame.devices().size();
    this.holders = holders(devices, devices == plan.mesh().size());
    this.codes = new Code[devices];
    Map<Program, Code> compiled = new HashMap<>();
    for (int i = 0; i < devices; i++) {
      if (frame.isFirst(result, i)) {
        codes[i] =
            compiled.computeIfAbsent(
                local(action.statement(), i),
                program -> compile(program, composites, plan.sums(), workers));
      }
    }
  }

  private static Code compile(
      Program program, CompositeCode.Finder composites, SumOrder sums, Workers workers) {
    LocalPlan plan = LocalCompiler.plan(program, composites, Set.of(), workers, sums);
    return new Code(new LocalPlanRunner(plan, workers, Optional.empty()), plan);
  }

  /**
   * The devices whose elements each device uses. If a process holds every device, devices that read
   * the same elements of the same block share them. Otherwise each device has its own, since a
   * group may have members in other processes.
   */
  private int[][] holders(int devices, boolean shares) {
    int[][] all = new int[step.operands().size()][devices];
    for (int operand = 0; operand < all.length; operand++) {
      int value = step.operands().get(operand);
      Map<List<Integer>, Integer> first = new HashMap<>();
      for (int i = 0; i < devices; i++) {
        int index = i;
        List<Integer> key = shares ? List.of(frame.first(value, i), part(i)) : List.of(i);
        all[operand][i] = first.computeIfAbsent(key, _ -> index);
      }
    }
    return all;
  }

  Halo halo() {
    return halo;
  }

  /** The place of the device whose memory has the elements of an operand that a device receives. */
  int holder(int operand, int index) {
    return holders[operand][index];
  }

  @Override
  public long largestWorkspace() {
    return Arrays.stream(codes)
        .filter(Objects::nonNull)
        .mapToLong(code -> Objects.requireNonNull(code).plan().bytes())
        .max()
        .orElse(0);
  }

  @Override
  public IdentityHashMap<LocalPlan, Long> users() {
    IdentityHashMap<LocalPlan, Long> users = new IdentityHashMap<>();
    for (Code code : codes) {
      if (code != null) {
        users.merge(code.plan(), 1L, Long::sum);
      }
    }
    return users;
  }

  private int part(int index) {
    return step.result().layout().mesh().part(halo.axes(), frame.devices().get(index));
  }

  private Shape shape(PlannedValue value, int index) {
    return value.layout().localShape(value.shape(), frame.devices().get(index));
  }

  /** Shape of the part of an operand that a device reads. */
  Shape shape(int operand, int index) {
    Halo.Operand of = halo.operands().get(operand);
    long[] sizes = shape(frame.value(step.operands().get(operand)), index).toArray();
    sizes[of.dim()] = of.wanted().length(part(index));
    return Shape.of(sizes);
  }

  private Program local(Statement statement, int index) {
    ProgramBuilder builder = Program.builder("neighbours");
    List<Value> operands = new ArrayList<>();
    for (int i = 0; i < step.operands().size(); i++) {
      PlannedValue value = frame.value(step.operands().get(i));
      operands.add(builder.input("v" + i, DeviceStatements.type(value, shape(i, index))));
    }
    Value made =
        PaddedWindow.of(statement.operation())
            .map(padded -> local(padded, builder, operands.getFirst(), part(index)))
            .orElseGet(() -> builder.add(local(statement, operands, part(index))).getFirst());
    builder.output("result", made);
    Shape wanted = shape(step.result(), index);
    if (!made.type().shape().equals(wanted)) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s: must be %s on device %d, got %s",
              statement,
              wanted,
              frame.devices().get(index),
              made.type()));
    }
    return builder.build();
  }

  /** The operation on the elements that a part reads, from the first to the last index. */
  private Movement local(Statement statement, List<Value> operands, int part) {
    Value x = operands.getFirst();
    long from = halo.operands().getFirst().wanted().start(part);
    long count = halo.operands().getFirst().wanted().length(part);
    return switch ((Movement) statement.operation()) {
      case Movement.Slice slice -> new Movement.Slice(x, slice.label(), 0, count, slice.step());
      case Movement.Pad pad -> {
        long step = pad.interior() + 1;
        long first = pad.low() + from * step;
        yield padded(
            x, pad.label(), part, first, first + (count - 1) * step, pad.interior(), pad.fill());
      }
      case Movement.Shift shift -> {
        long first = from + Math.clamp(shift.by(), -halo.result().size(), halo.result().size());
        yield padded(x, shift.label(), part, first, first + count - 1, 0, shift.fill());
      }
      case Movement.Window window ->
          new Movement.Window(
              x,
              window.label(),
              window.window(),
              window.size(),
              window.stride(),
              window.dilation());
      case Movement.Concatenate concatenate ->
          new Movement.Concatenate(operands, concatenate.label());
      case Movement.Annotate _, Movement.Split _, Movement.Merge _ ->
          throw new IllegalStateException(statement.toString());
    };
  }

  /** Windows over the elements that a part reads, with the fill outside of the value. */
  private Value local(PaddedWindow of, ProgramBuilder builder, Value x, int part) {
    Movement.Pad pad = of.pad();
    Cut wanted = halo.operands().getFirst().wanted();
    Cut padded = of.reads().of(halo.result(), of.padded());
    long step = pad.interior() + 1;
    long first = pad.low() + wanted.start(part) * step;
    Ends ends =
        new Ends(first, first + (wanted.length(part) - 1) * step, x.type().size(pad.label()) == 0);
    return of.on(
        builder, x, ends.low(padded.start(part), padded.end(part)), ends.high(padded.end(part)));
  }

  /**
   * The places of a value's first and last element in the padded value.
   *
   * @param first the place of the first element
   * @param last the place of the last element
   * @param isEmpty whether there are no elements, so that the whole result is fill
   */
  private record Ends(long first, long last, boolean isEmpty) {
    long low(long start, long end) {
      return isEmpty ? end - start : first - start;
    }

    long high(long end) {
      return isEmpty ? 0 : end - 1 - last;
    }
  }

  /**
   * The padding that puts the first and the last element of x at these indices of the result; if x
   * is empty, the result is only fill.
   */
  private Movement padded(
      Value x, String label, int part, long first, long last, long interior, Scalar fill) {
    long start = halo.result().start(part);
    long end = halo.result().end(part);
    Ends ends = new Ends(first, last, x.type().size(label) == 0);
    return new Movement.Pad(x, label, ends.low(start, end), ends.high(end), interior, fill);
  }

  /** The source of the elements of an operand that a device reads. */
  Tensor received(int operand, int index) {
    return frame.temporary(number, Purpose.HALO, operand, holder(operand, index));
  }

  /** Computes a device's block of the result, if it is the first of its tile. */
  void run(int index) {
    Code code = codes[index];
    if (code != null) {
      List<Tensor> given = new ArrayList<>();
      for (int operand = 0; operand < step.operands().size(); operand++) {
        given.add(block(operand, index));
      }
      code.runner().run(List.of(frame.get(result, index)), given);
    }
  }

  /** A block that a device reads: the received block, or a part of its own block. */
  private Tensor block(int operand, int index) {
    if (halo.exchanged().contains(operand)) {
      return received(operand, index);
    }
    Halo.Operand of = halo.operands().get(operand);
    Shape shape = shape(operand, index);
    if (shape.elementCount() == 0) {
      return Tensor.zeros(frame.value(step.operands().get(operand)).dtype(), shape);
    }
    Tensor held = frame.get(step.operands().get(operand), index);
    int part = part(index);
    long from = of.wanted().start(part) - of.held().start(part);
    return held.slice(of.dim(), from, from + of.wanted().length(part));
  }
}
