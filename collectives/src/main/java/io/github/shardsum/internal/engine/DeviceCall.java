package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What one device of this process brings to a collective.
 *
 * @param collective which
 * @param x its operand
 * @param out the caller's tensor for its result, if the caller gives one
 * @param counts its counts, for a ragged all-to-all
 */
record DeviceCall(
    Collective collective, Tensor x, Optional<Tensor> out, Optional<RaggedCounts> counts) {
  DeviceCall {
    Objects.requireNonNull(collective, "collective");
    Objects.requireNonNull(x, "x");
  }

  /** Whether some of it may be sent from where it lies, or received to where it goes. */
  boolean liesInNativeMemory() {
    return x.segment().isNative() || out.filter(given -> given.segment().isNative()).isPresent();
  }

  /** Whether a barrier, which reads and writes nothing else, has a result that is not x itself. */
  boolean copiesPastBarrier() {
    return out.filter(given -> given != x).isPresent();
  }

  /**
   * The call of one device, which brings its own counts and no other's.
   *
   * @throws IllegalArgumentException if it brings those of several devices
   */
  static DeviceCall of(Collective collective, Tensor x, Optional<Tensor> out) {
    List<RaggedCounts> counts =
        collective instanceof Collective.RaggedAllToAll ragged ? ragged.counts() : List.of();
    if (counts.size() > 1) {
      throw new IllegalArgumentException(
          collective + ": counts must be those of one device, got those of " + counts.size());
    }
    return new DeviceCall(collective, x, out, counts.stream().findFirst());
  }

  /** Whether another device asks for the same; counts are each device's own. */
  boolean asksAs(DeviceCall other) {
    return collective instanceof Collective.RaggedAllToAll
            && other.collective instanceof Collective.RaggedAllToAll
        ? collective.axes().equals(other.collective.axes())
        : collective.equals(other.collective);
  }

  static List<DeviceCall> of(Collective collective, List<Tensor> x) {
    return x.stream().map(t -> of(collective, t, Optional.empty())).toList();
  }
}
