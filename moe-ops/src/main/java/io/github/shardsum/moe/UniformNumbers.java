package io.github.shardsum.moe;

import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** The uniform number of each token, or of each token and expert. Thread-safe. */
sealed interface UniformNumbers {
  double of(int group, int token);

  double of(int group, int token, int expert);

  /** Whether each expert has a number of its own. */
  boolean perExpert();

  /** Drawn when asked for. */
  record Drawn(Philox philox, long stream, long firstToken, long groupSize)
      implements UniformNumbers {
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

  /** Given by the caller: {@code [G, S]}, or {@code [G, S, E]}. */
  record Given(Tensor values) implements UniformNumbers {
    @Override
    public double of(int group, int token) {
      return MoeElements.get(values, at(group, token));
    }

    @Override
    public double of(int group, int token, int expert) {
      return MoeElements.get(values, at(group, token) + expert * values.stride(2));
    }

    private long at(int group, int token) {
      return values.offset() + group * values.stride(0) + token * values.stride(1);
    }

    @Override
    public boolean perExpert() {
      return values.rank() == 3;
    }
  }

  static UniformNumbers of(Randomness randomness, GatingInput input, GatingOptions options) {
    return switch (randomness) {
      case Randomness.Seeded(long seed, long stream, long firstToken) ->
          new Drawn(new Philox(seed), stream, firstToken, input.groupSize());
      case Randomness.Given given -> listed(given, input, options);
    };
  }

  private static UniformNumbers listed(
      Randomness.Given given, GatingInput input, GatingOptions options) {
    Shape wanted = Shape.of(input.groups(), input.groupSize());
    boolean perExpert =
        options.secondChoice() instanceof SecondChoice.Sample && given.uniform().rank() == 3;
    if (perExpert) {
      Checks.shape(
          "randomness: uniform numbers", "[G, S, E]", input.scores().shape(), given.uniform());
    } else {
      Checks.shape("randomness: uniform numbers", "[G, S]", wanted, given.uniform());
    }
    for (double value : given.uniform().toDoubleArray()) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(
            "randomness: uniform numbers in [0, 1) are wanted, got " + value);
      }
    }
    return new Given(given.uniform());
  }
}
