package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.moe.MoeTotals.StepTotal;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.ops.KernelInfo;
import java.util.HexFormat;
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
    answer.set("sizes", JsonAnswer.tree(outcome.passForm().sizes()));
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
    answer.set("machine", JsonAnswer.tree(limits));
    ArrayNode steps = answer.putArray("steps");
    for (MoeLayerStep step : MoeLayerStep.values()) {
      StepTotal total = totals.step(step);
      steps
          .addObject()
          .put("equation", step.equation(outcome.passForm()))
          .setAll(JsonAnswer.object(total));
    }
    answer.set("load", JsonAnswer.tree(totals.load()));
    answer.set("placed", JsonAnswer.tree(totals.placed()));
    answer
        .put("tokens", totals.tokens())
        .put("dropped", totals.dropped())
        .put("overflow", totals.overflow())
        .put("auxLoss", totals.meanAuxLoss())
        .put("checksum", HexFormat.of().toHexDigits((int) outcome.checksum()));
    answer
        .putObject("check")
        .put("passed", outcome.check().passed())
        .setAll(JsonAnswer.object(outcome.check()));
    outcome
        .backward()
        .ifPresent(
            found ->
                answer
                    .putObject("backward")
                    .put("passed", found.passed())
                    .setAll(JsonAnswer.object(found)));
    return JsonAnswer.text(answer);
  }
}
