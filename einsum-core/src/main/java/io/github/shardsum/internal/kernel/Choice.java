package io.github.shardsum.internal.kernel;

import java.util.Optional;

/**
 * The implementation that {@link Kernels#best()} uses, and why.
 *
 * @param kernels the implementation
 * @param reason why it was chosen
 * @param remedy what to do for a faster one, if there is something
 */
public record Choice(Kernels kernels, String reason, Optional<String> remedy) {
  static Choice make() {
    return new Choice(Kernels.scalar(), "there are no vector kernels yet", Optional.empty());
  }
}
