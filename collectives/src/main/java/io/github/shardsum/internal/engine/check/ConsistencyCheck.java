package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.Participant;
import io.github.shardsum.internal.engine.transfer.Fingerprint;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.internal.engine.transfer.TransferGroup;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** Checks that all devices of the mesh entered the same collective with operands that fit. */
public final class ConsistencyCheck {
  private final TransferContext context;
  private final GroupCalls groups;
  private final List<DeviceCall> calls;
  private final long sequence;
  private final IntFunction<String> sites;

  /**
   * The calls of this process's devices.
   *
   * @param sites supplies each call's place in the program, after a mismatch only
   */
  public ConsistencyCheck(
      TransferContext context, GroupCalls groups, long sequence, IntFunction<String> sites) {
    this.context = context;
    this.groups = groups;
    this.calls = groups.calls();
    this.sequence = sequence;
    this.sites = sites;
  }

  /**
   * Compares the devices of all processes.
   *
   * @throws CollectiveMismatchException on every process if anything differs anywhere
   */
  public void reach() {
    if (context.isAlone()) {
      reachHere();
      return;
    }
    context.verified().set(false);
    Optional<String> local = localMismatch();
    CallDigest own =
        local.isEmpty() ? digest() : CallDigest.disagreeing(context.placement(), sequence);
    List<CallDigest> all = own.exchange(context);
    boolean agreed =
        CallDigest.agree(all, context.placement(), calls.getFirst().collective().axes());
    if (!agreed) {
      throw mismatch(
          local.orElse("they differ"), new MismatchReports(context).exchange(participants()));
    }
    context.verified().set(CallDigest.allPack(all));
  }

  /**
   * Compares only this process's devices.
   *
   * @throws CollectiveMismatchException if their calls differ
   */
  public void reachHere() {
    Optional<String> local = localMismatch();
    if (local.isPresent()) {
      throw mismatch(local.get(), participants());
    }
  }

  private CollectiveMismatchException mismatch(String what, List<Participant> who) {
    return new CollectiveMismatchException(
        "collective mismatch on mesh "
            + context.placement().mesh().notation()
            + " at call "
            + sequence
            + ": "
            + what
            + "; nothing was computed. Every device must enter the same collectives in the same"
            + " order. Who entered what:",
        CallExceptions.oddOnesFirst(who));
  }

  private List<Participant> participants() {
    List<Participant> participants = new ArrayList<>();
    for (int index = 0; index < calls.size(); index++) {
      participants.add(
          new Participant(
              context.placement().device(index),
              context.placement().process(),
              sequence,
              CallRules.describe(calls.get(index)),
              sites.apply(index)));
    }
    return participants;
  }

  private Optional<String> localMismatch() {
    DeviceCall first = calls.getFirst();
    boolean barrier = first.collective() instanceof Collective.Barrier;
    for (DeviceCall call : calls) {
      if (!call.asksAs(first)) {
        return Optional.of("different collectives");
      }
      if (!barrier && call.x().dtype() != first.x().dtype()) {
        return Optional.of("different dtypes");
      }
    }
    for (TransferGroup members : groups.layout().local()) {
      Optional<String> found = groupMismatch(members);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private DeviceCall call(TransferGroup members, int member) {
    return calls.get(context.placement().indexOf(members.devices()[member]));
  }

  private Optional<String> groupMismatch(TransferGroup members) {
    int[] local = members.local();
    Shape first = CallRules.agreedShape(call(members, local[0]), groups.layout());
    for (int member : local) {
      DeviceCall call = call(members, member);
      if (!CallRules.agreedShape(call, groups.layout()).equals(first)) {
        return Optional.of("shapes that do not fit together");
      }
    }
    return switch (call(members, local[0]).collective()) {
      case RaggedAllToAll _ -> countMismatch(members);
      case Permute permute -> sentMismatch(members, permute);
      default -> Optional.empty();
    };
  }

  private Optional<String> countMismatch(TransferGroup members) {
    for (int i : members.local()) {
      for (int j : members.local()) {
        long sent = call(members, i).counts().orElseThrow().send(j);
        long expected = call(members, j).counts().orElseThrow().receive(i);
        if (sent != expected) {
          return mismatch(members, i, sent + " rows", j, expected);
        }
      }
    }
    return Optional.empty();
  }

  private Optional<String> sentMismatch(TransferGroup members, Permute permute) {
    int[] sources = permute.sources(members.size());
    for (int target : members.local()) {
      int source = sources[target];
      if (source < 0 || !context.placement().isLocal(members.devices()[source])) {
        continue;
      }
      Shape sent = call(members, source).x().shape();
      Shape expected = resultShape(call(members, target));
      if (!sent.equals(expected)) {
        return mismatch(members, source, sent, target, expected);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> mismatch(
      TransferGroup members, int source, Object sent, int target, Object expected) {
    int from = members.devices()[source];
    int to = members.devices()[target];
    return Optional.of(
        "device " + from + " sends " + sent + " to device " + to + ", which expects " + expected);
  }

  private static Shape resultShape(DeviceCall call) {
    return call.out().map(out -> out.shape()).orElse(call.x().shape());
  }

  private CallDigest digest() {
    DeviceCall first = calls.getFirst();
    TransferGroups layout = groups.layout();
    CallDigest digest = CallDigest.of(context.placement(), sequence, calls);
    for (int index = 0; index < calls.size(); index++) {
      digest.shape(index, CallRules.agreedShape(calls.get(index), layout));
    }
    for (TransferGroup members : layout.local()) {
      switch (first.collective()) {
        case RaggedAllToAll _ -> digestCounts(members, digest);
        case Permute permute -> digestSent(members, permute, digest);
        default -> {}
      }
    }
    for (GroupCalls.Repeat repeat : groups.repeats()) {
      for (int process : repeat.members().processes()) {
        if (process != context.placement().process()) {
          digest.repeated(process, repeat.members().group(), repeat.of());
        }
      }
    }
    return digest;
  }

  private void digestCounts(TransferGroup members, CallDigest digest) {
    int[] devices = members.devices();
    for (int own : members.local()) {
      var counts = call(members, own).counts().orElseThrow();
      for (int other = 0; other < devices.length; other++) {
        if (!context.placement().isLocal(devices[other])) {
          digest.sent(devices[own], devices[other], counts.send(other));
          digest.expected(devices[other], devices[own], counts.receive(other));
        }
      }
    }
  }

  private void digestSent(TransferGroup members, Permute permute, CallDigest digest) {
    int[] devices = members.devices();
    int[] sources = permute.sources(devices.length);
    for (int target = 0; target < devices.length; target++) {
      int source = sources[target];
      if (source < 0) {
        continue;
      }
      boolean sends = context.placement().isLocal(devices[source]);
      boolean receives = context.placement().isLocal(devices[target]);
      if (sends && !receives) {
        Shape shape = call(members, source).x().shape();
        digest.sent(devices[source], devices[target], Fingerprint.of(shape.toString()));
      } else if (receives && !sends) {
        Shape shape = resultShape(call(members, target));
        digest.expected(devices[source], devices[target], Fingerprint.of(shape.toString()));
      }
    }
  }
}
