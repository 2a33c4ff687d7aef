package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.GatingMetrics;
import io.github.shardsum.moe.MoePass;
import io.github.shardsum.moe.MoeStep;
import io.github.shardsum.moe.MoeStepTime;
import java.util.EnumMap;
import java.util.Map;

/** Sums over the passes of a run. */
final class MoeTotals {
  /**
   * Sums for one einsum.
   *
   * @param flops FLOPs done
   * @param denseFlops FLOPs of the literal dense einsum
   * @param bytes bytes read and written at least
   * @param seconds wall time
   */
  record StepTotal(double flops, double denseFlops, double bytes, double seconds) {
    static final StepTotal ZERO = new StepTotal(0, 0, 0, 0);

    StepTotal plus(MoeStepTime time) {
      return new StepTotal(
          flops + time.flops(),
          denseFlops + time.denseFlops(),
          bytes + time.bytes(),
          seconds + time.nanos() / 1e9);
    }
  }

  private final Map<MoeStep, StepTotal> steps = new EnumMap<>(MoeStep.class);
  private final long[] load;
  private final long[] placed;
  private double auxLoss;
  private long passes;
  private long groups;
  private long routedRows;
  private long tokens;
  private long dropped;
  private long overflow;
  private double routingSeconds;

  MoeTotals(int experts) {
    load = new long[experts];
    placed = new long[experts];
    for (MoeStep step : MoeStep.values()) {
      steps.put(step, StepTotal.ZERO);
    }
  }

  void add(MoePass pass) {
    GatingMetrics metrics = pass.routing().metrics();
    pass.steps()
        .forEach(time -> steps.merge(time.step(), StepTotal.ZERO, (sum, _) -> sum.plus(time)));
    long[] asked = metrics.load().toLongArray();
    for (int i = 0; i < asked.length; i++) {
      load[i % load.length] += asked[i];
      placed[i % load.length] += Math.min(asked[i], pass.routing().capacity());
    }
    for (double loss : metrics.auxLoss().toDoubleArray()) {
      auxLoss += loss;
    }
    passes++;
    groups += pass.sizes().groups();
    routedRows += pass.routing().routedRows();
    tokens += metrics.tokens();
    dropped += metrics.tokensDropped();
    overflow += metrics.overflow();
    routingSeconds += pass.routingNanos() / 1e9;
  }

  StepTotal step(MoeStep step) {
    return steps.getOrDefault(step, StepTotal.ZERO);
  }

  /** Slots that tokens asked for at each expert. */
  long[] load() {
    return load.clone();
  }

  /** Of these, those within the capacity. */
  long[] placed() {
    return placed.clone();
  }

  double meanAuxLoss() {
    return groups == 0 ? 0 : auxLoss / groups;
  }

  long passes() {
    return passes;
  }

  long groups() {
    return groups;
  }

  long routedRows() {
    return routedRows;
  }

  long tokens() {
    return tokens;
  }

  long dropped() {
    return dropped;
  }

  long overflow() {
    return overflow;
  }

  double routingSeconds() {
    return routingSeconds;
  }
}
