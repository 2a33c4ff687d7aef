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
record Call(Collective collective, Tensor x, Optional<Tensor> out, Optional<RaggedCounts> counts) {
  Call {
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

  static List<Call> of(Collective collective, List<Tensor> x) {
    return x.stream()
        .map(t -> new Call(collective, t, Optional.empty(), Optional.empty()))
        .toList();
  }
}
