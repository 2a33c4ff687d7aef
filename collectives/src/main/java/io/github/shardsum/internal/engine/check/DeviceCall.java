package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Operands of one device of this process for a collective.
 *
 * @param x its operand
 * @param out the caller's tensor for its result, if the caller gives one
 * @param counts its counts, for a ragged all-to-all
 */
public record DeviceCall(
    Collective collective, Tensor x, Optional<Tensor> out, Optional<RaggedCounts> counts) {
  public DeviceCall {
    Objects.requireNonNull(collective, "collective");
    Objects.requireNonNull(x, "x");
  }

  /**
   * Whether parts of its tensors may be sent from, or received into, the caller's memory directly.
   */
  public boolean liesInNativeMemory() {
    return x.segment().isNative() || out.filter(given -> given.segment().isNative()).isPresent();
  }

  /** Whether this is a barrier whose result is not x itself, so that x is copied. */
  public boolean copiesPastBarrier() {
    return out.filter(given -> given != x).isPresent();
  }

  /**
   * The call of one device; it has the counts of this device alone.
   *
   * @throws IllegalArgumentException if the collective has the counts of several devices
   */
  public static DeviceCall of(Collective collective, Tensor x, Optional<Tensor> out) {
    List<RaggedCounts> counts =
        collective instanceof Collective.RaggedAllToAll ragged ? ragged.counts() : List.of();
    if (counts.size() > 1) {
      throw new IllegalArgumentException(
          collective + ": counts must be those of one device, got those of " + counts.size());
    }
    return new DeviceCall(collective, x, out, counts.stream().findFirst());
  }

  /** Whether another device makes the same request. */
  @SuppressWarnings("ReferenceEquality") // a plan's devices share one object
  boolean asksAs(DeviceCall other) {
    return collective == other.collective || common().equals(other.common());
  }

  /**
   * The part of the request that all devices share: without the counts of one device and the total
   * of its group.
   */
  Collective common() {
    return switch (collective) {
      case Collective.RaggedAllToAll ragged -> ragged.with(List.of());
      case Collective.AllGather(var axes, int dim, var _) ->
          new Collective.AllGather(axes, dim, OptionalLong.empty());
      case Collective.AllToAll(var axes, int split, int concat, var _) ->
          new Collective.AllToAll(axes, split, concat, OptionalLong.empty());
      default -> collective;
    };
  }

  public static List<DeviceCall> of(Collective collective, List<Tensor> x) {
    return x.stream().map(t -> of(collective, t, Optional.empty())).toList();
  }
}
