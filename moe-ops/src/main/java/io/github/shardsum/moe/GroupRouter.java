package io.github.shardsum.moe;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;

/**
 * Routes one group, a stage at a time: the one arithmetic of {@link Gating} and of the kernels of
 * programs, so that both give the same bits. In f64, {@link StrictMath} and sums in index order.
 */
final class GroupRouter {
  /** Small enough for the sum of any number of gates, and a power of two, which changes no bit. */
  static final double SMALL = 0x1p-32;

  private GroupRouter() {}

  /** Gates and, where tokens choose, their choices and the load of each expert. */
  static void choose(GroupRouting routing, RouterScores scores, UniformNumbers uniform, int group) {
    RouterSetup setup = routing.setup();
    GroupGates.fill(routing, scores, group);
    Arrays.fill(routing.firstChoices(), 0, setup.experts(), 0);
    Arrays.fill(routing.load(), 0, setup.experts(), 0);
    if (!setup.expertsChoose()) {
      TokenChoosing.choose(routing, uniform, group);
    }
  }

  /** Gives choices their slots and, where experts choose, lets them take their tokens. */
  static void place(GroupRouting routing, int capacity) {
    if (routing.setup().expertsChoose()) {
      ExpertChoosing.place(routing, capacity);
    } else {
      SlotPlacing.place(routing, capacity);
    }
  }

  /**
   * Divides the gates of each token that found a slot by their sum, where that is asked for, and
   * leaves as weights what the dtype can hold. A weight of zero empties its slot: the dispatch mask
   * is where weights are not zero.
   */
  static void weigh(GroupRouting routing, DType dtype) {
    int slots = routing.slots();
    for (int token = 0; token < routing.tokens(); token++) {
      double unit = unit(routing, token);
      double divisor = divisor(routing, token, unit);
      for (int at = token * slots; at < (token + 1) * slots; at++) {
        boolean sent = routing.positions()[at] >= 0 && divisor != 0;
        double weight = sent ? routing.chosenGate(at) * unit / divisor : 0;
        boolean zero = roundsToZero(weight, dtype);
        routing.weights()[at] = zero ? 0 : weight;
        routing.positions()[at] = zero ? -1 : routing.positions()[at];
      }
    }
  }

  /**
   * What gates are multiplied by, so that their sum is finite where they are: 1 wherever it can be.
   */
  static double unit(double sum) {
    return Double.isInfinite(sum) ? SMALL : 1;
  }

  /** As {@link #unit(double)}, of a token. */
  static double unit(GroupRouting routing, int token) {
    return unit(divisor(routing, token, 1));
  }

  /**
   * What a token's gates, each times a unit, are divided by, once slots are given out and before
   * they are weighed.
   */
  static double divisor(GroupRouting routing, int token, double unit) {
    GatingOptions options = routing.setup().options();
    if (options.normalization() == Normalization.NONE) {
      return 1;
    }
    double sum = 0;
    for (int at = token * routing.slots(); at < (token + 1) * routing.slots(); at++) {
      sum += isInDivisor(routing, at) ? routing.chosenGate(at) * unit : 0;
    }
    return sum + options.normalizationEpsilon() * unit;
  }

  static boolean isInDivisor(GroupRouting routing, int at) {
    return routing.positions()[at] >= 0
        || routing.setup().options().normalization() == Normalization.BEFORE_DROPPING;
  }

  private static boolean roundsToZero(double weight, DType dtype) {
    return switch (dtype) {
      case F64 -> weight == 0;
      case BF16 -> (Bf16.fromDouble(weight) & 0x7fff) == 0;
      default -> (float) weight == 0;
    };
  }

  /** The load-balancing loss. */
  static double auxLoss(GroupRouting routing) {
    RouterSetup setup = routing.setup();
    AuxLoss how = setup.options().auxLoss();
    double divisor = routing.divisor(how.mean());
    if (divisor == 0 || setup.expertsChoose()) {
      return 0;
    }
    double sum = 0;
    for (int expert = 0; expert < setup.experts(); expert++) {
      sum += share(routing, expert) / divisor * (routing.gateSums()[expert] / divisor);
    }
    return sum * scale(how, setup.experts());
  }

  /** Of an expert the choices that the loss counts. */
  static double share(GroupRouting routing, int expert) {
    GatingOptions options = routing.setup().options();
    return switch (options.auxLoss().choices()) {
      case FIRST -> routing.firstChoices()[expert];
      case ALL -> routing.load()[expert];
      case ALL_OVER_K -> (double) routing.load()[expert] / options.router().choices();
    };
  }

  static double scale(AuxLoss how, int experts) {
    return switch (how.scale()) {
      case MEAN -> 1.0 / experts;
      case SQUARED_EXPERTS -> experts;
    };
  }
}
