package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.internal.engine.check.CallRules;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.internal.engine.check.GroupCalls;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferGroup;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.internal.reduce.ReductionBlock;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Operands and results of this process's devices in C order without gaps. The steps of a collective
 * then copy plain bytes. Other operands, and operands that a result overlaps, are copied first;
 * other results are copied to the caller's memory afterwards. An all-reduce in place copies
 * nothing.
 */
final class CollectiveOperands {
  private final ProcessDevices placement;
  private final GroupCalls groups;
  private final TransferGroups layout;
  private final List<DeviceCall> calls;
  private final List<Tensor> operands = new ArrayList<>();
  private final List<Tensor> outs = new ArrayList<>();
  private final List<Tensor> results = new ArrayList<>();
  private final List<ReductionBlock> from = new ArrayList<>();
  private final List<ReductionBlock> to = new ArrayList<>();

  CollectiveOperands(ProcessDevices placement, GroupCalls groups) {
    this.placement = placement;
    this.groups = groups;
    this.layout = groups.layout();
    this.calls = groups.calls();
    if (calls.getFirst().collective() instanceof Collective.Barrier) {
      return;
    }
    List<Optional<Tensor>> shared = new ArrayList<>();
    for (int group = 0; group < layout.groups().count(); group++) {
      shared.add(Optional.empty());
    }
    for (int index = 0; index < calls.size(); index++) {
      add(index, shared);
    }
    outs.forEach(out -> to.add(ReductionBlock.of(out)));
  }

  private void add(int index, List<Optional<Tensor>> shared) {
    DeviceCall call = calls.get(index);
    int device = placement.device(index);
    if (groups.isRepeated(index)) {
      addAsTheyAre(call.x(), call.out().orElseThrow());
      return;
    }
    if (call.out().isPresent()) {
      Tensor out = call.out().get();
      boolean direct = out.isContiguous() && !groups.isWrittenByAnother(index);
      outs.add(direct ? out : fresh(call, out.shape()));
      results.add(out);
    } else {
      Shape shape = CallRules.resultShape(call, layout, layout.groups().memberOf(device));
      if (isShared(call.collective())) {
        int group = layout.groups().groupOf(device);
        Tensor one = shared.get(group).orElseGet(() -> fresh(call, shape));
        shared.set(group, Optional.of(one));
        outs.add(one);
        MemorySegment segment = one.segment().asReadOnly();
        results.add(Tensor.of(one.dtype(), segment, shape.toArray()));
      } else {
        outs.add(fresh(call, shape));
        results.add(outs.getLast());
      }
    }
    boolean stage =
        !call.x().isContiguous()
            || overlaps(call, outs.getLast())
            || (groups.sharesTile(index) && isOverwritten(call));
    operands.add(stage ? fresh(call, call.x().shape()) : call.x());
    from.add(ReductionBlock.of(operands.getLast()));
  }

  /** Adds the tensors of a device whose group does not run. */
  private void addAsTheyAre(Tensor x, Tensor out) {
    outs.add(out);
    results.add(out);
    operands.add(x);
    from.add(ReductionBlock.of(x));
  }

  private static boolean isShared(Collective collective) {
    return collective instanceof Collective.AllReduce
        || collective instanceof Collective.AllGather
        || collective instanceof Collective.Broadcast;
  }

  private static Tensor fresh(DeviceCall call, Shape shape) {
    return shape.elementCount() <= Shape.LONGEST_ARRAY
        ? Tensor.zeros(call.x().dtype(), shape)
        : Tensor.allocate(Arena.ofAuto(), call.x().dtype(), shape);
  }

  /** Whether writing the result could change elements of the operand that are still to be read. */
  private static boolean overlaps(DeviceCall call, Tensor out) {
    Tensor x = call.x();
    boolean same =
        x.segment().equals(out.segment())
            && x.offset() == out.offset()
            && x.shape().equals(out.shape());
    return call.out().isPresent()
        && x.overlaps(out)
        && !(same && call.collective() instanceof Collective.AllReduce);
  }

  /** Whether the caller's result overlaps the operand, which another group may still read. */
  private static boolean isOverwritten(DeviceCall call) {
    return call.x().overlaps(call.out().orElseThrow());
  }

  /**
   * Adds the phase that copies the operands which cannot be read in place. It also copies results
   * that keep some elements and cannot be written in place.
   */
  void stage(List<Phase> phases) {
    List<Runnable> copies = new ArrayList<>();
    for (int index = 0; index < calls.size(); index++) {
      DeviceCall call = calls.get(index);
      Tensor operand = operands.get(index);
      if (operand != call.x()) {
        copies.add(() -> operand.assign(call.x()));
      }
      if (call.collective() instanceof Collective.RaggedAllToAll && isStagedOut(index)) {
        Tensor out = outs.get(index);
        Tensor held = results.get(index);
        copies.add(() -> out.assign(held));
      }
    }
    phases.add(
        new Phase.Tasks("copy operands", copies.size(), (task, _) -> copies.get(task).run()));
  }

  private boolean isStagedOut(int index) {
    Optional<Tensor> out = calls.get(index).out();
    return out.isPresent() && outs.get(index) != out.get() && !groups.isWrittenByAnother(index);
  }

  /** Adds the phase that copies results to the caller's memory. */
  void unstage(List<Phase> phases) {
    List<Integer> staged = new ArrayList<>();
    for (int index = 0; index < calls.size(); index++) {
      if (isStagedOut(index)) {
        staged.add(index);
      }
    }
    phases.add(
        new Phase.Tasks(
            "copy results",
            staged.size(),
            (task, _) -> {
              int index = staged.get(task);
              results.get(index).assign(outs.get(index));
            }));
  }

  ReductionBlock operand(int device) {
    return from.get(placement.indexOf(device));
  }

  ReductionBlock out(int device) {
    return to.get(placement.indexOf(device));
  }

  Shape shape(int device) {
    return calls.get(placement.indexOf(device)).x().shape();
  }

  Shape resultShape(int device) {
    return outs.get(placement.indexOf(device)).shape();
  }

  /** The results of a group's members on this process; a shared one is listed once. */
  List<ReductionBlock> outs(TransferGroup members) {
    Map<MemorySegment, ReductionBlock> distinct = new LinkedHashMap<>();
    for (int member : members.local()) {
      ReductionBlock out = out(members.devices()[member]);
      // The segment begins at the first element: two views of one memory may begin at different
      // bytes.
      distinct.putIfAbsent(out.segment().asSlice(out.at()), out);
    }
    return List.copyOf(distinct.values());
  }

  /** The result of each of this process's devices. */
  List<Tensor> results() {
    return results;
  }
}
