package io.github.shardsum.cli.moe;

import java.util.Optional;

/**
 * A finished run, for the report.
 *
 * @param job the sizes
 * @param text a description of the text
 * @param bytes its length
 * @param totals sums over the passes
 * @param check the result of the check
 * @param backward the results of backward passes, if there were any
 * @param checksum CRC-32C of all outputs
 * @param seconds wall time of the passes, check included
 */
record MoeOutcome(
    MoeJob job,
    String text,
    long bytes,
    MoeTotals totals,
    MoeCheckResult check,
    Optional<MoeBackward.Found> backward,
    long checksum,
    double seconds) {

  boolean passed() {
    return check.passed() && backward.map(MoeBackward.Found::passed).orElse(true);
  }

  /** Sizes of a whole pass; the last pass may have fewer groups. */
  MoeLayerForm passForm() {
    return job.form(job.batchGroups(bytes));
  }
}
