package io.github.shardsum.moe;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.routing.gradient}: routes again, which costs less than keeping the
 * gates, and goes back from the cotangents of weights and losses to the scores. Choices and slots
 * have no gradient.
 *
 * @param forward the routing
 */
record RoutingGradientKernel(RoutingKernel forward) implements CompositeKernel {

  static Optional<CompositeKernel> of(Composite composite) {
    return Optional.of(new RoutingGradientKernel(RoutingKernel.routing(composite)));
  }

  @Override
  public double flops() {
    RouterSetup setup = forward.setup();
    return forward.flops() + 6.0 * forward.groups() * setup.tokens() * setup.experts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    long own = 2L * Double.BYTES * forward.setup().experts();
    long threads = Math.min(workers.parallelism(), Math.max(1, forward.groups()));
    return forward.scratchBytes(workers) + own * threads;
  }

  /** Cotangents of the floating results, after the operands of the routing. */
  private record Cotangents(Tensor weights, Tensor auxLoss, Tensor squaredLogZ) {
    static Cotangents of(List<Tensor> operands) {
      int count = operands.size();
      return new Cotangents(
          operands.get(count - 3), operands.get(count - 2), operands.get(count - 1));
    }

    double weight(int group, int token, int slot) {
      return MoeElements.get(weights, RoutingKernel.at(weights, group, token, slot));
    }

    static double of(Tensor losses, int group) {
      return MoeElements.get(losses, RoutingKernel.at(losses, group));
    }
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    RouterScores scores = forward.scores(operands);
    UniformNumbers uniform = forward.uniform(operands);
    Cotangents cotangents = Cotangents.of(operands);
    Tensor out = results.getFirst();
    workers.run(
        Math.toIntExact(forward.groups()),
        (group, scratch) ->
            new Group(forward.place(scratch, scores, uniform, group), scratch, cotangents, group)
                .run(scores, out));
    for (Tensor none : results.subList(1, results.size())) {
      none.assign(Tensor.zeros(none.dtype()).broadcastTo(none.shape()));
    }
  }

  /** One group's way back. */
  private static final class Group {
    private final GroupRouting routing;
    private final GatingOptions options;
    private final Cotangents cotangents;
    private final int group;
    private final int experts;
    private final double[] gradient;
    private final double[] gates;

    Group(GroupRouting routing, Scratch scratch, Cotangents cotangents, int group) {
      this.routing = routing;
      this.options = routing.setup().options();
      this.cotangents = cotangents;
      this.group = group;
      this.experts = routing.setup().experts();
      this.gradient = scratch.doubles(GroupRouting.freeDoubles(), experts);
      this.gates = scratch.doubles(GroupRouting.freeDoubles() + 1, experts);
    }

    void run(RouterScores scores, Tensor out) {
      double zLoss = Cotangents.of(cotangents.squaredLogZ(), group);
      for (int token = 0; token < routing.tokens(); token++) {
        gates(scores, token);
        byLoss(token);
        byWeights(token);
        if (routing.setup().kind() == GatingInput.Kind.LOGITS) {
          throughSoftmax(2 * zLoss * routing.logZ()[token]);
        }
        for (int expert = 0; expert < experts; expert++) {
          long at = RoutingKernel.at(out, group, token, expert);
          MoeElements.set(out, at, gradient[expert]);
        }
      }
    }

    /** The gates of a token; those of padding are not in the routing, but a loss may count them. */
    private void gates(RouterScores scores, int token) {
      boolean counted =
          options.auxLoss().mean() == MaskedMean.UNMASKED || options.zLoss() == MaskedMean.UNMASKED;
      if (routing.real()[token] == 0 && counted) {
        scores.read(group, token, gates, 0);
        if (routing.setup().kind() == GatingInput.Kind.LOGITS) {
          GroupGates.softmax(gates, 0, experts);
        }
        return;
      }
      System.arraycopy(routing.gates(), token * experts, gates, 0, experts);
    }

    private void byLoss(int token) {
      AuxLoss loss = options.auxLoss();
      double divisor = routing.divisor(loss.mean());
      boolean counted = routing.real()[token] != 0 || loss.mean() == MaskedMean.UNMASKED;
      Arrays.fill(gradient, 0, experts, 0);
      if (counted && divisor != 0 && !routing.setup().expertsChoose()) {
        double scale =
            Cotangents.of(cotangents.auxLoss(), group) * GroupRouter.scale(loss, experts) / divisor;
        for (int expert = 0; expert < experts; expert++) {
          gradient[expert] = scale * (GroupRouter.share(routing, expert) / divisor);
        }
      }
    }

    private void byWeights(int token) {
      double unit = GroupRouter.unit(routing, token);
      double divisor = GroupRouter.divisor(routing, token, unit);
      if (divisor == 0) {
        return;
      }
      int slots = routing.slots();
      double dot = 0;
      for (int slot = 0; slot < slots; slot++) {
        int at = token * slots + slot;
        if (routing.positions()[at] >= 0) {
          double cotangent = cotangents.weight(group, token, slot);
          gradient[routing.experts()[at]] += cotangent * unit / divisor;
          dot += cotangent * (routing.chosenGate(at) * unit);
        }
      }
      if (options.normalization() == Normalization.NONE) {
        return;
      }
      double shared = dot / divisor * unit / divisor;
      for (int at = token * slots; at < (token + 1) * slots; at++) {
        if (routing.experts()[at] >= 0 && GroupRouter.isInDivisor(routing, at)) {
          gradient[routing.experts()[at]] -= shared;
        }
      }
    }

    /** From cotangents of gates to those of logits; that of the logsumexp is added. */
    private void throughSoftmax(double logZ) {
      double mean = 0;
      for (int expert = 0; expert < experts; expert++) {
        mean += gradient[expert] * gates[expert];
      }
      for (int expert = 0; expert < experts; expert++) {
        gradient[expert] = gates[expert] * (gradient[expert] - mean + logZ);
      }
    }
  }
}
