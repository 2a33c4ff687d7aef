package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.Gates;
import io.github.shardsum.internal.moe.route.GroupRoute;
import io.github.shardsum.internal.moe.route.GroupRouter;
import io.github.shardsum.internal.moe.route.RouteOperands;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.GateFunction;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The kernel of {@code moe.route.gradient}. It computes the route again, which costs less than
 * keeping the gates. Then it computes the cotangents of the scores from those of weights and
 * losses. Choices and slots have no gradient.
 */
public record RouteGradientKernel(RouteKernel forward) implements CompositeKernel {

  /** The kernel of a composite. */
  public static Optional<CompositeKernel> of(Composite composite) {
    return Optional.of(new RouteGradientKernel(RouteKernel.forward(composite)));
  }

  /** The order of sums is fixed, as in the route. */
  @Override
  public Optional<CompositeKernel> in(SumOrder sums) {
    return Optional.of(this);
  }

  @Override
  public double flops() {
    GroupRoute.Setup setup = forward.setup();
    return forward.flops() + 6.0 * forward.groups() * setup.tokens() * setup.experts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    long own = 2L * Double.BYTES * forward.setup().experts();
    long threads = Math.min(workers.threads(), Math.max(1, forward.groups()));
    return forward.scratchBytes(workers) + own * threads;
  }

  /**
   * The cotangents of the floating results: the last three operands that are not the route's start.
   */
  private record Cotangents(
      TokenElements weights, TokenElements auxLoss, TokenElements squaredLogZ) {
    static Cotangents of(List<Tensor> operands, OptionalInt start) {
      int last = operands.size() - 1;
      int count = start.isPresent() && start.getAsInt() == last ? last : last + 1;
      return new Cotangents(
          TokenElements.of(operands.get(count - 3)),
          TokenElements.of(operands.get(count - 2)),
          TokenElements.of(operands.get(count - 1)));
    }
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    RouteOperands given = forward.operands(operands);
    Cotangents cotangents = Cotangents.of(operands, forward.start());
    TokenElements out = TokenElements.of(results.getFirst());
    workers.run(
        Math.toIntExact(forward.groups()),
        (group, scratch) ->
            new Group(forward.place(scratch, given, group), given, scratch, cotangents, group)
                .run(out));
    for (Tensor none : results.subList(1, results.size())) {
      none.assign(Tensor.zeros(none.dtype()).broadcastTo(none.shape()));
    }
  }

  /** The backward pass of one group. */
  private static final class Group {
    private final GroupRoute route;
    private final RouteOptions options;
    private final Cotangents cotangents;
    private final int group;
    private final int experts;
    private final Gates gates;
    private final double[] gradient;
    private final double[] softmax;

    /** Index of the token's row in the buffer of gates. */
    private int row;

    Group(
        GroupRoute route,
        RouteOperands operands,
        Scratch scratch,
        Cotangents cotangents,
        int group) {
      this.route = route;
      this.options = route.setup().options();
      this.cotangents = cotangents;
      this.group = group;
      this.experts = route.setup().experts();
      this.gates = new Gates(route, operands, group);
      this.gradient = scratch.doubles(GroupRoute.freeDoubles(), experts);
      this.softmax = scratch.doubles(GroupRoute.freeDoubles() + 1, experts);
    }

    void run(TokenElements out) {
      double zLoss = cotangents.squaredLogZ().get(group, 0);
      int block = route.setup().blockTokens();
      for (int first = 0; first < route.tokens(); first += block) {
        int count = Math.min(block, route.tokens() - first);
        gates.make(first, count);
        for (int i = 0; i < count; i++) {
          row = i * experts;
          byLoss(first + i);
          byWeights(first + i);
          if (route.setup().kind() == RouteInput.Kind.LOGITS) {
            toLogits(first + i, 2 * zLoss * route.logZ()[first + i]);
          }
          out.store(group, first + i, gradient, 0);
        }
      }
    }

    private void toLogits(int token, double logZ) {
      switch (options.gateFunction()) {
        case SOFTMAX -> throughSoftmax(logZ);
        case SIGMOID -> throughSigmoid(token, logZ);
      }
    }

    private void byLoss(int token) {
      AuxLoss loss = options.auxLoss();
      double divisor = route.divisor(loss.mean());
      boolean counted = route.isReal(token) || loss.mean() == MaskedMean.UNMASKED;
      Arrays.fill(gradient, 0, experts, 0);
      if (!counted || divisor == 0 || route.setup().expertsChoose()) {
        return;
      }
      double whole = gates.whole(route.gates(), row);
      if (whole == 0) {
        return;
      }
      double scale =
          cotangents.auxLoss().get(group, 0) * GroupRouter.scale(loss, experts) / divisor / whole;
      double mean = 0;
      for (int expert = 0; expert < experts; expert++) {
        gradient[expert] = scale * (GroupRouter.share(route, expert) / divisor);
        mean += gradient[expert] * route.gates()[row + expert];
      }
      if (options.gateFunction() == GateFunction.SIGMOID) {
        for (int expert = 0; expert < experts; expert++) {
          gradient[expert] -= mean / whole;
        }
      }
    }

    private void byWeights(int token) {
      double unit = GroupRouter.unit(route, token);
      double divisor = GroupRouter.divisor(route, token, unit);
      if (divisor == 0) {
        return;
      }
      int slots = route.slots();
      double dot = 0;
      for (int slot = 0; slot < slots; slot++) {
        int at = token * slots + slot;
        if (route.positions()[at] >= 0) {
          double cotangent = cotangents.weights().get(group, token, slot);
          gradient[route.experts()[at]] += cotangent * unit / divisor;
          dot += cotangent * (route.chosenGate(at) * unit);
        }
      }
      if (options.normalization() == Normalization.NONE) {
        return;
      }
      double shared = dot / divisor * unit / divisor;
      for (int at = token * slots; at < (token + 1) * slots; at++) {
        if (route.experts()[at] >= 0 && GroupRouter.isInDivisor(route, at)) {
          gradient[route.experts()[at]] -= shared;
        }
      }
    }

    /**
     * Turns cotangents of gates into cotangents of logits, and adds the cotangent of the logsumexp.
     */
    private void throughSoftmax(double logZ) {
      double mean = 0;
      for (int expert = 0; expert < experts; expert++) {
        mean += gradient[expert] * route.gates()[row + expert];
      }
      for (int expert = 0; expert < experts; expert++) {
        gradient[expert] = route.gates()[row + expert] * (gradient[expert] - mean + logZ);
      }
    }

    private void throughSigmoid(int token, double logZ) {
      for (int expert = 0; expert < experts; expert++) {
        double gate = route.gates()[row + expert];
        gradient[expert] *= gate * (1 - gate);
      }
      if (logZ != 0) {
        gates.softmax(token, softmax);
        for (int expert = 0; expert < experts; expert++) {
          gradient[expert] += logZ * softmax[expert];
        }
      }
    }
  }
}
