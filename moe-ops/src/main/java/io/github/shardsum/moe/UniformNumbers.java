package io.github.shardsum.moe;

import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Shape;

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

  /** Given by the caller: {@code [G, S, count]}, count being 1 or E. */
  record Listed(double[] values, int groupSize, int count, boolean perExpert)
      implements UniformNumbers {
    @Override
    public double of(int group, int token) {
      return of(group, token, 0);
    }

    @Override
    public double of(int group, int token, int expert) {
      return values[(group * groupSize + token) * count + expert];
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
    double[] values = given.uniform().toDoubleArray();
    for (double value : values) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(
            "randomness: uniform numbers in [0, 1) are wanted, got " + value);
      }
    }
    int count = perExpert ? Math.toIntExact(input.experts()) : 1;
    return new Listed(values, Math.toIntExact(input.groupSize()), count, perExpert);
  }
}
