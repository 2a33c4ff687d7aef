package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** The uniform number of each token, or of each token and expert. Thread-safe. */
public sealed interface TokenUniforms {
  /** The number of a token. */
  double of(int group, int token);

  /** The number of a token and an expert. */
  double of(int group, int token, int expert);

  /** Whether there is one number for each expert. */
  boolean perExpert();

  /** Numbers that are drawn when they are read. */
  record Drawn(Philox philox, long stream, long firstToken, long groupSize)
      implements TokenUniforms {
    @Override
    public double of(int group, int token) {
      return philox.uniform(firstToken + group * groupSize + token, stream);
    }

    @Override
    public double of(int group, int token, int expert) {
      return of(group, token);
    }

    @Override
    public boolean perExpert() {
      return false;
    }
  }

  /** Numbers that the caller gives, {@code [G, S]} or {@code [G, S, E]}. */
  record Given(TokenElements values, boolean perExpert) implements TokenUniforms {
    /** Numbers from a tensor of any strides. */
    public static Given of(Tensor values) {
      return new Given(TokenElements.of(values), values.rank() == 3);
    }

    @Override
    public double of(int group, int token) {
      return values.get(group, token);
    }

    @Override
    public double of(int group, int token, int expert) {
      return values.get(group, token, expert);
    }
  }

  /** The numbers of a call; given ones are checked. */
  static TokenUniforms of(RouteInput<Tensor> input, RouteOptions options, Randomness randomness) {
    if (input.uniform().isEmpty()) {
      return new Drawn(
          new Philox(randomness.seed()),
          randomness.stream(),
          randomness.firstToken(),
          input.groupSize());
    }
    Tensor given = input.uniform().get();
    if (!(options.secondChoice() instanceof SecondChoice.Sample)) {
      Shape tokens = Shape.of(input.groups(), input.groupSize());
      ArgumentChecks.shape("route: uniform numbers", "[G, S]", tokens, given);
    }
    for (double value : given.toDoubleArray()) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(
            "route: uniform numbers must be in [0, 1), got " + value);
      }
    }
    return Given.of(given);
  }
}
