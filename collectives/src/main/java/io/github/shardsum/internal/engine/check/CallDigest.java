package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.internal.engine.transfer.Fingerprint;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A few numbers that stand for the calls of one process's devices. Every process receives the
 * digests of all processes, so all reach the same verdict. The digest's length depends only on the
 * numbers of devices and processes, so it can be read even if nothing else agrees.
 */
public final class CallDigest {
  private static final long DISAGREEING = -1;
  private static final int SEQUENCE = 0;
  private static final int REQUEST = 1;
  private static final int MEMORY = 2;
  private static final int SHAPES = 3;

  private final ProcessDevices placement;
  private final long[] words;

  private CallDigest(ProcessDevices placement, long[] words) {
    this.placement = placement;
    this.words = words;
  }

  private static CallDigest empty(ProcessDevices placement) {
    return new CallDigest(
        placement, new long[SHAPES + placement.count() + 2 * placement.processes()]);
  }

  /** The digest of a process whose devices disagree. */
  static CallDigest disagreeing(ProcessDevices placement, long sequence) {
    CallDigest digest = empty(placement);
    digest.words[SEQUENCE] = sequence;
    digest.words[REQUEST] = DISAGREEING;
    return digest;
  }

  static CallDigest of(ProcessDevices placement, long sequence, List<DeviceCall> calls) {
    DeviceCall first = calls.getFirst();
    CallDigest digest = empty(placement);
    digest.words[SEQUENCE] = sequence;
    digest.words[REQUEST] = Fingerprint.of(canonical(first)) >>> 1;
    digest.words[MEMORY] = calls.stream().anyMatch(DeviceCall::liesInNativeMemory) ? 1 : 0;
    return digest;
  }

  private static String canonical(DeviceCall call) {
    Collective collective = call.common();
    String dtype = collective instanceof Collective.Barrier ? "" : call.x().dtype().toString();
    // The collective's text has only the first few pairs.
    String pairs = collective instanceof Permute permute ? permute.pairs().toString() : "";
    return collective + " " + dtype + " " + pairs;
  }

  private static long mix(int source, int target, long value) {
    return Fingerprint.mix(Fingerprint.mix(((long) source << 32) + target) + value);
  }

  /** Records the part of a device's shape that must agree. */
  void shape(int index, Shape agreed) {
    words[SHAPES + index] = Fingerprint.of(agreed.toString());
  }

  /** Records the elements that a device of this process sends to a device of another. */
  void sent(int source, int target, long value) {
    words[SHAPES + placement.count() + placement.processOf(target)] += mix(source, target, value);
  }

  /** Records the elements that a device of this process expects from a device of another. */
  void expected(int source, int target, long value) {
    words[SHAPES + placement.count() + placement.processes() + placement.processOf(source)] +=
        mix(source, target, value);
  }

  /**
   * Records that a group does not run, since group {@code of} runs in its place. The given process
   * must record the same.
   */
  void repeated(int process, int group, int of) {
    long value = mix(group, of, 1);
    words[SHAPES + placement.count() + process] += value;
    words[SHAPES + placement.count() + placement.processes() + process] += value;
  }

  private long sentTo(int process) {
    return words[SHAPES + placement.count() + process];
  }

  private long expectedFrom(int process) {
    return words[SHAPES + placement.count() + placement.processes() + process];
  }

  /** Sends this digest to all processes, and returns the digest of each process. */
  List<CallDigest> exchange(TransferContext context) {
    long[] lengths = new long[placement.processes()];
    Arrays.fill(lengths, words.length * (long) Long.BYTES);
    String what = "check of participants on mesh " + placement.mesh().notation();
    MemorySegment[] come = context.tell(what, MemorySegment.ofArray(words), lengths, false);
    List<CallDigest> digests = new ArrayList<>();
    for (int process = 0; process < come.length; process++) {
      digests.add(process == placement.process() ? this : read(come[process]));
    }
    return digests;
  }

  private CallDigest read(MemorySegment from) {
    CallDigest digest = empty(placement);
    MemorySegment.copy(from, ValueLayout.JAVA_LONG, 0, digest.words, 0, words.length);
    return digest;
  }

  /** Whether every process packs all its bytes into buffers of its own. */
  static boolean allPack(List<CallDigest> all) {
    return all.stream().allMatch(digest -> digest.words[MEMORY] == 0);
  }

  /** Whether the calls of all processes agree. */
  static boolean agree(List<CallDigest> all, ProcessDevices placement, List<String> axes) {
    long[] first = all.getFirst().words;
    if (first[REQUEST] == DISAGREEING) {
      return false;
    }
    for (CallDigest digest : all) {
      if (digest.words[SEQUENCE] != first[SEQUENCE] || digest.words[REQUEST] != first[REQUEST]) {
        return false;
      }
    }
    return sentIsExpected(all) && shapesAgree(all, placement, axes);
  }

  private static boolean sentIsExpected(List<CallDigest> all) {
    for (int p = 0; p < all.size(); p++) {
      for (int q = 0; q < all.size(); q++) {
        if (all.get(p).sentTo(q) != all.get(q).expectedFrom(p)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean shapesAgree(
      List<CallDigest> all, ProcessDevices placement, List<String> axes) {
    DeviceGroups groups = placement.layout(axes).groups();
    for (int group = 0; group < groups.count(); group++) {
      long first = shapeOf(all, placement, groups.device(group, 0));
      for (int member = 1; member < groups.size(); member++) {
        if (shapeOf(all, placement, groups.device(group, member)) != first) {
          return false;
        }
      }
    }
    return true;
  }

  private static long shapeOf(List<CallDigest> all, ProcessDevices placement, int device) {
    return all.get(placement.processOf(device)).words[SHAPES + placement.indexOf(device)];
  }
}
