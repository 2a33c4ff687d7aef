package io.github.shardsum.cli.plan;

import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a request of planning.
 *
 * @param title the planned program or equation
 * @param plan the plan
 * @param options the options that it was chosen by
 * @param notes lines that follow the plan's table
 * @param certificate the checker's proof, if requested
 * @param beside the comparison with XLA's collectives, if requested
 * @param equal whether a run of the plan gave the results of a run without layouts, if it was run
 */
record PlanOutcome(
    String title,
    SpmdPlan plan,
    PlanOptions options,
    List<String> notes,
    Optional<String> certificate,
    Optional<PlanXlaComparison> beside,
    Optional<Boolean> equal) {
  String json() {
    return plan.toJson(options);
  }

  String table() {
    StringBuilder table = new StringBuilder(title + "\n" + plan.explain(options));
    notes.forEach(note -> table.append('\n').append(note));
    return table.toString();
  }

  String page() {
    List<String> all = new ArrayList<>(notes);
    certificate.ifPresent(all::add);
    equal.ifPresent(same -> all.add("equal to the unsharded: " + same));
    return plan.toHtml(title, options, all);
  }
}
