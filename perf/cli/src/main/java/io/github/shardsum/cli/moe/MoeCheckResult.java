package io.github.shardsum.cli.moe;

/**
 * Result of the check of a layer's routes and outputs against the reference.
 *
 * @param tokens tokens checked
 * @param groups groups whose whole route was recomputed
 * @param outputs output elements checked
 * @param wrongRoutes choices with another place or another weight than the reference's
 * @param largestError largest absolute error of a logit or an output
 * @param worstShare largest error as a share of its bound; infinite if an error exceeds its bound
 */
record MoeCheckResult(
    long tokens,
    long groups,
    long outputs,
    long wrongRoutes,
    double largestError,
    double worstShare) {

  boolean passed() {
    return tokens > 0 && wrongRoutes == 0 && worstShare <= 1;
  }
}
