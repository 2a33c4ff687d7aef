package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.engine.transfer.BlockShapes;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Rules that a device's call must satisfy independently of the others' calls, and the resulting
 * shapes.
 */
public final class CallRules {
  private CallRules() {}

  /** Checks the properties that do not depend on operands. */
  public static void checkRequest(Collective collective, Mesh mesh) {
    int members = mesh.size(collective.axes());
    switch (collective) {
      case Broadcast(var _, int root) -> checkMember(collective, root, members);
      case Permute(var _, var pairs) ->
          pairs.forEach(
              pair -> {
                checkMember(collective, pair.source(), members);
                checkMember(collective, pair.target(), members);
              });
      case Exchange exchange -> {
        List<Integer> parts = collective.axes().stream().map(mesh::size).toList();
        if (!exchange.from().parts().equals(parts)) {
          throw wrong(
              collective,
              "parts of the cuts must be the axes' sizes " + parts,
              exchange.from() + "");
        }
      }
      case AllReduce _, ReduceScatter _, AllGather _, AllToAll _, RaggedAllToAll _, Barrier _ -> {}
    }
  }

  private static void checkMember(Collective collective, int member, int members) {
    if (member >= members) {
      throw wrong(collective, "members must be in [0, " + members + ")", "member " + member);
    }
  }

  /** Checks one device's operand and result, as a member of a group along axes of given sizes. */
  public static void checkCall(DeviceCall call, TransferGroups layout, int member) {
    int p = layout.size();
    Collective collective = call.collective();
    Tensor x = call.x();
    if (!(collective instanceof Barrier) || call.copiesPastBarrier()) {
      checkMemory(collective, "operand", x);
      call.out().ifPresent(out -> checkMemory(collective, "result", out));
    }
    switch (collective) {
      case AllReduce(var _, Reduction reduction, var _) -> checkMean(collective, reduction, x);
      case ReduceScatter(var _, Reduction reduction, int dim, var _) -> {
        checkDim(collective, dim, x);
        checkMean(collective, reduction, x);
      }
      case AllGather(var _, int dim, OptionalLong total) -> {
        checkDim(collective, dim, x);
        checkChunk(call, dim, total, layout, member);
      }
      case AllToAll(var _, int split, int concat, OptionalLong total) -> {
        checkDim(collective, split, x);
        checkDim(collective, concat, x);
        if (split != concat) {
          checkChunk(call, concat, total, layout, member);
        } else if (x.size(split) % p != 0) {
          throw wrong(
              collective,
              "the size of dimension " + split + " must be a multiple of the " + p + " members",
              describe(x));
        }
      }
      case RaggedAllToAll _ -> checkCounts(call, p);
      case Exchange(var _, int dim, Cut from, Cut _) -> {
        checkDim(collective, dim, x);
        checkPart(call, dim, from, member);
      }
      case Permute _, Broadcast _, Barrier _ -> {}
    }
    call.out().ifPresent(out -> checkOut(call, out, layout, member));
  }

  /**
   * The engine chooses the thread of each device, so the memory must be accessible by every thread.
   */
  private static void checkMemory(Collective collective, String what, Tensor tensor) {
    checkAlive(tensor.segment().scope(), collective, what);
    if (!tensor.isShared()) {
      throw new WrongThreadException(
          collective
              + ": memory must be accessible by every thread, but the "
              + what
              + " "
              + describe(tensor)
              + " is in a confined arena; use Arena.ofShared()");
    }
  }

  /**
   * Checks that memory is still live.
   *
   * @throws IllegalStateException if the memory was closed
   */
  public static void checkAlive(MemorySegment.Scope scope, Collective collective, String what) {
    if (!scope.isAlive()) {
      throw new IllegalStateException(
          collective + ": memory must be live, but the arena of the " + what + " was closed");
    }
  }

  private static void checkMean(Collective collective, Reduction reduction, Tensor x) {
    if (reduction == Reduction.MEAN && x.dtype() == DType.BOOL) {
      throw wrong(collective, "the dtype must have a mean", describe(x) + "; convert first");
    }
  }

  private static void checkDim(Collective collective, int dim, Tensor x) {
    if (dim >= x.rank()) {
      throw wrong(collective, "the operand must have dimension " + dim, describe(x));
    }
  }

  private static void checkChunk(
      DeviceCall call, int dim, OptionalLong total, TransferGroups layout, int member) {
    Tensor x = call.x();
    Optional<Long> given = givenTotal(call, dim);
    if (given.isPresent() && total.isPresent() && given.get() != total.getAsLong()) {
      throw wrong(
          call.collective(),
          "the result's size of dimension " + dim + " must be the total",
          describe(call.out().orElseThrow()) + "; a total is for calls that give no result");
    }
    if (given.isEmpty() && total.isEmpty()) {
      if (x.size(dim) > Long.MAX_VALUE / layout.size()) {
        throw wrong(call.collective(), "the total must be below 2^63", describe(x));
      }
      return;
    }
    checkPart(call, dim, Cut.chunks(total(call, dim, total, layout), layout.parts()), member);
  }

  private static void checkPart(DeviceCall call, int dim, Cut cut, int member) {
    if (call.x().size(dim) != cut.length(member)) {
      throw wrong(
          call.collective(),
          "the size of dimension "
              + dim
              + " must be "
              + cut.length(member)
              + ", that of part "
              + member
              + " of "
              + cut,
          describe(call.x()));
    }
  }

  /** The size of the whole value, from the result if the caller gives one. */
  private static Optional<Long> givenTotal(DeviceCall call, int dim) {
    return call.out().filter(out -> out.rank() == call.x().rank()).map(out -> out.size(dim));
  }

  /** Size of the whole value along the dimension that is divided into chunks. */
  private static long total(DeviceCall call, int dim, OptionalLong total, TransferGroups layout) {
    return givenTotal(call, dim).orElseGet(() -> total.orElse(layout.size() * call.x().size(dim)));
  }

  private static void checkCounts(DeviceCall call, int p) {
    Tensor x = call.x();
    checkDim(call.collective(), 0, x);
    RaggedCounts counts =
        call.counts()
            .orElseThrow(
                () ->
                    wrong(
                        call.collective(),
                        "expected counts of rows",
                        "none; give them in the collective"));
    if (counts.members() != p) {
      throw wrong(call.collective(), "counts must be for " + p + " members", counts.toString());
    }
    if (counts.rowsNeeded() > x.size(0)) {
      throw wrong(
          call.collective(),
          "the operand must have at least " + counts.rowsNeeded() + " rows",
          describe(x) + " with " + counts);
    }
  }

  private static void checkOut(DeviceCall call, Tensor out, TransferGroups layout, int member) {
    Tensor x = call.x();
    boolean fits =
        switch (call.collective()) {
          case Permute _ -> true;
          case RaggedAllToAll _ ->
              out.rank() == x.rank()
                  && out.size(0) >= call.counts().orElseThrow().rowsReceived()
                  && BlockShapes.withSize(out.shape(), 0, 0)
                      .equals(BlockShapes.withSize(x.shape(), 0, 0));
          default -> out.shape().equals(resultShape(call, layout, member));
        };
    if (out.dtype() != x.dtype() || !fits) {
      throw wrong(
          call.collective(),
          "the result must be " + x.dtype() + " " + resultShape(call, layout, member),
          describe(out) + " for the operand " + describe(x));
    }
    if (out.isReadOnly()) {
      throw wrong(call.collective(), "the result must be writable", "read-only memory");
    }
    if (out.overlapsItself()) {
      throw wrong(
          call.collective(),
          "elements of the result must not overlap",
          describe(out)
              + " of strides "
              + Arrays.toString(strides(out))
              + ", a broadcast or overlapping view; use a fresh tensor");
    }
  }

  /** The shape of a member's result; for rows in uneven counts, the shape of the received rows. */
  public static Shape resultShape(DeviceCall call, TransferGroups layout, int member) {
    Shape x = call.x().shape();
    return switch (call.collective()) {
      case AllReduce _, Permute _, Broadcast _, Barrier _ -> x;
      case ReduceScatter(var _, var _, int dim, var _) ->
          BlockShapes.withSize(x, dim, Chunks.size(x.size(dim), layout.parts(), member));
      case AllGather(var _, int dim, OptionalLong total) ->
          BlockShapes.withSize(x, dim, total(call, dim, total, layout));
      case AllToAll(var _, int split, int concat, OptionalLong total) ->
          split == concat
              ? x
              : BlockShapes.withSize(
                  BlockShapes.withSize(
                      x, split, Chunks.size(x.size(split), layout.parts(), member)),
                  concat,
                  total(call, concat, total, layout));
      case RaggedAllToAll _ ->
          BlockShapes.withSize(x, 0, call.counts().orElseThrow().rowsReceived());
      case Exchange(var _, int dim, Cut _, Cut to) ->
          BlockShapes.withSize(x, dim, to.length(member));
    };
  }

  /**
   * The shape that must be the same for all members of a group. For chunks it is the shape of the
   * whole value; for uneven rows, the operand's shape with 0 rows. For a permutation or a barrier
   * it is empty; {@link ConsistencyCheck} compares the blocks of a permutation.
   */
  public static Shape agreedShape(DeviceCall call, TransferGroups layout) {
    Shape x = call.x().shape();
    return switch (call.collective()) {
      case AllReduce _, ReduceScatter _, Broadcast _ -> x;
      case AllGather(var _, int dim, OptionalLong total) ->
          BlockShapes.withSize(x, dim, total(call, dim, total, layout));
      case AllToAll(var _, int split, int concat, OptionalLong total) ->
          split == concat ? x : BlockShapes.withSize(x, concat, total(call, concat, total, layout));
      case RaggedAllToAll _ -> BlockShapes.withSize(x, 0, 0);
      case Exchange(var _, int dim, Cut from, Cut _) -> BlockShapes.withSize(x, dim, from.size());
      case Permute _, Barrier _ -> Shape.of();
    };
  }

  private static String describe(Tensor tensor) {
    return tensor.dtype() + " " + tensor.shape();
  }

  private static long[] strides(Tensor tensor) {
    return IntStream.range(0, tensor.rank()).mapToLong(tensor::stride).toArray();
  }

  /** A call in words. Participants are compared by this text, and errors quote it. */
  public static String describe(DeviceCall call) {
    return switch (call.collective()) {
      case Barrier barrier -> barrier.toString();
      default -> {
        String counts = call.counts().map(c -> ", " + shortened(c)).orElse("");
        yield call.collective() + " of " + describe(call.x()) + counts;
      }
    };
  }

  private static String shortened(RaggedCounts counts) {
    return counts.members() <= 16 ? counts.toString() : "counts for " + counts.members();
  }

  private static IllegalArgumentException wrong(Collective collective, String rule, String got) {
    return new IllegalArgumentException(collective + ": " + rule + ", got " + got);
  }

  public static IllegalArgumentException wrongList(
      Collective collective, String what, int devices, int got) {
    return new IllegalArgumentException(
        collective
            + ": expected one "
            + what
            + " for each of this process's "
            + devices
            + " devices, got "
            + got);
  }
}
