package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoeSizes;

/**
 * A finished run, for the report.
 *
 * @param job the sizes
 * @param text what the text is
 * @param bytes its length
 * @param totals sums over the passes
 * @param check what the check found
 * @param checksum CRC-32C of all outputs
 * @param seconds wall time of the passes, check included
 */
record MoeOutcome(
    MoeJob job,
    String text,
    long bytes,
    MoeTotals totals,
    CheckResult check,
    long checksum,
    double seconds) {

  /** Sizes of a whole pass; the last may have fewer groups. */
  MoeSizes passSizes() {
    return job.sizes(job.batchGroups(bytes));
  }
}
