package io.github.shardsum.cli.differ;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Value;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Disagreement.Outcome;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A disagreement as JSON. */
final class DifferJson {
  private DifferJson() {}

  /**
   * {@code
   * {"seed":..,"mesh":..,"difference":..,"statement":..,"right":..,"program":..,"inputs":{NAME:{"type":..,
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
            .put("statement", found.statement().orElse(""))
            .put("right", right)
            .put("program", found.smallest().program().toString());
    List<Value> outputs = found.smallest().program().outputs();
    RunnerLines.put(
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
   * {@code
   * {"programs":..,"skipped":..,"mesh":..,"seed":..,"disagreements":..,"kinds":[[SEED,..],..]}}.
   *
   * @param kinds the seeds of the disagreements of each kind
   */
  static String summary(long programs, long skipped, Mesh mesh, long seed, List<List<Long>> kinds) {
    ObjectNode answer =
        JsonAnswer.object()
            .put("programs", programs)
            .put("skipped", skipped)
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
            () -> RunnerLines.put(side, outputs, outcome.outputs()));
  }
}
