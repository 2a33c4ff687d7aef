package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.moe.MoeTotals.StepTotal;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.ops.KernelInfo;
import java.util.HexFormat;
import java.util.stream.LongStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the results of a run as JSON. */
final class MoeJson {
  private MoeJson() {}

  /**
   * {@code
   * {"text":..,"sizes":{..},"route":..,"activation":..,"bias":..,"run":{..},"machine":{..},"steps":[..],"load":[..],"placed":[..],
   * "tokens":..,..,"check":{..}}}, and {@code "backward":{..}} of a run with it; FLOPs, bytes and
   * seconds without prefixes.
   */
  static String of(MoeOutcome outcome, MachineLimits limits) {
    MoeTotals totals = outcome.totals();
    ObjectNode answer =
        JsonAnswer.object().put("text", outcome.text()).put("bytes", outcome.bytes());
    sizes(answer.putObject("sizes"), outcome.passForm().sizes());
    answer
        .put("route", outcome.job().options().toString())
        .put("activation", outcome.job().activation().toString())
        .put("bias", outcome.job().biased());
    answer
        .putObject("run")
        .put("groups", totals.groups())
        .put("passes", totals.passes())
        .put("seed", outcome.job().seed())
        .put("threads", outcome.job().threads())
        .put("seconds", outcome.seconds())
        .put("layerSeconds", totals.seconds())
        .put("routeSeconds", totals.routingSeconds())
        .put("kernels", KernelInfo.current().toString());
    answer
        .putObject("machine")
        .put("multiplyAddFlops", limits.multiplyAddFlops())
        .put("copyBytes", limits.copyBytes())
        .put("threads", limits.threads());
    ArrayNode steps = answer.putArray("steps");
    for (MoeLayerStep step : MoeLayerStep.values()) {
      StepTotal total = totals.step(step);
      steps
          .addObject()
          .put("equation", step.equation(outcome.passForm()))
          .put("flops", total.flops())
          .put("denseFlops", total.denseFlops())
          .put("bytes", total.bytes())
          .put("seconds", total.seconds());
    }
    LongStream.of(totals.load()).forEach(answer.putArray("load")::add);
    LongStream.of(totals.placed()).forEach(answer.putArray("placed")::add);
    answer
        .put("tokens", totals.tokens())
        .put("dropped", totals.dropped())
        .put("overflow", totals.overflow())
        .put("auxLoss", totals.meanAuxLoss())
        .put("checksum", HexFormat.of().toHexDigits((int) outcome.checksum()));
    check(answer.putObject("check"), outcome.check());
    outcome
        .backward()
        .ifPresent(
            found ->
                answer
                    .putObject("backward")
                    .put("passed", found.passed())
                    .put("passes", found.passes())
                    .put("seconds", found.seconds())
                    .put("flops", found.flops())
                    .put("share", found.share()));
    return JsonAnswer.text(answer);
  }

  private static void sizes(ObjectNode node, MoeSizes sizes) {
    node.put("groups", sizes.groups())
        .put("tokens", sizes.tokens())
        .put("experts", sizes.experts())
        .put("capacity", sizes.capacity())
        .put("model", sizes.model())
        .put("hidden", sizes.hidden());
  }

  private static void check(ObjectNode node, MoeCheckResult check) {
    node.put("passed", check.passed())
        .put("tokens", check.tokens())
        .put("groups", check.groups())
        .put("outputs", check.outputs())
        .put("wrongRoutes", check.wrongRoutes())
        .put("largestError", check.largestError())
        .put("worstShare", check.worstShare());
  }
}
