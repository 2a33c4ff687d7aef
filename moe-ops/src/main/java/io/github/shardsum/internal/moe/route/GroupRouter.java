package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;

/**
 * Routes one group, one stage at a time. {@link io.github.shardsum.moe.Route#of} and the kernels of
 * programs share this arithmetic, so both give the same bits. It is in f64, with {@link
 * io.github.shardsum.ops.MathFunction} and sums in index order.
 */
public final class GroupRouter {
  /**
   * The factor for large gates. It is so small that the sum of any number of gates is finite, and a
   * power of two, so that it changes no fraction bit.
   */
  public static final double SMALL = 0x1p-32;

  private GroupRouter() {}

  /** Computes the gates and, if tokens choose, their choices and the load of each expert. */
  public static void choose(GroupRoute route, RouteOperands operands, int group) {
    GroupRoute.Setup setup = route.setup();
    Arrays.fill(route.gateSums(), 0, setup.experts(), 0);
    Arrays.fill(route.firstChoices(), 0, setup.experts(), 0);
    Arrays.fill(route.load(), 0, setup.experts(), 0);
    Gates gates = new Gates(route, operands, group);
    TokenRouter router = new TokenRouter(route, operands, group);
    int block = setup.blockTokens();
    for (int first = 0; first < setup.tokens(); first += block) {
      int count = Math.min(block, setup.tokens() - first);
      gates.make(first, count);
      gates.addToSums(first, count);
      if (!setup.expertsChoose()) {
        router.choose(first, count);
      }
    }
  }

  /** Gives choices their slots; if experts choose, lets them take their tokens. */
  public static void place(GroupRoute route, RouteOperands operands, int group, int capacity) {
    if (route.setup().expertsChoose()) {
      new ExpertRouter(route, operands, group).place(capacity);
    } else {
      Slots.place(route, capacity);
    }
  }

  /**
   * Computes the weights of choices that found a slot. Their gates are divided by the token's sum
   * if the options normalize. A weight that would be zero in the dtype of the weights empties its
   * slot, because the dispatch mask is 1 exactly where weights are not zero.
   */
  public static void weigh(GroupRoute route, DType dtype) {
    int slots = route.slots();
    Arrays.fill(route.placed(), 0, route.setup().experts(), 0);
    for (int token = 0; token < route.tokens(); token++) {
      double unit = unit(route, token);
      double divisor = divisor(route, token, unit);
      for (int at = token * slots; at < (token + 1) * slots; at++) {
        boolean sent = route.positions()[at] >= 0 && divisor != 0;
        double weight = sent ? route.chosenGate(at) * unit / divisor : 0;
        boolean zero = roundsToZero(weight, dtype);
        route.weights()[at] = zero ? 0 : weight;
        if (zero) {
          route.positions()[at] = -1;
        } else {
          route.placed()[route.experts()[at]]++;
        }
      }
    }
  }

  /**
   * A factor of gates that keeps their sum finite if all of them are finite; it is 1 whenever
   * possible.
   */
  public static double unit(double sum) {
    return Double.isInfinite(sum) ? SMALL : 1;
  }

  /** As {@link #unit(double)}, for the gates of a token. */
  public static double unit(GroupRoute route, int token) {
    return unit(divisor(route, token, 1));
  }

  /**
   * The divisor of a token's gates after slots are given out, if each gate is multiplied by the
   * unit.
   */
  public static double divisor(GroupRoute route, int token, double unit) {
    RouteOptions options = route.setup().options();
    if (options.normalization() == Normalization.NONE) {
      return 1;
    }
    double sum = 0;
    for (int at = token * route.slots(); at < (token + 1) * route.slots(); at++) {
      sum += isInDivisor(route, at) ? route.chosenGate(at) * unit : 0;
    }
    return sum + options.normalizationEpsilon() * unit;
  }

  public static boolean isInDivisor(GroupRoute route, int at) {
    return route.positions()[at] >= 0
        || route.setup().options().normalization() == Normalization.BEFORE_DROPPING;
  }

  private static boolean roundsToZero(double weight, DType dtype) {
    return switch (dtype) {
      case F64 -> weight == 0;
      case BF16 -> (Bf16.fromDouble(weight) & 0x7fff) == 0;
      default -> (float) weight == 0;
    };
  }

  /** The load-balancing loss. */
  public static double auxLoss(GroupRoute route) {
    GroupRoute.Setup setup = route.setup();
    AuxLoss how = setup.options().auxLoss();
    double divisor = route.divisor(how.mean());
    if (divisor == 0 || setup.expertsChoose()) {
      return 0;
    }
    double sum = 0;
    for (int expert = 0; expert < setup.experts(); expert++) {
      sum += share(route, expert) / divisor * (route.gateSums()[expert] / divisor);
    }
    return sum * scale(how, setup.experts());
  }

  /** The number of choices of an expert that the loss counts. */
  public static double share(GroupRoute route, int expert) {
    RouteOptions options = route.setup().options();
    return switch (options.auxLoss().choices()) {
      case FIRST -> route.firstChoices()[expert];
      case ALL -> route.load()[expert];
      case ALL_OVER_K -> (double) route.load()[expert] / options.router().choices();
    };
  }

  public static double scale(AuxLoss how, int experts) {
    return switch (how.scale()) {
      case MEAN -> 1.0 / experts;
      case SQUARED_EXPERTS -> experts;
    };
  }
}
