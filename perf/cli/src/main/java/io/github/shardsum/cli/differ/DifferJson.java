package io.github.shardsum.cli.differ;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Value;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Disagreement.Outcome;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A disagreement as JSON. */
final class DifferJson {
  private DifferJson() {}

  /**
   * {@code {"seed":..,"mesh":..,"difference":..,"right":..,"program":..,"inputs":{NAME:{"type":..,
   * "elements":[..]}},"expected":{NAME:..},"got":{..},"stablehlo":..}}; a side that failed has
   * {@code {"failure":..}}.
   *
   * @param right the side that agrees with the reference evaluator
   */
  static String of(Disagreement found, Mesh mesh, String right) {
    ObjectNode answer =
        JsonAnswer.object()
            .put("seed", found.seed())
            .put("mesh", mesh.notation())
            .put("difference", found.difference())
            .put("right", right)
            .put("program", found.smallest().program().toString());
    List<Value> outputs = found.smallest().program().outputs();
    tensors(
        answer.putObject("inputs"), found.smallest().program().inputs(), found.smallest().inputs());
    outcome(answer.putObject("expected"), outputs, found.expected());
    outcome(answer.putObject("got"), outputs, found.given());
    answer.put(
        "stablehlo",
        StableHlo.of(
                found.smallest().program(),
                LoweringOptions.defaults().withFullPrecision().withMesh(mesh))
            .text());
    return JsonAnswer.text(answer);
  }

  /**
   * {@code {"programs":..,"mesh":..,"seed":..,"disagreements":..,"kinds":[[SEED,..],..]}}.
   *
   * @param kinds the seeds of the disagreements of each kind
   */
  static String summary(long programs, Mesh mesh, long seed, List<List<Long>> kinds) {
    ObjectNode answer =
        JsonAnswer.object()
            .put("programs", programs)
            .put("mesh", mesh.notation())
            .put("seed", seed)
            .put("disagreements", kinds.stream().mapToLong(List::size).sum());
    ArrayNode all = answer.putArray("kinds");
    for (List<Long> seeds : kinds) {
      ArrayNode same = all.addArray();
      seeds.forEach(same::add);
    }
    return JsonAnswer.text(answer);
  }

  private static void outcome(ObjectNode side, List<Value> outputs, Outcome outcome) {
    outcome
        .failure()
        .ifPresentOrElse(
            failure ->
                side.put(
                    "failure", failure.getClass().getSimpleName() + ": " + failure.getMessage()),
            () -> tensors(side, outputs, outcome.outputs()));
  }

  private static void tensors(ObjectNode all, List<Value> values, List<Tensor> tensors) {
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      ObjectNode tensor = all.putObject(value.name()).put("type", value.type().toString());
      elements(tensor.putArray("elements"), tensors.get(i));
    }
  }

  /** Elements in row-major order; NaN and infinities, which JSON does not have, are texts. */
  private static void elements(ArrayNode elements, Tensor tensor) {
    if (!tensor.dtype().isFloating()) {
      for (long element : tensor.toLongArray()) {
        elements.add(element);
      }
      return;
    }
    for (double element : tensor.toDoubleArray()) {
      if (Double.isFinite(element)) {
        elements.add(element);
      } else {
        elements.add(Double.toString(element));
      }
    }
  }
}
