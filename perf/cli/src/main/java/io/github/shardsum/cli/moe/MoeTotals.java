package io.github.shardsum.cli.moe;

import io.github.shardsum.backend.StepTime;
import io.github.shardsum.tensor.DType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Sums over the passes of a run. */
final class MoeTotals {
  /**
   * Sums for one step.
   *
   * @param flops FLOPs done
   * @param denseFlops FLOPs of the einsums of algorithm 2
   * @param bytes the least bytes that must be read and written
   * @param seconds wall time
   */
  record StepTotal(double flops, double denseFlops, double bytes, double seconds) {
    static final StepTotal ZERO = new StepTotal(0, 0, 0, 0);

    StepTotal plus(MoeLayerStep step, MoeLayerForm form, long routedRows) {
      return new StepTotal(
          flops + step.flops(form, routedRows),
          denseFlops + step.denseFlops(form),
          bytes + step.elementsMoved(form) * DType.F32.byteSize(),
          seconds);
    }

    StepTotal plus(double more) {
      return new StepTotal(flops, denseFlops, bytes, seconds + more);
    }
  }

  private final Map<MoeLayerStep, StepTotal> steps = new EnumMap<>(MoeLayerStep.class);
  private final long[] load;
  private final long[] placed;
  private double auxLoss;
  private long passes;
  private long groups;
  private long routedRows;
  private long tokens;
  private long dropped;
  private long overflow;
  private double seconds;
  private double literalFlops;

  MoeTotals(int experts) {
    load = new long[experts];
    placed = new long[experts];
    for (MoeLayerStep step : MoeLayerStep.values()) {
      steps.put(step, StepTotal.ZERO);
    }
  }

  void add(MoePass pass) {
    long rows = pass.routedRows();
    steps.replaceAll((step, sum) -> sum.plus(step, pass.form(), rows));
    long[] asked = pass.result().asked().toLongArray();
    long[] sent = pass.result().placed().toLongArray();
    for (int i = 0; i < asked.length; i++) {
      load[i % load.length] += asked[i];
      placed[i % load.length] += sent[i];
    }
    for (double loss : pass.result().auxLoss().toDoubleArray()) {
      auxLoss += loss;
    }
    passes++;
    groups += pass.form().sizes().groups();
    routedRows += rows;
    literalFlops += MoeLayerStep.literalFlops(pass.form());
    tokens += pass.batch().count();
    dropped += pass.dropped();
    overflow += LongStream.of(pass.result().overflow().toLongArray()).sum();
    seconds += pass.nanos() / 1e9;
  }

  /** Adds or subtracts the times of an executable's steps. */
  void addTimes(List<StepTime> profile, int sign) {
    for (StepTime time : profile) {
      steps.replaceAll(
          (step, sum) ->
              step.isMadeBy(time.results()) ? sum.plus(sign * time.nanoseconds() / 1e9) : sum);
    }
  }

  StepTotal step(MoeLayerStep step) {
    return steps.getOrDefault(step, StepTotal.ZERO);
  }

  /** The number of choices that name each expert. */
  long[] load() {
    return load.clone();
  }

  /** Tokens that each expert got. */
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

  /** FLOPs of algorithm 2's dispatch as a dense product; its combine has as many. */
  double literalFlops() {
    return literalFlops;
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

  /** Wall time of all passes. */
  double seconds() {
    return seconds;
  }

  /** Wall time outside the products: the route, its random numbers and losses. */
  double routingSeconds() {
    return seconds - steps.values().stream().mapToDouble(StepTotal::seconds).sum();
  }
}
