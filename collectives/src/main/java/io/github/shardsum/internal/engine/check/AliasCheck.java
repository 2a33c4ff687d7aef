package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds results in memory that another device reads or writes in the same collective. Devices run
 * at the same time, so such a result would depend on chance.
 */
public final class AliasCheck {
  /** Represents all native memory, whose addresses are absolute. */
  private static final Object NATIVE = new Object();

  private final IdentityHashMap<Object, List<Range>> ranges = new IdentityHashMap<>();

  /** The range of bytes of a device's operand or result. */
  private record Range(long begin, long end, int device, boolean written, Tensor tensor) {
    boolean isSameView(Range other) {
      return begin == other.begin
          && end == other.end
          && tensor.dtype() == other.tensor.dtype()
          && tensor.shape().equals(other.tensor.shape())
          && IntStream.range(0, tensor.rank())
              .filter(axis -> tensor.size(axis) > 1)
              .allMatch(axis -> tensor.stride(axis) == other.tensor.stride(axis));
    }
  }

  private AliasCheck() {}

  /**
   * Checks the calls of a process's devices.
   *
   * @throws IllegalArgumentException if a result overlaps an operand or a result of another device
   */
  public static void check(ProcessDevices placement, GroupCalls groups) {
    List<DeviceCall> calls = groups.calls();
    if (calls.stream().allMatch(call -> call.out().isEmpty())) {
      return;
    }
    AliasCheck ownership = new AliasCheck();
    for (int index = 0; index < calls.size(); index++) {
      if (groups.isWrittenByAnother(index)) {
        continue;
      }
      DeviceCall call = calls.get(index);
      int device = placement.device(index);
      ownership.add(call.x(), device, false);
      call.out().ifPresent(out -> ownership.add(out, device, true));
    }
    Collective collective = groups.collective();
    TransferGroups layout = groups.layout();
    for (List<Range> list : ownership.ranges.values()) {
      sweep(list, collective, layout);
    }
  }

  /**
   * Checks that a collective in flight and a new collective share no memory that one of them
   * writes.
   *
   * @param flight the name of the collective in flight
   * @param flying the calls of the collective in flight
   * @param calls the calls of the new collective
   * @throws IllegalArgumentException if they share memory that one of them writes
   */
  public static void checkApart(String flight, List<DeviceCall> flying, List<DeviceCall> calls) {
    AliasCheck ownership = new AliasCheck();
    // The collective in flight is party 0, the new one is party 1. Only an overlap
    // between the two is an error here.
    flying.forEach(call -> ownership.add(call, 0));
    calls.forEach(call -> ownership.add(call, 1));
    for (List<Range> list : ownership.ranges.values()) {
      list.sort(Comparator.comparingLong(Range::begin));
      List<Range> open = new ArrayList<>();
      for (Range range : list) {
        open.removeIf(other -> other.end() <= range.begin());
        for (Range other : open) {
          boolean meets = other.device() != range.device() && (other.written() || range.written());
          if (meets && other.tensor().overlaps(range.tensor())) {
            throw new IllegalArgumentException(
                calls.getFirst().collective()
                    + ": must not touch what "
                    + flight
                    + " has in flight, got a "
                    + ((range.device() == 1 ? range : other).written() ? "result" : "operand")
                    + " that overlaps it");
          }
        }
        open.add(range);
      }
    }
  }

  private void add(DeviceCall call, int party) {
    add(call.x(), party, false);
    call.out().ifPresent(out -> add(out, party, true));
  }

  private void add(Tensor tensor, int device, boolean written) {
    if (tensor.shape().elementCount() == 0) {
      return;
    }
    MemorySegment segment = tensor.segment();
    int width = tensor.dtype().byteSize();
    long first = 0;
    long last = 0;
    for (int axis = 0; axis < tensor.rank(); axis++) {
      long reach = (tensor.size(axis) - 1) * tensor.stride(axis);
      first += Math.min(0, reach);
      last += Math.max(0, reach);
    }
    long base = segment.address() + tensor.offset() * width;
    Range range =
        new Range(base + first * width, base + (last + 1) * width, device, written, tensor);
    Object home = segment.isNative() ? NATIVE : tensor.array().orElse(segment);
    ranges.computeIfAbsent(home, _ -> new ArrayList<>()).add(range);
  }

  /**
   * Compares each range with all earlier ranges that end after its first byte. No pair may be
   * skipped, since views with strides have gaps.
   */
  private static void sweep(List<Range> list, Collective collective, TransferGroups layout) {
    list.sort(Comparator.comparingLong(Range::begin));
    List<Range> written = new ArrayList<>();
    List<Range> read = new ArrayList<>();
    for (Range range : list) {
      written.removeIf(other -> other.end() <= range.begin());
      read.removeIf(other -> other.end() <= range.begin());
      written.forEach(other -> compare(other, range, collective, layout));
      if (range.written()) {
        read.forEach(other -> compare(other, range, collective, layout));
      }
      List<Range> open = range.written() ? written : read;
      if (!hasTwo(open, range)) {
        open.add(range);
      }
    }
  }

  /**
   * Whether two open ranges already have this view, such as an operand that all read or a result
   * that a group shares. Each device has at most one range in each list. Two ranges are enough: the
   * device of any later range differs from the device of at least one of them.
   */
  private static boolean hasTwo(List<Range> open, Range range) {
    return open.stream().filter(range::isSameView).count() > 1;
  }

  private static void compare(Range a, Range b, Collective collective, TransferGroups layout) {
    if (a.device() == b.device()
        || (a.written() && b.written() && areOne(a, b, collective, layout))) {
      return;
    }
    // Interleaved views of one array, such as columns, may share no element although their ranges
    // overlap.
    if (!a.tensor().overlaps(b.tensor())) {
      return;
    }
    throw new IllegalArgumentException(
        collective
            + ": results must be in memory of their own, got one of device "
            + (a.written() ? a.device() : b.device())
            + " that overlaps the "
            + (a.written() && b.written() ? "result" : "operand")
            + " of device "
            + (a.written() ? b.device() : a.device()));
  }

  /** Whether two results are one result that the members of a group share. */
  private static boolean areOne(Range a, Range b, Collective collective, TransferGroups layout) {
    boolean shares =
        collective instanceof Collective.AllReduce
            || collective instanceof Collective.AllGather
            || collective instanceof Collective.Broadcast;
    return shares
        && a.isSameView(b)
        && layout.groups().groupOf(a.device()) == layout.groups().groupOf(b.device());
  }
}
